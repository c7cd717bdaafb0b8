#include "services/relay/dialects/multipart_scan.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046 §5.1.1
constexpr std::size_t kPartsMax = 256;
constexpr std::size_t kPartHeadBytesMax = 16 * 1024;

absl::Status Broken(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("the form is not proper multipart/form-data: ", what));
}

bool IsTokenChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != kNone;
}

bool IsBoundaryChar(char c) {
  constexpr std::string_view kMoreMarks = "()+_,-./:=? ";
  return IsTokenChar(c) || kMoreMarks.find(c) != kNone;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// glibc's is an order of magnitude faster than string_view::find on files.
std::size_t Find(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return kNone;
  const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? kNone
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

struct Parameter {
  std::string_view name;
  std::string_view value;  // without quotes; escapes are left as they are
  bool escaped = false;
};

// Cuts `; name=value` off the front of `rest`; false: it is none.
bool TakeParameter(std::string_view& rest, Parameter& parameter) {
  rest = StripSpace(rest);
  if (!rest.starts_with(';')) return false;
  rest = StripSpace(rest.substr(1));
  std::size_t end = 0;
  while (end < rest.size() && IsTokenChar(rest[end])) ++end;
  parameter = {rest.substr(0, end), {}, false};
  if (end == 0 || end == rest.size() || rest[end] != '=') return false;
  rest.remove_prefix(end + 1);
  if (!rest.starts_with('"')) {
    end = 0;
    while (end < rest.size() && IsTokenChar(rest[end])) ++end;
    parameter.value = rest.substr(0, end);
    rest.remove_prefix(end);
    return end > 0;
  }
  for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
    if (rest[end] != '\\') continue;
    parameter.escaped = true;
    ++end;
  }
  if (end >= rest.size()) return false;
  parameter.value = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return true;
}

absl::StatusOr<std::string_view> BoundaryOf(std::string_view content_type) {
  constexpr std::string_view kForm = "multipart/form-data";
  if (!EqualsIgnoreCase(StripSpace(content_type.substr(0, content_type.find(';'))), kForm)) {
    return absl::InvalidArgumentError(
        "this endpoint takes a form: send content-type multipart/form-data with a boundary");
  }
  std::string_view rest =
      content_type.substr(std::min(content_type.find(';'), content_type.size()));
  std::string_view boundary;
  while (!StripSpace(rest).empty()) {
    Parameter parameter;
    if (!TakeParameter(rest, parameter)) return Broken("its content-type cannot be read");
    if (!EqualsIgnoreCase(parameter.name, "boundary")) continue;
    if (!boundary.empty()) return Broken("two boundaries in the content-type");
    boundary = parameter.value;
  }
  const bool proper = std::all_of(boundary.begin(), boundary.end(), IsBoundaryChar);
  if (boundary.empty() || boundary.size() > kBoundaryBytesMax || !proper ||
      boundary.back() == ' ') {
    return Broken("no usable boundary in the content-type");
  }
  return boundary;
}

// What the head of a part says.
struct PartHead {
  std::string_view name;
  bool is_file = false;
  bool encoded = false;  // content-transfer-encoding: the bytes are not the value
};

absl::Status ReadDisposition(std::string_view value, PartHead& head) {
  constexpr std::string_view kFormData = "form-data";
  if (!EqualsIgnoreCase(StripSpace(value.substr(0, value.find(';'))), kFormData)) {
    return Broken("a part is no form-data");
  }
  std::string_view rest = value.substr(std::min(value.find(';'), value.size()));
  bool named = false;
  while (!StripSpace(rest).empty()) {
    Parameter parameter;
    if (!TakeParameter(rest, parameter)) return Broken("a content-disposition cannot be read");
    if (EqualsIgnoreCase(parameter.name, "name*")) return Broken("name* is not used in forms");
    if (EqualsIgnoreCase(parameter.name, "filename") ||
        EqualsIgnoreCase(parameter.name, "filename*")) {
      head.is_file = true;
    }
    if (!EqualsIgnoreCase(parameter.name, "name")) continue;
    if (named) return Broken("a part has two names");
    if (parameter.escaped) return Broken("a part's name has a backslash in it");
    named = true;
    head.name = parameter.value;
  }
  return named ? absl::OkStatus() : Broken("a part has no name");
}

absl::Status ReadPartHead(std::string_view lines, PartHead& head) {
  bool disposed = false;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == kNone || colon == 0 ||
        !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     IsTokenChar)) {
      return Broken("a part's header cannot be read");
    }
    if (std::any_of(line.begin(), line.end(), [](char c) { return IsControl(c) && c != '\t'; })) {
      return Broken("a control character in a part's header");
    }
    const std::string_view name = line.substr(0, colon);
    if (EqualsIgnoreCase(name, "content-transfer-encoding")) head.encoded = true;
    if (!EqualsIgnoreCase(name, "content-disposition")) continue;
    if (disposed) return Broken("a part has two content-dispositions");
    disposed = true;
    if (absl::Status status = ReadDisposition(line.substr(colon + 1), head); !status.ok()) {
      return status;
    }
  }
  return disposed ? absl::OkStatus() : Broken("a part has no content-disposition");
}

absl::Status TakeModel(const PartHead& head, std::string_view value, std::size_t at,
                       RequestFacts& facts) {
  // The provider might take the other one than we price.
  if (!facts.model.empty()) return absl::InvalidArgumentError("'model' stands there twice");
  const bool proper = !head.is_file && !head.encoded && !value.empty() &&
                      value.size() <= kModelBytesMax &&
                      std::none_of(value.begin(), value.end(), IsControl);
  if (!proper) return absl::InvalidArgumentError("'model' must be the name of a model");
  facts.model = std::string(value);
  facts.model_token = {at, value.size()};
  return absl::OkStatus();
}

absl::Status TakePart(const PartHead& head, std::string_view body, std::size_t at, std::size_t size,
                      FormFacts& form) {
  const std::string_view value = body.substr(at, size);
  form.files += head.is_file ? 1 : 0;
  (head.is_file ? form.file_bytes : form.text_bytes) += size;
  if (head.name == "model") return TakeModel(head, value, at, form.facts);
  if (head.name == "stream") {
    form.facts.stream = EqualsIgnoreCase(value, "true") || value == "1";
  }
  return absl::OkStatus();
}

// Where the value that begins at `begin` ends. The boundary must stand in no value and no head, not
// even within a line: a lenient reader would see an end there.
absl::StatusOr<std::size_t> ValueEnd(std::string_view body, std::string_view dashed,
                                     std::size_t begin) {
  const std::size_t found = Find(body, dashed, begin);
  if (found == kNone) return Broken("it ends before its last boundary");
  const bool own_line = found >= begin + 2 && body.substr(found - 2, 2) == "\r\n";
  if (!own_line) return Broken("its boundary stands inside a part");
  return found - 2;
}

// The parts from the first delimiter to the closing one; `dashed` is the boundary behind two
// dashes.
absl::Status ReadParts(std::string_view body, std::string_view dashed, FormFacts& form) {
  std::size_t at = dashed.size();
  for (std::size_t parts = 0;; ++parts) {
    const std::string_view behind = body.substr(at, 2);
    if (behind == "--") {
      const std::string_view rest = body.substr(at + 2);
      return rest.empty() || rest == "\r\n" ? absl::OkStatus() : Broken("bytes behind its end");
    }
    if (behind != "\r\n") return Broken("a boundary does not end its line");
    if (parts == kPartsMax) return Broken(StrCat("more than ", kPartsMax, " parts"));
    const std::size_t head_begin = at + 2;
    const std::string_view head_room = body.substr(0, head_begin + kPartHeadBytesMax);
    const std::size_t head_end = Find(head_room, "\r\n\r\n", head_begin);
    if (head_end == kNone) return Broken("a part's head does not end");
    const std::string_view lines = body.substr(head_begin, head_end - head_begin);
    if (Find(lines, dashed, 0) != kNone) return Broken("its boundary stands inside a part");
    PartHead head;
    if (absl::Status status = ReadPartHead(lines, head); !status.ok()) return status;
    const std::size_t begin = head_end + 4;
    const absl::StatusOr<std::size_t> end = ValueEnd(body, dashed, begin);
    if (!end.ok()) return end.status();
    if (absl::Status status = TakePart(head, body, begin, *end - begin, form); !status.ok()) {
      return status;
    }
    at = *end + 2 + dashed.size();
  }
}

}  // namespace

absl::StatusOr<FormFacts> ScanForm(std::string_view content_type, std::string_view body,
                                   std::string_view default_model) {
  absl::StatusOr<std::string_view> boundary = BoundaryOf(content_type);
  if (!boundary.ok()) return boundary.status();
  const std::string dashed = StrCat("--", *boundary);
  if (!body.starts_with(dashed)) return Broken("it does not begin with its boundary");
  FormFacts form;
  if (absl::Status status = ReadParts(body, dashed, form); !status.ok()) return status;
  if (form.facts.model.empty() && default_model.empty()) {
    return absl::InvalidArgumentError("'model' is missing: name the model that should answer");
  }
  if (form.facts.model.empty()) form.facts.model = std::string(default_model);
  return form;
}

std::vector<BodyEdit> PlanFormEdits(const RequestFacts& facts, std::string_view content_type,
                                    std::string_view upstream_model) {
  if (upstream_model == facts.model) return {};
  if (facts.model_token.size > 0) return {{facts.model_token, std::string(upstream_model)}};
  // A part of its own before all others.
  const absl::StatusOr<std::string_view> boundary = BoundaryOf(content_type);
  if (!boundary.ok()) return {};  // such a form has been refused
  return {{{0, 0},
           StrCat("--", *boundary, "\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n",
                  upstream_model, "\r\n")}};
}

}  // namespace weir::relay

#include "tests/fakes/form_request.h"

#include <cstddef>
#include <cstdlib>
#include <map>

namespace weir::fakes {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

std::string BoundaryOf(std::string_view content_type) {
  constexpr std::string_view kKey = "boundary=";
  const std::size_t at = content_type.find(kKey);
  if (!content_type.starts_with("multipart/form-data") || at == kNone) return {};
  std::string_view value = content_type.substr(at + kKey.size());
  value = value.substr(0, value.find(';'));
  if (value.starts_with('"')) value = value.substr(1, value.find('"', 1) - 1);
  return std::string(value);
}

std::string NameOf(std::string_view head) {
  constexpr std::string_view kKey = " name=\"";
  const std::size_t at = head.find(kKey);
  if (at == kNone) return {};
  const std::string_view rest = head.substr(at + kKey.size());
  return std::string(rest.substr(0, rest.find('"')));
}

// Name -> value of each part; of files only that they are there.
std::map<std::string, std::string> FieldsOf(std::string_view body, const std::string& boundary,
                                            std::size_t& files) {
  std::map<std::string, std::string> fields;
  const std::string line = "--" + boundary;
  for (std::size_t at = body.find(line); at != kNone;) {
    const std::size_t begin = at + line.size() + 2;
    const std::size_t next = body.find("\r\n" + line, begin);
    const std::size_t head_end = body.find("\r\n\r\n", begin);
    if (next == kNone || head_end == kNone || head_end > next) break;
    const std::string_view head = body.substr(begin, head_end - begin);
    const bool is_file = head.find("filename=") != kNone;
    files += is_file ? 1 : 0;
    if (!is_file) fields[NameOf(head)] = body.substr(head_end + 4, next - head_end - 4);
    at = next + 2;
  }
  return fields;
}

}  // namespace

bool ParseFormRequest(std::string_view content_type, std::string_view body, ModelRequest& request,
                      std::string& problem) {
  const std::string boundary = BoundaryOf(content_type);
  if (boundary.empty()) {
    problem = "the body is no multipart/form-data";
    return false;
  }
  std::size_t files = 0;
  std::map<std::string, std::string> fields = FieldsOf(body, boundary, files);
  request.body_bytes = body.size();
  if (!fields["model"].empty()) request.model = fields["model"];
  request.stream = fields["stream"] == "true";
  request.response_format = fields["response_format"];
  if (const int n = std::atoi(fields["n"].c_str()); n > 0) {
    request.pictures = static_cast<std::size_t>(n);
  }
  if (request.model.empty()) problem = "model: Field required";
  if (files == 0) problem = "file: Field required";
  return problem.empty();
}

}  // namespace weir::fakes

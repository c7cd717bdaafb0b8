#include "services/relay/http1/head_parser.h"

#include <algorithm>
#include <array>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "libs/common/byte_search.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// tchar of RFC 9110 §5.6.2.
constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kToken = MakeTokenTable();

#ifdef __SSE2__
// A bit for each of 16 bytes that is a letter, a digit or a dash: nearly all that names are made
// of.
unsigned NameBytes(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto within = [](__m128i values, char from, char count) {
    const __m128i offset = _mm_sub_epi8(values, _mm_set1_epi8(from));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(count - 1))),
                          offset);
  };
  const __m128i letter = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
  const __m128i digit = within(bytes, '0', 10);
  const __m128i dash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letter, digit), dash)));
}
#endif

// How much of the text's beginning is token.
std::size_t TokenBytes(std::string_view text) {
  std::size_t bytes = 0;
#ifdef __SSE2__
  constexpr unsigned kAll = 0xFFFF;
  for (; bytes + sizeof(__m128i) <= text.size(); bytes += sizeof(__m128i)) {
    const unsigned names = NameBytes(text.data() + bytes);
    if (names == kAll) continue;
    bytes += static_cast<std::size_t>(__builtin_ctz(~names));
    break;
  }
#endif
  while (bytes < text.size() && kToken[static_cast<unsigned char>(text[bytes])]) ++bytes;
  return bytes;
}

bool IsToken(std::string_view text) { return !text.empty() && TokenBytes(text) == text.size(); }

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7F;
}

// Where the first control character stands at or behind `at`: what ends a field-value, which is of
// visible characters, space, tab and bytes above ASCII. text.size() when there is none.
std::size_t FindControl(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  for (; at + sizeof(__m128i) <= text.size(); at += sizeof(__m128i)) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
    const auto hits =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
    if (hits != 0) return at + static_cast<std::size_t>(__builtin_ctz(hits));
  }
#endif
  while (at < text.size() && !IsControl(text[at])) ++at;
  return at;
}

bool IsTarget(std::string_view text) {
  if (text.empty() || (text[0] != '/' && text != "*")) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F) return false;
  }
  return true;
}

std::string_view TrimBlank(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the first line of a head off `rest`; a bare CR or LF within it is left for the checks to
// refuse.
std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find(kLineEnd);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + kLineEnd.size());
  return line;
}

int MinorVersion(std::string_view version) {
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  return -1;
}

bool HasConnectionOption(std::string_view value, std::string_view option) {
  for (const std::string_view part : Split(value, ',')) {
    if (EqualsIgnoreCase(TrimBlank(part), option)) return true;
  }
  return false;
}

// Framing and persistence of one field; returns the problem, empty = fine.
std::string_view NoteField(const HeaderField& field, HeadFields& head) {
  switch (field.name.size()) {
    case 10:
      if (EqualsIgnoreCase(field.name, "connection")) {
        if (HasConnectionOption(field.value, "close")) head.keep_alive = false;
        if (head.minor_version == 0 && HasConnectionOption(field.value, "keep-alive")) {
          head.keep_alive = true;
        }
      }
      return {};
    case 14: {
      if (!EqualsIgnoreCase(field.name, "content-length")) return {};
      if (head.content_length != kNoContentLength) return "more than one Content-Length";
      const bool digits = field.value.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits || !ParseInteger(field.value, head.content_length)) {
        return "Content-Length is not a number";
      }
      return {};
    }
    case 17:
      if (!EqualsIgnoreCase(field.name, "transfer-encoding")) return {};
      if (head.chunked) return "more than one Transfer-Encoding";
      if (!EqualsIgnoreCase(field.value, "chunked")) return "Transfer-Encoding is not chunked";
      head.chunked = true;
      return {};
    default:
      return {};
  }
}

HeadResult Malformed(std::string_view problem) { return {HeadStatus::kMalformed, 0, problem}; }

// The lines after the first one. `rest` ends with the last field's line end.
HeadResult ParseFields(std::string_view rest, HeadFields& head) {
  while (!rest.empty()) {
    if (rest.front() == ' ' || rest.front() == '\t') return Malformed("a folded header line");
    const std::size_t colon = TokenBytes(rest);
    if (colon == 0 || rest[colon] != ':') {
      return Malformed("a header line without a proper name");
    }
    // The first control character must be the line's end; a lone CR or LF is none.
    const std::size_t end = FindControl(rest, colon + 1);
    if (!rest.substr(end).starts_with(kLineEnd)) {
      return Malformed("a control character in a header");
    }
    const HeaderField field{rest.substr(0, colon),
                            TrimBlank(rest.substr(colon + 1, end - colon - 1))};
    rest.remove_prefix(end + kLineEnd.size());
    if (head.count == kHeaderFieldsMax) return {HeadStatus::kTooManyFields, 0, {}};
    head.storage[head.count++] = field;
    if (const std::string_view problem = NoteField(field, head); !problem.empty()) {
      return Malformed(problem);
    }
  }
  if (head.chunked && head.content_length != kNoContentLength) {
    return Malformed("both Content-Length and Transfer-Encoding");
  }
  if (head.chunked && head.minor_version == 0) return Malformed("Transfer-Encoding in HTTP/1.0");
  return {HeadStatus::kComplete, 0, {}};
}

void ResetFields(HeadFields& head, int minor_version) {
  head.count = 0;
  head.minor_version = minor_version;
  head.content_length = kNoContentLength;
  head.chunked = false;
  head.keep_alive = minor_version == 1;
}

// Of these a request has one, or two readers could go by different ones: we by the first, which we
// check and price, a provider by the last.
struct SingleField {
  std::string_view name;
  std::string_view problem;
};

constexpr std::array kSingleFields = {
    SingleField{"host", "more than one Host"},
    SingleField{"content-type", "more than one Content-Type"},
    SingleField{"content-encoding", "more than one Content-Encoding"},
    SingleField{"authorization", "more than one Authorization"},
    SingleField{"x-api-key", "more than one x-api-key"},
    SingleField{"api-key", "more than one api-key"},
    SingleField{"x-goog-api-key", "more than one x-goog-api-key"},
    SingleField{"anthropic-version", "more than one anthropic-version"},
    SingleField{"last-event-id", "more than one last-event-id"},
};

// Empty = fine.
std::string_view DoubledField(const RequestHead& head) {
  unsigned seen = 0;
  for (const HeaderField& field : head.all()) {
    for (std::size_t i = 0; i < kSingleFields.size(); ++i) {
      if (!EqualsIgnoreCase(field.name, kSingleFields[i].name)) continue;
      if ((seen & (1U << i)) != 0) return kSingleFields[i].problem;
      seen |= 1U << i;
    }
  }
  return {};
}

// Where the head's fields end; npos while the empty line is missing. Two CRs at their distance are
// rare; a search for one would stop at each line.
std::size_t FindHeadEnd(std::string_view data) {
  return data.find(kHeadEnd, SkipWithoutPair(data, 0, '\r', kLineEnd.size(), '\r'));
}

}  // namespace

bool HeadFields::HasType(std::string_view lower_type) const {
  return EqualsIgnoreCase(Find("content-type").substr(0, lower_type.size()), lower_type);
}

std::string_view HeadFields::Find(std::string_view lower_name) const {
  for (const HeaderField& field : all()) {
    if (EqualsIgnoreCase(field.name, lower_name)) return field.value;
  }
  return {};
}

HeadResult ParseRequestHead(std::string_view data, RequestHead& head) {
  // RFC 9112 §2.2: an empty line before the request line is to be ignored.
  std::size_t skipped = 0;
  while (skipped < 4 && data.substr(skipped).starts_with(kLineEnd)) skipped += kLineEnd.size();
  data.remove_prefix(skipped);
  const std::size_t end = FindHeadEnd(data);
  if (end == std::string_view::npos) return {HeadStatus::kIncomplete, 0, {}};

  std::string_view rest = data.substr(0, end + kLineEnd.size());
  const std::string_view line = TakeLine(rest);
  const std::size_t first_space = line.find(' ');
  const std::size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space) {
    return Malformed("the request line is not: METHOD TARGET HTTP/1.1");
  }
  head.method = line.substr(0, first_space);
  head.target = line.substr(first_space + 1, last_space - first_space - 1);
  const int minor_version = MinorVersion(line.substr(last_space + 1));
  if (!IsToken(head.method)) return Malformed("the method is not a token");
  if (!IsTarget(head.target)) return Malformed("the request target is not a path");
  if (minor_version < 0) return Malformed("the version is neither HTTP/1.1 nor HTTP/1.0");

  ResetFields(head, minor_version);
  HeadResult result = ParseFields(rest, head);
  if (result.status != HeadStatus::kComplete) return result;
  const std::string_view doubled = DoubledField(head);
  if (!doubled.empty()) return Malformed(doubled);
  const bool names_host = std::any_of(head.all().begin(), head.all().end(), [](const auto& field) {
    return EqualsIgnoreCase(field.name, "host");
  });
  if (!names_host && minor_version == 1) return Malformed("Host is missing");
  head.expect_continue = EqualsIgnoreCase(head.Find("expect"), "100-continue");
  result.bytes = skipped + end + kHeadEnd.size();
  return result;
}

HeadResult ParseResponseHead(std::string_view data, ResponseHead& head) {
  const std::size_t end = FindHeadEnd(data);
  if (end == std::string_view::npos) return {HeadStatus::kIncomplete, 0, {}};
  std::string_view rest = data.substr(0, end + kLineEnd.size());
  const std::string_view line = TakeLine(rest);
  // "HTTP/1.1 200" and then a space and any reason, or nothing.
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) {
    return Malformed("the status line is not: HTTP/1.1 STATUS REASON");
  }
  // A lone CR or LF in the reason could end the line for another reader.
  if (FindControl(line, 0) != line.size())
    return Malformed("a control character in the status line");
  const int minor_version = MinorVersion(line.substr(0, 8));
  if (minor_version < 0) return Malformed("the version is neither HTTP/1.1 nor HTTP/1.0");
  if (!ParseInteger(line.substr(9, 3), head.status) || head.status < 100 || head.status > 599) {
    return Malformed("the status is not a number from 100 to 599");
  }
  ResetFields(head, minor_version);
  HeadResult result = ParseFields(rest, head);
  result.bytes = end + kHeadEnd.size();
  return result;
}

}  // namespace weir::relay

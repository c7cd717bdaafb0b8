#include "services/relay/tracing/trace_context.h"

#include <algorithm>
#include <iterator>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// version-traceid-parentid-flags, of 2, 32, 16 and 2 digits.
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::uint8_t kSampledFlag = 1;
constexpr std::uint8_t kForbiddenVersion = 0xFF;

constexpr std::size_t kKeyBytesMax = 256;
constexpr std::size_t kTenantBytesMax = 241;  // before the @ of a key
constexpr std::size_t kSystemBytesMax = 14;   // behind it
constexpr std::size_t kValueBytesMax = 256;

// The digit's value; -1 for all else, upper case too.
int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

// Fills `size` bytes; false when a digit is none.
bool ReadHex(std::string_view digits, std::uint8_t* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const int high = HexValue(digits[2 * i]);
    const int low = HexValue(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <typename Id>
bool IsZero(const Id& id) {
  return std::all_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsKeyCharacter(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '*' || c == '/';
}

// `begins_so` says what its first character may be.
template <typename First>
bool IsKeyPart(std::string_view part, std::size_t bytes_max, First begins_so) {
  return !part.empty() && part.size() <= bytes_max && begins_so(part.front()) &&
         std::all_of(part.begin(), part.end(), IsKeyCharacter);
}

// A name, or tenant@system.
bool IsKey(std::string_view key) {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return IsKeyPart(key, kKeyBytesMax, IsLetter);
  const auto letter_or_digit = [](char c) { return IsLetter(c) || IsDigit(c); };
  return IsKeyPart(key.substr(0, at), kTenantBytesMax, letter_or_digit) &&
         IsKeyPart(key.substr(at + 1), kSystemBytesMax, IsLetter);
}

// Printable ASCII but for the characters of the list; no space at its end.
bool IsValue(std::string_view value) {
  const auto fits = [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; };
  return !value.empty() && value.size() <= kValueBytesMax && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), fits);
}

bool IsMember(std::string_view member) {
  const std::size_t equals = member.find('=');
  return equals != std::string_view::npos && IsKey(member.substr(0, equals)) &&
         IsValue(member.substr(equals + 1));
}

}  // namespace

std::optional<TraceParent> ParseTraceParent(std::string_view value) {
  if (value.size() < kTraceParentBytes) return std::nullopt;
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  TraceParent parent;
  const bool digits =
      ReadHex(value, &version, 1) &&
      ReadHex(value.substr(kTraceIdAt), parent.trace_id.data(), parent.trace_id.size()) &&
      ReadHex(value.substr(kSpanIdAt), parent.span_id.data(), parent.span_id.size()) &&
      ReadHex(value.substr(kFlagsAt), &flags, 1);
  const bool dashes =
      value[kTraceIdAt - 1] == '-' && value[kSpanIdAt - 1] == '-' && value[kFlagsAt - 1] == '-';
  if (!digits || !dashes || version == kForbiddenVersion) return std::nullopt;
  // Ours ends here; what later ones add stands behind another dash.
  if (value.size() > kTraceParentBytes && (version == 0 || value[kTraceParentBytes] != '-')) {
    return std::nullopt;
  }
  if (IsZero(parent.trace_id) || IsZero(parent.span_id)) return std::nullopt;
  parent.sampled = (flags & kSampledFlag) != 0;
  return parent;
}

void AppendHex(const std::uint8_t* bytes, std::size_t size, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 0x0F];
  }
}

std::string TraceParentText(const TraceParent& parent) {
  std::string text;
  text.reserve(kTraceParentBytes);
  text += "00-";
  AppendHex(parent.trace_id.data(), parent.trace_id.size(), text);
  text += '-';
  AppendHex(parent.span_id.data(), parent.span_id.size(), text);
  text += parent.sampled ? "-01" : "-00";
  return text;
}

bool IsTraceState(std::string_view value) {
  if (value.size() > kTraceStateBytesMax) return false;
  std::size_t members = 0;
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    std::string_view member = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    const std::size_t first = member.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;  // empty ones are allowed
    member = member.substr(first, member.find_last_not_of(" \t") - first + 1);
    if (!IsMember(member) || ++members > kTraceStateMembersMax) return false;
  }
  return members > 0;
}

}  // namespace weir::relay

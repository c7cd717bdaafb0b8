#include "services/relay/translate/neutral/tool_names.h"

#include <algorithm>
#include <utility>

#include "services/relay/dialects/signature_hash.h"

namespace weir::relay {
namespace {

constexpr std::size_t kHashDigits = 8;

// What all of them take; Gemini alone has dots and colons besides.
bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string MadeOf(std::string_view name, std::size_t bytes_max) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  SignatureHash hash;
  hash.Add(name);
  std::string out(name.substr(0, bytes_max - kHashDigits - 1));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !IsPlain(c); }, '_');
  out += '_';
  for (std::size_t i = 0; i < kHashDigits; ++i) out += kDigits[(hash.value() >> (4 * i)) & 0xF];
  return out;
}

}  // namespace

std::string_view ToolNames::Shorten(std::string_view name, std::size_t bytes_max) {
  const bool taken = name.size() <= bytes_max && std::all_of(name.begin(), name.end(), IsPlain);
  if (taken) return name;
  return made_.try_emplace(MadeOf(name, bytes_max), name).first->first;
}

std::string_view ToolNames::Original(std::string_view name) const {
  if (made_.empty()) return name;
  const auto known = made_.find(std::string(name));
  return known == made_.end() ? name : std::string_view(known->second);
}

}  // namespace weir::relay

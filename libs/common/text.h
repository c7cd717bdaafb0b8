// Text out of pieces. Debian's Abseil is built with a string_view of its own, which
// std::string_view does not convert to, so absl::StrCat and its kin take no std::string_view; these
// do.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

inline std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

namespace text_internal {

inline void AppendPiece(std::string& out, std::string_view piece) { out += piece; }
inline void AppendPiece(std::string& out, const std::string& piece) { out += piece; }
inline void AppendPiece(std::string& out, const char* piece) { out += piece; }
inline void AppendPiece(std::string& out, char piece) { out += piece; }
inline void AppendPiece(std::string& out, absl::string_view piece) { out += View(piece); }
template <std::integral Int>
void AppendPiece(std::string& out, Int number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

}  // namespace text_internal

// Appends texts and integers, one after the other.
template <typename... Pieces>
void StrAppend(std::string& out, const Pieces&... pieces) {
  (text_internal::AppendPiece(out, pieces), ...);
}

template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
  std::string out;
  StrAppend(out, pieces...);
  return out;
}

// The whole of `text` as a decimal integer; false when it is none or does not fit.
template <std::integral Int>
bool ParseInteger(std::string_view text, Int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

namespace text_internal {
bool SameLetters(std::string_view a, std::string_view b);  // of one size
}

// ASCII only, as HTTP's names are. Most names differ in size, in their first or in their last
// letter: those cost no call.
inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  constexpr unsigned kBitsOfBothCases = 0xDF;
  if (a.size() != b.size()) return false;
  if (a.empty()) return true;
  const auto ends = static_cast<unsigned char>((a.front() ^ b.front()) | (a.back() ^ b.back()));
  return (ends & kBitsOfBothCases) == 0 && text_internal::SameLetters(a, b);
}
std::string ToLower(std::string_view text);
std::string ToUpper(std::string_view text);
std::string_view StripSpace(std::string_view text);
std::string ReplaceAll(std::string_view text, char from, char to);
// As in URLs: %41 is A. Nothing when a % is not followed by two hex digits.
std::optional<std::string> PercentDecode(std::string_view text);
// "a,b" -> {"a","b"}; empty text -> {}.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace weir

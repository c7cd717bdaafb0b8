#include "libs/common/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace weir {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

namespace {

// As many bytes of both as a Word has: the same but for the case of letters?
template <typename Word>
bool SameWord(const char* a, const char* b) {
  constexpr auto kCaseBits = static_cast<Word>(0x2020202020202020U);
  Word x = 0;
  Word y = 0;
  std::memcpy(&x, a, sizeof(x));
  std::memcpy(&y, b, sizeof(y));
  if (x == y) return true;
  if (((x ^ y) & static_cast<Word>(~kCaseBits)) != 0) return false;
  return std::equal(a, a + sizeof(x), b, [](char c, char d) { return Lower(c) == Lower(d); });
}

// The last word first: names that begin alike differ there. Words may overlap.
template <typename Word>
bool SameWords(std::string_view a, std::string_view b) {
  const std::size_t last = a.size() - sizeof(Word);
  if (!SameWord<Word>(a.data() + last, b.data() + last)) return false;
  for (std::size_t at = 0; at < last; at += sizeof(Word)) {
    if (!SameWord<Word>(a.data() + at, b.data() + at)) return false;
  }
  return true;
}

}  // namespace

bool text_internal::SameLetters(std::string_view a, std::string_view b) {
  if (a.size() >= sizeof(std::uint64_t)) return SameWords<std::uint64_t>(a, b);
  if (a.size() >= sizeof(std::uint32_t)) return SameWords<std::uint32_t>(a, b);
  return a.empty() || SameWords<unsigned char>(a, b);
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), Lower);
  return out;
}

std::string ToUpper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), Upper);
  return out;
}

std::string_view StripSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string ReplaceAll(std::string_view text, char from, char to) {
  std::string out(text);
  std::replace(out.begin(), out.end(), from, to);
  return out;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

}  // namespace weir

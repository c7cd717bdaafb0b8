#include "services/relay/translate/neutral/json_check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "libs/common/byte_mask.h"
#include "libs/common/byte_search.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr int kLevelsMax = 512;  // each costs stack

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

constexpr std::size_t kCodeBytes = 6;  // \u00e9

// How many bytes an escape has, by its letter; 0 = there is none of it.
constexpr std::array<std::uint8_t, 256> kEscapeBytes = [] {
  std::array<std::uint8_t, 256> bytes{};
  for (const char letter : std::string_view(R"("\/bfnrt)")) {
    bytes[static_cast<unsigned char>(letter)] = 2;
  }
  bytes['u'] = kCodeBytes;
  return bytes;
}();

// Four hex digits stand at `at`.
bool IsCode(std::string_view text, std::size_t at) {
  const std::string_view digits = text.substr(std::min(at, text.size()), 4);
  return digits.size() == 4 && std::all_of(digits.begin(), digits.end(), IsHexDigit);
}

// The same of the escape at `at`, where the backslash stands.
inline std::size_t EscapeLength(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return 0;
  const std::size_t length = kEscapeBytes[static_cast<unsigned char>(text[at + 1])];
  return length != kCodeBytes || IsCode(text, at + 2) ? length : 0;
}

// Each step reads what it names, at the head of what is left.
class Checker {
 public:
  explicit Checker(std::string_view text) : rest_(text) {}

  bool Whole() { return Value(0) && Next() == '\0' && rest_.empty(); }

 private:
  // The next character that is no space.
  char Next() {
    std::size_t space = 0;
    while (space < rest_.size() && (rest_[space] == ' ' || rest_[space] == '\n' ||
                                    rest_[space] == '\r' || rest_[space] == '\t')) {
      ++space;
    }
    rest_.remove_prefix(space);
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool Skip(char c) {
    if (Next() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool Value(int level) {
    switch (Next()) {
      case '{':
        return Items(level, '}', [this, level] { return Member(level + 1); });
      case '[':
        return Items(level, ']', [this, level] { return Value(level + 1); });
      case '"':
        return String();
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      default:
        return Number();
    }
  }

  // What stands between brackets, with commas between.
  template <typename Item>
  bool Items(int level, char end, Item item) {
    if (level == kLevelsMax) return false;
    rest_.remove_prefix(1);
    if (Skip(end)) return true;
    do {
      if (!item()) return false;
    } while (Skip(','));
    return Skip(end);
  }

  bool Member(int level) { return Next() == '"' && String() && Skip(':') && Value(level); }

  bool String() {
    std::size_t at = FindStringStop(rest_, 1);
    while (at < rest_.size() && rest_[at] == '\\') {
      const std::size_t escape = EscapeLength(rest_, at);
      if (escape == 0) return false;
      at = FindStringStop(rest_, at + escape);
    }
    if (at == rest_.size() || rest_[at] != '"') return false;
    rest_.remove_prefix(at + 1);
    return true;
  }

  bool Word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool Digits() {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), IsDigit);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(count);
    return count > 0;
  }

  bool Number() {
    if (rest_.starts_with('-')) rest_.remove_prefix(1);
    if (!Word("0") && !Digits()) return false;
    if (Word(".") && !Digits()) return false;
    if (!Word("e") && !Word("E")) return true;
    if (!Word("+")) Word("-");
    return Digits();
  }

  std::string_view rest_;
};

}  // namespace

bool IsJson(std::string_view text) { return Checker(text).Whole(); }

bool IsJsonObject(std::string_view text) {
  return StripSpace(text).starts_with('{') && IsJson(text);
}

// Where escapes are frequent, a look at a block finds all of them; where there are none for a
// while, a search passes on faster.
bool HasWholeEscapes(std::string_view escaped) {
  std::size_t behind = 0;  // the last escape: what stands before is none of its own
  std::size_t at = escaped.find('\\');
  while (at < escaped.size() && escaped.size() - at >= kMaskBytes) {
    std::uint64_t marks = MaskOf(escaped.data() + at, '\\');
    const std::size_t block = at;
    at = marks != 0 ? at + kMaskBytes : escaped.find('\\', at + kMaskBytes);
    for (; marks != 0; marks &= marks - 1) {
      const std::size_t slash = block + static_cast<std::size_t>(std::countr_zero(marks));
      if (slash < behind) continue;
      const std::size_t escape = EscapeLength(escaped, slash);
      if (escape == 0) return false;
      behind = slash + escape;
    }
  }
  for (at = std::max(at, behind); at < escaped.size();) {
    at = std::min(escaped.find('\\', at), escaped.size());
    if (at == escaped.size()) break;
    const std::size_t escape = EscapeLength(escaped, at);
    if (escape == 0) return false;
    at += escape;
  }
  return true;
}

}  // namespace weir::relay

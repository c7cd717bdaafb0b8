// Which models something is about: a name "claude-haiku-4-5", a head "claude-*", or a family
// "family:haiku", which is every model with that word in its name. Free of I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

inline constexpr std::string_view kFamilyPrefix = "family:";

// True when `word` (lower case) is one of the words that `model` consists of, in any case: what
// stands between two of its characters that are neither letters nor digits. "Claude-Haiku-4.5" has
// claude, haiku, 4 and 5.
bool HasModelWord(std::string_view model, std::string_view word);

class ModelPattern {
 public:
  ModelPattern() = default;
  // `*` means "any rest" at the end and is an ordinary character elsewhere.
  explicit ModelPattern(std::string_view text);

  bool Matches(std::string_view model) const {
    if (kind_ == Kind::kName) return model == stem_;
    return kind_ == Kind::kHead ? model.starts_with(stem_) : HasModelWord(model, stem_);
  }
  bool exact() const { return kind_ == Kind::kName; }
  // The name, its head, or the family's word.
  const std::string& stem() const { return stem_; }

  // Negative: *this says more about a model than `other`, and is asked first. A name says more than
  // a head, a longer head more than a shorter one, any head more than a family.
  int Compare(const ModelPattern& other) const;

 private:
  enum class Kind : std::uint8_t { kName, kHead, kFamily };  // from telling to vague

  Kind kind_ = Kind::kName;
  std::string stem_;
};

}  // namespace weir

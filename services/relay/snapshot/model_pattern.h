// A model's name, or the head of names: "claude-haiku-4-5" or "claude-*".
#pragma once

#include <string>
#include <string_view>

namespace weir::relay {

class ModelPattern {
 public:
  ModelPattern() = default;
  // `*` means "any rest" at the end and is an ordinary character elsewhere.
  explicit ModelPattern(std::string_view text)
      : open_(text.ends_with('*')), stem_(open_ ? text.substr(0, text.size() - 1) : text) {}

  bool Matches(std::string_view model) const {
    return open_ ? model.starts_with(stem_) : model == stem_;
  }
  bool exact() const { return !open_; }
  // The name, or its head.
  const std::string& stem() const { return stem_; }

 private:
  bool open_ = false;
  std::string stem_;
};

}  // namespace weir::relay

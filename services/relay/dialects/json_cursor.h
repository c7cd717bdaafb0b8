// Walks JSON that has been checked already, or need not be: every step moves forward, and stays at
// the end of what is broken. However deep it is nested, it takes no stack. Views into the text; no
// memory of its own; no I/O.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::relay {

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view json) : json_(json) {}

  // The next character that is no space; '\0' at the end.
  char Peek() {
    while (at_ < json_.size() && IsSpace(json_[at_])) ++at_;
    return at_ < json_.size() ? json_[at_] : '\0';
  }
  // Behind the next character when it is this one.
  bool Skip(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  // The bytes between the quotes; the cursor stands behind them.
  std::string_view String();
  // At most so many bytes of a string, whose end is not searched further; the cursor stands at the
  // end of all then.
  std::string_view StringStart(std::size_t bytes_max);
  void SkipValue();
  // The next value as it stands there, with its quotes or braces.
  std::string_view RawValue();
  std::string_view rest() const { return json_.substr(at_); }

 private:
  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  std::string_view End();

  std::string_view json_;
  std::size_t at_ = 0;
};

// The value of the first member of that name of the outermost object, as it stands there; empty =
// there is none.
std::string_view MemberValue(std::string_view json, std::string_view name);

// The inside of a value that is a text; empty when it is none.
std::string_view TextInside(std::string_view value);

}  // namespace weir::relay

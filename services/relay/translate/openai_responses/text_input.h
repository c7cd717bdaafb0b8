// The text that a model gives to a tool that takes plain text: upstream such a tool has the one
// argument {"input":"…"}, of which the client gets what stands between the quotes. No other member
// counts, and none of an object inside. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::relay::openai_responses {

class TextInput {
 public:
  // The next piece of the arguments, as inside a JSON string. Appends what it says of the input,
  // escaped too.
  void Feed(std::string_view escaped, std::string& out);
  // The arguments were what they should be, up to now.
  bool found() const { return state_ == State::kText || state_ == State::kOver; }

 private:
  enum class State : std::uint8_t { kOutside, kString, kBeforeText, kText, kOver };
  void Step(char c, std::string& out);
  void StepOutside(char c);
  void StepString(char c);
  void StepText(char c, std::string& out);
  void DropHalf(char c, std::string& out);

  State state_ = State::kOutside;
  int depth_ = 0;
  bool after_slash_ = false;  // kString
  std::string name_;          // of the member at hand of the outermost object
  std::string escape_;        // that is not whole yet
  std::string half_;          // the first escape of a pair, whose other one is in the next piece
  std::string plain_;
};

}  // namespace weir::relay::openai_responses

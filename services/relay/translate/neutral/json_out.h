// Writing JSON piece by piece onto the end of a text, commas included. No tree, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/common/json_text.h"
#include "libs/common/text.h"

namespace weir::relay {

// `out` must outlive it. What is written by other means in between must be whole values.
// JSON on one line, as events want it: line ends stand between its values alone.
inline void AppendOneLine(std::string_view json, std::string& out) {
  const std::size_t begin = out.size();
  out += json;
  for (std::size_t i = begin; i < out.size(); ++i) {
    if (out[i] == '\n' || out[i] == '\r') out[i] = ' ';
  }
}

class JsonOut {
 public:
  explicit JsonOut(std::string& out) : out_(out) {}

  void Key(std::string_view name) {
    Comma();
    StrAppend(out_, '"', name, "\":");
  }
  void Begin(char bracket) {
    Comma();
    out_ += bracket;
  }
  void Begin(std::string_view name, char bracket) {
    Key(name);
    out_ += bracket;
  }
  void End(char bracket) { out_ += bracket; }

  // A member: JSON as it is; text that is escaped already; text that is not.
  void Raw(std::string_view name, std::string_view json) {
    Key(name);
    out_ += json;
  }
  void Text(std::string_view name, std::string_view escaped) {
    Key(name);
    StrAppend(out_, '"', escaped, '"');
  }
  void Plain(std::string_view name, std::string_view text) {
    Key(name);
    AppendJsonString(out_, text);
  }
  void Number(std::string_view name, std::int64_t number) {
    Key(name);
    StrAppend(out_, number);
  }
  void Bool(std::string_view name, bool flag) { Raw(name, flag ? "true" : "false"); }

  // Before the next member or item; values never end as openings do.
  void Comma() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_ += ',';
  }

  std::string& out() { return out_; }

 private:
  std::string& out_;
};

}  // namespace weir::relay

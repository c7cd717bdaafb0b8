// A command, or the arguments of a script call, in Redis's protocol (RESP). No I/O.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "libs/common/text.h"

namespace weir::relay {

class RedisArguments {
 public:
  RedisArguments() = default;
  // Of a script: first all keys, then the rest.
  explicit RedisArguments(std::size_t keys) { Add(static_cast<std::int64_t>(keys)); }
  // A command of Redis's own, its name first.
  static RedisArguments Command(std::initializer_list<std::string_view> words) {
    RedisArguments arguments;
    for (const std::string_view word : words) arguments.Add(word);
    return arguments;
  }

  void Add(std::string_view text) {
    StrAppend(text_, "$", text.size(), "\r\n", text, "\r\n");
    ++count_;
  }
  void Add(std::int64_t number) { Add(std::string_view(StrCat(number))); }

  std::string Whole() const { return StrCat("*", count_, "\r\n", text_); }
  // The whole call: by the script's hash, or with its text, which Redis then knows.
  std::string ByHash(std::string_view sha1) const { return Call("EVALSHA", sha1); }
  std::string ByText(std::string_view text) const { return Call("EVAL", text); }

 private:
  std::string Call(std::string_view name, std::string_view script) const {
    return StrCat("*", count_ + 2, "\r\n$", name.size(), "\r\n", name, "\r\n$", script.size(),
                  "\r\n", script, "\r\n", text_);
  }

  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace weir::relay

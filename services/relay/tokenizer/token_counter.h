// How many tokens a text is to OpenAI's models (o200k_base): exact, checked against the published
// encoder. For other makers' models it is the base of an estimate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace weir::relay {

// For one thread at a time; keeps its memory between texts. About 100 ns a token, so a caller on a
// loop counts a large text in steps.
class TokenCounter {
 public:
  TokenCounter();
  ~TokenCounter();
  TokenCounter(const TokenCounter&) = delete;
  TokenCounter& operator=(const TokenCounter&) = delete;

  // The tokens from `offset` on, of about `bytes_max` bytes; `offset` moves behind what was
  // counted. `text` is valid UTF-8. What looks like a special token counts as the text it is.
  std::int64_t CountSome(std::string_view text, std::size_t& offset, std::size_t bytes_max);
  std::int64_t Count(std::string_view text);

  // The same, with the tokens themselves appended.
  void EncodeSome(std::string_view text, std::size_t& offset, std::size_t bytes_max,
                  std::vector<std::int32_t>& tokens);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::relay

// Finds the signatures in an answer that passes, stream or not, whatever way it is cut: Anthropic's
// are the text values of `signature` and `data`, OpenAI's those of `encrypted_content`, and of
// `id`, since what is stored can be asked for only where it is. No I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "services/relay/dialects/dialect.h"
#include "services/relay/dialects/signature_hash.h"

namespace weir::relay {

class SignatureFinder {
 public:
  // More than a part of an answer has; those beyond are not found.
  static constexpr std::size_t kFoundMax = 256;

  explicit SignatureFinder(Dialect dialect);

  // The next bytes. A name within a text is not one: its quotes are escaped there.
  void Feed(std::string_view bytes);

  // Hashes of those that have become whole since, empty ones left out.
  std::vector<std::uint64_t> TakeFound() { return std::exchange(found_, {}); }

 private:
  enum class State : std::uint8_t { kName, kColon, kQuote, kValue };

  void FeedName(char c);

  State state_ = State::kName;
  std::array<std::string_view, 2> names_;  // with their quotes
  std::array<std::size_t, 2> matched_{};   // how much of each came
  bool empty_ = true;
  SignatureHash hash_;
  std::vector<std::uint64_t> found_;
};

}  // namespace weir::relay

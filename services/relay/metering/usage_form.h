// What the answers of each kind of endpoint have in common: how their streams end, and what counts
// when the provider tells nothing. A table; no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// What stands for output tokens that nobody told.
enum class OutputEstimate : std::uint8_t {
  kTextBytes,  // what passed, four bytes a token
  kPictures,   // kTokensPerPicture for each one in the answer
  kSpoken,     // kSpokenPerTextToken for each token of the text that was read out
  kNothing,
};

struct UsageFormRow {
  UsageForm form;
  OutputEstimate output;
  bool input_only;                                 // told input is all there is to tell
  bool may_be_opaque;                              // sound, or text without JSON around it
  std::array<std::string_view, 2> terminal_types;  // of the event that ends a stream, quoted
};

const UsageFormRow& RowOf(UsageForm form);

inline constexpr std::int64_t kTokensPerPicture = 1'600;  // a square one of middling quality
inline constexpr std::int64_t kSpokenPerTextToken = 5;    // 15 letters and 20 tokens a second
// A second of sound at 128 kbit/s. Who tells no usage (Whisper) is priced by the second, and a
// second counts as an input token.
inline constexpr std::int64_t kSoundBytesPerSecond = 16'000;

}  // namespace weir::relay

// What providers say is left of an account's limits, in the headers of good answers. No I/O, no
// allocation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "services/relay/http1/head_parser.h"

namespace weir::relay {

// What a subscription says of one of its windows.
struct WindowReading {
  std::int32_t used_basis_points = -1;  // hundredths of a percent; -1 = nothing
  std::string_view reset;               // as written
};

// Of all windows that the answer names (anthropic-ratelimit-*, x-ratelimit-*): until when nothing
// is left of one, and until when little is (kLowPercent of its limit, or the provider warns).
// Unix ms; 0 = there is enough.
struct RateReading {
  bool any = false;            // the answer says something
  bool whole_account = false;  // a subscription's window, which is one for all models
  bool rejected = false;       // the subscription lets nothing more in
  std::int64_t exhausted_until_unix_ms = 0;
  std::int64_t low_until_unix_ms = 0;
  std::array<WindowReading, 2> windows;  // of 5 hours and of 7 days; views into the head
};

inline constexpr std::int64_t kLowPercent = 5;

RateReading ReadRateHeaders(const ResponseHead& head, std::int64_t now_unix_ms);

// A reset as providers write it, as Unix ms: RFC 3339 ("2026-11-21T07:00:00Z"), a length ("6m0s",
// "20ms", "1h30m"), epoch seconds or milliseconds, or plain seconds from now. 0 = not readable, or
// over; at most kResetMsMax from now.
std::int64_t ResetUnixMs(std::string_view text, std::int64_t now_unix_ms);
inline constexpr std::int64_t kResetMsMax =
    std::int64_t{8} * 86'400'000;  // a weekly window, and a day

}  // namespace weir::relay

// What an upstream's answer, or its absence, means for the request and for the account: the closed
// list that failover, cooldowns, metrics and records share. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/http1/head_parser.h"

namespace weir::relay {

// How one attempt ended before its first byte could go to the client.
enum class AttemptOutcome : std::uint8_t {
  kAnswered,  // a head came; its status decides
  kConnectFailed,
  kTimedOut,
  kMalformed,  // not HTTP
  kClosed,     // ended without an answer
  kClientGone,
};

enum class AccountEffect : std::uint8_t {
  kNone,  // the caller's own fault, or nobody's
  kGood,
  kCoolDown,  // until a time, then it is tried again
  kReject,    // its credential was refused
};

struct UpstreamSignal {
  std::string_view error_class;  // word of libs/common/reason.h; empty = good
  bool try_next = false;         // another account may do better
  AccountEffect effect = AccountEffect::kNone;
  std::int64_t cooldown_ms = 0;
  bool counts_as_failure = false;  // towards the breaker
};

// `head` is null unless the outcome is kAnswered. `now_unix_ms` turns reset times into lengths.
UpstreamSignal Classify(AttemptOutcome outcome, const ResponseHead* head, std::int64_t now_unix_ms);

// Seconds or an HTTP date; 0 = not given or not readable. In milliseconds, at most a day.
std::int64_t RetryAfterMs(std::string_view value, std::int64_t now_unix_ms);

}  // namespace weir::relay

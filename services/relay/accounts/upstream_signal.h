// What an upstream's answer, or its absence, means for the request and for the account: the closed
// taxonomy that failover, rests, metrics and records share. THE one place; SignalTable() is the
// table of services/relay/README.md (a test compares them). No I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "services/relay/http1/head_parser.h"
#include "services/relay/snapshot/account_health.h"

namespace weir::relay {

// How one attempt ended before its first byte could go to the client.
enum class AttemptOutcome : std::uint8_t {
  kAnswered,  // a head came; its status, and how its body begins, decide
  kConnectFailed,
  kTimedOut,
  kMalformed,      // not HTTP
  kClosed,         // ended without an answer
  kErrorInAnswer,  // a 200 that begins with an error
  kClientGone,
};

enum class SignalKind : std::uint8_t {
  kGood,
  kCallerFault,
  kAccountLimit,
  kRateLimit,
  kQuotaExhausted,
  kOverload,
  kCredential,
  kModelRefused,
  kUpstreamFault,
  kConnect,
  kTimeout,
  kMalformed,
  kClosed,
  kClientGone,
};

enum class AccountEffect : std::uint8_t {
  kNone,      // nobody's fault
  kGood,      // it works: closes what was half open
  kCoolDown,  // rests for a time, then one request tries it
  kCount,     // rests after some in a row, or at once when it was being tried
  kReject,    // its credential was refused
  // Rests once another attempt of the same request is answered well; else it was the request.
  kRestIfBettered,
};

struct SignalRow {
  SignalKind kind;
  std::string_view name;         // metric label `signal`
  std::string_view error_class;  // word of libs/common/reason.h, in the record; empty = good
  bool try_next;                 // another account may do better
  AccountEffect effect;
  bool whole_account;  // else the upstream model alone
  RestPlan rest;       // kCoolDown, kCount, kRestIfBettered
  std::string_view seen_as;
  std::string_view consequence;
};

std::span<const SignalRow> SignalTable();
const SignalRow& RowOf(SignalKind kind);
// As Markdown, for the README.
std::string SignalTableText();

struct UpstreamSignal {
  const SignalRow* row = nullptr;  // of SignalTable(); never null after Classify
  std::string_view error_class;
  bool try_next = false;
  AccountEffect effect = AccountEffect::kNone;
  bool whole_account = true;
  std::int64_t told_ms = 0;  // how long the provider asked to be left alone; 0 = it did not say
};

// `head` is null unless a head came. `body_start` is how the body begins, as far as it was read:
// needed where WantsBody says so, and for an answer that begins with an error.
// `now_unix_ms` turns reset times into lengths.
UpstreamSignal Classify(AttemptOutcome outcome, const ResponseHead* head,
                        std::string_view body_start, std::int64_t now_unix_ms);

// The same for a session account: an upstream that shows the way to its log-in, or answers a 401
// with a page, has ended the session.
UpstreamSignal ClassifyForSession(AttemptOutcome outcome, const ResponseHead* head,
                                  std::string_view body_start, std::int64_t now_unix_ms);

// The status alone does not tell: some bytes of the body should be read before Classify.
bool WantsBody(const ResponseHead& head);
inline constexpr std::size_t kErrorBodyBytesMax = 4 * 1024;

// Seconds or an HTTP date; 0 = not given or not readable. In milliseconds, at most a day.
std::int64_t RetryAfterMs(std::string_view value, std::int64_t now_unix_ms);

}  // namespace weir::relay

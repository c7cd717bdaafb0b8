#include "services/relay/accounts/upstream_signal.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/time/time.h"

#include "libs/common/reason.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kMsPerSecond = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;
// A 429 that does not say for how long: long enough to stop a storm, short enough to notice the
// end.
constexpr std::int64_t kBareRateLimitMs = 30'000;
constexpr std::int64_t kOverloadMs = 5'000;
constexpr std::int64_t kTransportMs = 5'000;

std::int64_t ClampMs(std::int64_t ms) { return std::clamp<std::int64_t>(ms, 0, kDayMs); }

// absl's times know infinity, so that no header can make this overflow.
std::int64_t UntilMs(absl::Time time, std::int64_t now_unix_ms) {
  return ClampMs(absl::ToInt64Milliseconds(time - absl::FromUnixMillis(now_unix_ms)));
}

// How long a rate-limited account should rest, by the headers that providers send.
std::int64_t RateLimitMs(const ResponseHead& head, std::int64_t now_unix_ms) {
  std::int64_t milliseconds = 0;
  if (ParseInteger(head.Find("retry-after-ms"), milliseconds) && milliseconds > 0) {
    return ClampMs(milliseconds);
  }
  if (const std::int64_t ms = RetryAfterMs(head.Find("retry-after"), now_unix_ms); ms > 0) {
    return ms;
  }
  // Subscription accounts name the moment at which their window opens again, in epoch seconds.
  std::int64_t reset_s = 0;
  if (ParseInteger(head.Find("anthropic-ratelimit-unified-reset"), reset_s)) {
    const std::int64_t ms = UntilMs(absl::FromUnixSeconds(reset_s), now_unix_ms);
    if (ms > 0) return ms;
  }
  return kBareRateLimitMs;
}

std::int64_t OverloadMs(const ResponseHead& head, std::int64_t now_unix_ms) {
  const std::int64_t ms = RetryAfterMs(head.Find("retry-after"), now_unix_ms);
  return ms > 0 ? ms : kOverloadMs;
}

bool IsJson(const ResponseHead& head) {
  constexpr std::string_view kJson = "application/json";
  return EqualsIgnoreCase(head.Find("content-type").substr(0, kJson.size()), kJson);
}

UpstreamSignal ClassifyStatus(const ResponseHead& head, std::int64_t now_unix_ms) {
  const int status = head.status;
  if (status < 300) return {{}, false, AccountEffect::kGood, 0, false};
  // Redirects are not followed: a base URL that leads to one is set up wrongly.
  if (status < 400) return {reason::kUpstreamError, true, AccountEffect::kNone, 0, true};
  if (status == 429) {
    return {reason::kUpstreamRateLimited, true, AccountEffect::kCoolDown,
            RateLimitMs(head, now_unix_ms), false};
  }
  if (status == 401 || status == 403) {
    // A page of HTML comes from something in front of the provider, set off by this request.
    if (!IsJson(head)) return {reason::kUpstreamError, true, AccountEffect::kNone, 0, true};
    return {reason::kCredentialRejected, true, AccountEffect::kReject, 0, false};
  }
  // 402: the account's own money is spent; another account's may not be.
  if (status == 402) {
    return {reason::kCredentialRejected, true, AccountEffect::kReject, 0, false};
  }
  if (status == 529 || status == 503) {
    return {reason::kUpstreamOverloaded, true, AccountEffect::kCoolDown,
            OverloadMs(head, now_unix_ms), true};
  }
  if (status >= 500) return {reason::kUpstreamError, true, AccountEffect::kNone, 0, true};
  // 400, 404, 413, 422, …: the caller's own, passed on as it is; it would be the same elsewhere.
  return {reason::kUpstreamRejected, false, AccountEffect::kGood, 0, false};
}

}  // namespace

std::int64_t RetryAfterMs(std::string_view value, std::int64_t now_unix_ms) {
  if (value.empty()) return 0;
  std::int64_t seconds = 0;
  if (ParseInteger(value, seconds)) {
    return seconds < 0 ? 0 : ClampMs(std::min(seconds, kDayMs / kMsPerSecond) * kMsPerSecond);
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", std::string(value), &time, &error)) return 0;
  return UntilMs(time, now_unix_ms);
}

UpstreamSignal Classify(AttemptOutcome outcome, const ResponseHead* head,
                        std::int64_t now_unix_ms) {
  switch (outcome) {
    case AttemptOutcome::kAnswered:
      return ClassifyStatus(*head, now_unix_ms);
    case AttemptOutcome::kConnectFailed:
      return {reason::kUpstreamConnect, true, AccountEffect::kCoolDown, kTransportMs, true};
    case AttemptOutcome::kTimedOut:
      return {reason::kUpstreamTimeout, true, AccountEffect::kNone, 0, true};
    case AttemptOutcome::kMalformed:
      return {reason::kUpstreamMalformed, true, AccountEffect::kNone, 0, true};
    case AttemptOutcome::kClosed:
      return {reason::kUpstreamClosed, true, AccountEffect::kNone, 0, true};
    case AttemptOutcome::kClientGone:
      return {reason::kClientGone, false, AccountEffect::kNone, 0, false};
  }
  return {};
}

}  // namespace weir::relay

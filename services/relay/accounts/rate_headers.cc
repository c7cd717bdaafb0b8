#include "services/relay/accounts/rate_headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>

#include "absl/time/time.h"

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kSecondMs = 1'000;

// Windows of one model: of requests, tokens, input tokens, output tokens; each says three things.
constexpr std::size_t kWindows = 4;
enum WindowPart : std::size_t { kLimit, kRemaining, kReset, kWindowParts };
using WindowNames = std::array<std::string_view, kWindows * kWindowParts>;

constexpr WindowNames kAnthropicNames = {
    "anthropic-ratelimit-requests-limit",          "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",          "anthropic-ratelimit-tokens-limit",
    "anthropic-ratelimit-tokens-remaining",        "anthropic-ratelimit-tokens-reset",
    "anthropic-ratelimit-input-tokens-limit",      "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",      "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset",
};
constexpr WindowNames kOpenAiNames = {
    "x-ratelimit-limit-requests",          "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",          "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",        "x-ratelimit-reset-tokens",
    "x-ratelimit-limit-input-tokens",      "x-ratelimit-remaining-input-tokens",
    "x-ratelimit-reset-input-tokens",      "x-ratelimit-limit-output-tokens",
    "x-ratelimit-remaining-output-tokens", "x-ratelimit-reset-output-tokens",
};

// Of a subscription: its state, and two spans of 5 hours and of 7 days.
enum SubscriptionPart : std::size_t {
  kStatus,
  kUnifiedReset,
  kFirstSpan,
  kSecondSpan = kFirstSpan + 3,
  kSubscriptionParts = kSecondSpan + 3
};
using SubscriptionNames = std::array<std::string_view, kSubscriptionParts>;

constexpr SubscriptionNames kUnifiedNames = {
    "anthropic-ratelimit-unified-status",         "anthropic-ratelimit-unified-reset",
    "anthropic-ratelimit-unified-5h-status",      "anthropic-ratelimit-unified-5h-utilization",
    "anthropic-ratelimit-unified-5h-reset",       "anthropic-ratelimit-unified-7d-status",
    "anthropic-ratelimit-unified-7d-utilization", "anthropic-ratelimit-unified-7d-reset",
};

struct Window {
  std::string_view limit;
  std::string_view remaining;
  std::string_view reset;
};

// Of a subscription's 5 hours or 7 days.
struct Span {
  std::string_view status;
  std::string_view utilization;
  std::string_view reset;
};

// What the answer says under each name; empty = nothing.
struct Told {
  WindowNames windows;
  SubscriptionNames subscription;

  Window window(std::size_t i) const {
    const std::string_view* parts = &windows[i * kWindowParts];
    return {parts[kLimit], parts[kRemaining], parts[kReset]};
  }
  Span span(SubscriptionPart first) const {
    return {subscription[first], subscription[first + 1], subscription[first + 2]};
  }
};

template <std::size_t kSize>
bool Put(const HeaderField& field, const std::array<std::string_view, kSize>& names,
         std::array<std::string_view, kSize>& values) {
  for (std::size_t i = 0; i < kSize; ++i) {
    if (!EqualsIgnoreCase(field.name, names[i])) continue;
    values[i] = field.value;
    return true;
  }
  return false;
}

bool Put(const HeaderField& field, Told& told) {
  constexpr std::size_t kShortest = std::string_view("x-ratelimit-limit-tokens").size();
  if (field.name.size() < kShortest) return false;
  if ((field.name[0] | 0x20) == 'x') return Put(field, kOpenAiNames, told.windows);
  return Put(field, kAnthropicNames, told.windows) || Put(field, kUnifiedNames, told.subscription);
}

// -1 = it is none.
std::int64_t CountOf(std::string_view value) {
  std::int64_t count = -1;
  return ParseInteger(value, count) && count >= 0 ? count : -1;
}

void Judge(const Window& window, std::int64_t now_unix_ms, RateReading& reading) {
  const std::int64_t remaining = CountOf(window.remaining);
  if (remaining < 0) return;
  reading.any = true;
  const bool none = remaining == 0;
  const bool little = remaining <= CountOf(window.limit) / (100 / kLowPercent);
  if (!none && !little) return;
  // Read only when it matters: most answers have plenty left.
  const std::int64_t reset = ResetUnixMs(window.reset, now_unix_ms);
  std::int64_t& until = none ? reading.exhausted_until_unix_ms : reading.low_until_unix_ms;
  until = std::max(until, reset);
}

constexpr std::int32_t kBasisPoints = 10'000;
constexpr std::int32_t kHighBasisPoints =
    kBasisPoints - static_cast<std::int32_t>(kLowPercent) * (kBasisPoints / 100);

// "0.42" is 4200; what is used beyond all counts up to a hundred times that. -1 = it is none.
std::int32_t BasisPointsOf(std::string_view utilization) {
  constexpr double kShareMax = 100;
  double share = 0;
  const auto [end, error] =
      std::from_chars(utilization.data(), utilization.data() + utilization.size(), share);
  if (error != std::errc() || !(share >= 0)) return -1;
  return static_cast<std::int32_t>(std::min(share, kShareMax) * kBasisPoints + 0.5);
}

bool LetsIn(std::string_view status) {
  return EqualsIgnoreCase(status, "allowed") || EqualsIgnoreCase(status, "allowed_warning");
}

void JudgeSubscription(const Told& told, std::int64_t now_unix_ms, RateReading& reading) {
  const std::string_view status = told.subscription[kStatus];
  if (status.empty()) return;
  const bool rejected = EqualsIgnoreCase(status, "rejected");
  const std::array<Span, 2> spans = {told.span(kFirstSpan), told.span(kSecondSpan)};
  reading.any = true;
  reading.rejected = rejected;
  // Some models have a window of their own beside those; when that is the one that is spent, the
  // others go on.
  reading.whole_account =
      !rejected || !std::all_of(spans.begin(), spans.end(),
                                [](const Span& span) { return LetsIn(span.status); });
  if (rejected || EqualsIgnoreCase(status, "allowed_warning")) {
    std::int64_t& until = rejected ? reading.exhausted_until_unix_ms : reading.low_until_unix_ms;
    until = std::max(until, ResetUnixMs(told.subscription[kUnifiedReset], now_unix_ms));
  }
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Span& span = spans[i];
    reading.windows[i] = {BasisPointsOf(span.utilization), span.reset};
    if (reading.windows[i].used_basis_points < kHighBasisPoints) continue;
    const std::int64_t reset = ResetUnixMs(span.reset, now_unix_ms);
    reading.low_until_unix_ms = std::max(reading.low_until_unix_ms, reset);
  }
}

struct Unit {
  std::string_view name;
  double ms;
};
// Longer names first, so that "ms" is not minutes.
constexpr std::array<Unit, 6> kUnits = {
    {{"ms", 1}, {"us", 0.001}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}}};

// "1h2m3.5s" in ms; negative = it is none.
double LengthMs(std::string_view text) {
  double total = 0;
  while (!text.empty()) {
    if (text.front() < '0' || text.front() > '9') return -1;  // "inf" is a number to from_chars
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc()) return -1;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [text](const Unit& u) { return text.starts_with(u.name); });
    if (unit == kUnits.end()) return -1;
    text.remove_prefix(unit->name.size());
    total += number * unit->ms;
  }
  return total;
}

std::int64_t Within(double from_now_ms, std::int64_t now_unix_ms) {
  if (!(from_now_ms > 0)) return 0;
  return now_unix_ms +
         static_cast<std::int64_t>(std::min(from_now_ms, static_cast<double>(kResetMsMax)));
}

}  // namespace

std::int64_t ResetUnixMs(std::string_view text, std::int64_t now_unix_ms) {
  if (text.empty() || text.size() > 64) return 0;
  std::int64_t number = 0;
  if (ParseInteger(text, number)) {
    constexpr std::int64_t kEpochSeconds = 1'000'000'000;
    const auto count = static_cast<double>(number);
    const auto now = static_cast<double>(now_unix_ms);
    if (number >= kEpochSeconds * kSecondMs) return Within(count - now, now_unix_ms);
    if (number >= kEpochSeconds) return Within(count * kSecondMs - now, now_unix_ms);
    return Within(count * kSecondMs, now_unix_ms);
  }
  if (const double length = LengthMs(text); length >= 0) return Within(length, now_unix_ms);
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error)) return 0;
  return Within(absl::ToDoubleMilliseconds(time - absl::FromUnixMillis(now_unix_ms)), now_unix_ms);
}

RateReading ReadRateHeaders(const ResponseHead& head, std::int64_t now_unix_ms) {
  Told told;
  bool any = false;
  for (const HeaderField& field : head.all()) any = Put(field, told) || any;
  RateReading reading;
  if (!any) return reading;
  for (std::size_t i = 0; i < kWindows; ++i) Judge(told.window(i), now_unix_ms, reading);
  JudgeSubscription(told, now_unix_ms, reading);
  return reading;
}

}  // namespace weir::relay

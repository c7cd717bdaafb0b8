#include "services/relay/limits/limit_headers.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "libs/common/clock.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kSecondsPerMinute = 60;

// As OpenAI writes it: "20ms", "7s", "1m1s". Rounded up, so that who waits that long has waited
// enough.
void AppendLength(std::int64_t ms, std::string& out) {
  if (ms < kMsPerSecond) {
    StrAppend(out, ms, "ms");
    return;
  }
  const std::int64_t seconds = (ms + kMsPerSecond - 1) / kMsPerSecond;
  if (seconds >= kSecondsPerMinute) StrAppend(out, seconds / kSecondsPerMinute, "m");
  StrAppend(out, seconds % kSecondsPerMinute, "s");
}

void PutDigits(unsigned number, std::size_t count, char* at) {
  while (count-- > 0) {
    at[count] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

// "2026-11-21T06:32:13Z", rounded up to the second.
void AppendMoment(std::int64_t unix_ms, std::string& out) {
  using std::chrono::days, std::chrono::sys_days, std::chrono::floor;
  const std::chrono::sys_seconds moment{
      std::chrono::seconds{(unix_ms + kMsPerSecond - 1) / kMsPerSecond}};
  const sys_days day = floor<days>(moment);
  const std::chrono::year_month_day date{day};
  const auto second = static_cast<unsigned>((moment - day).count());
  char text[] = "0000-00-00T00:00:00Z";
  PutDigits(static_cast<unsigned>(static_cast<int>(date.year())), 4, text);
  PutDigits(static_cast<unsigned>(date.month()), 2, text + 5);
  PutDigits(static_cast<unsigned>(date.day()), 2, text + 8);
  PutDigits(second / 3'600, 2, text + 11);
  PutDigits(second / 60 % 60, 2, text + 14);
  PutDigits(second % 60, 2, text + 17);
  out.append(text, sizeof(text) - 1);
}

// Names up to their colon, so that each line is a few pieces.
struct FieldNames {
  std::string_view limit;
  std::string_view remaining;
  std::string_view reset;
};

constexpr FieldNames kOpenAiRequests = {
    "x-ratelimit-limit-requests: ", "\r\nx-ratelimit-remaining-requests: ",
    "\r\nx-ratelimit-reset-requests: "};
constexpr FieldNames kOpenAiTokens = {
    "x-ratelimit-limit-tokens: ", "\r\nx-ratelimit-remaining-tokens: ",
    "\r\nx-ratelimit-reset-tokens: "};
constexpr FieldNames kAnthropicRequests = {
    "anthropic-ratelimit-requests-limit: ", "\r\nanthropic-ratelimit-requests-remaining: ",
    "\r\nanthropic-ratelimit-requests-reset: "};
constexpr FieldNames kAnthropicTokens = {
    "anthropic-ratelimit-tokens-limit: ", "\r\nanthropic-ratelimit-tokens-remaining: ",
    "\r\nanthropic-ratelimit-tokens-reset: "};

}  // namespace

void AppendLimitFields(const LimitReport& report, Dialect dialect, std::int64_t admitted_unix_ms,
                       std::int64_t now_unix_ms, std::string& out) {
  const bool anthropic = dialect == Dialect::kAnthropicMessages;
  const auto append = [&](const FieldNames& names, const LimitGauge& gauge) {
    if (gauge.limit == 0) return;
    const std::int64_t reset_unix_ms = admitted_unix_ms + gauge.reset_ms;
    StrAppend(out, names.limit, gauge.limit, names.remaining, gauge.remaining, names.reset);
    if (anthropic) {
      AppendMoment(reset_unix_ms, out);
    } else {
      AppendLength(std::max<std::int64_t>(reset_unix_ms - now_unix_ms, 0), out);
    }
    out += "\r\n";
  };
  append(anthropic ? kAnthropicRequests : kOpenAiRequests, report.requests);
  append(anthropic ? kAnthropicTokens : kOpenAiTokens, report.tokens);
}

}  // namespace weir::relay

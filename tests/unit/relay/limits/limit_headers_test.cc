#include "services/relay/limits/limit_headers.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kNoonUnixMs = 1'763'726'400'000;  // 2025-11-21T12:00:00Z

std::string Fields(const LimitReport& report, Dialect dialect, std::int64_t later_ms = 0) {
  std::string out = "before\r\n";
  AppendLimitFields(report, dialect, kNoonUnixMs, kNoonUnixMs + later_ms, out);
  return out;
}

TEST(LimitHeaders, NoneWithoutLimits) {
  EXPECT_EQ(Fields({}, Dialect::kOpenAiChat), "before\r\n");
  EXPECT_EQ(Fields({}, Dialect::kAnthropicMessages), "before\r\n");
}

TEST(LimitHeaders, OpenAisAreLengthsOfTime) {
  EXPECT_EQ(Fields({{60, 59, 60'500}, {90'000, 85'000, 7'001}}, Dialect::kOpenAiChat),
            "before\r\n"
            "x-ratelimit-limit-requests: 60\r\n"
            "x-ratelimit-remaining-requests: 59\r\n"
            "x-ratelimit-reset-requests: 1m1s\r\n"
            "x-ratelimit-limit-tokens: 90000\r\n"
            "x-ratelimit-remaining-tokens: 85000\r\n"
            "x-ratelimit-reset-tokens: 8s\r\n");
}

TEST(LimitHeaders, TheWaitForTheUpstreamHasPassedAlready) {
  EXPECT_NE(Fields({{60, 59, 60'500}, {}}, Dialect::kOpenAiChat, 60'250).find("requests: 250ms\r"),
            std::string::npos);
  EXPECT_NE(Fields({{60, 59, 60'500}, {}}, Dialect::kOpenAiChat, 99'000).find("requests: 0ms\r"),
            std::string::npos);
}

TEST(LimitHeaders, AnthropicsAreMoments) {
  EXPECT_EQ(Fields({{60, 59, 60'500}, {90'000, 0, 1'000}}, Dialect::kAnthropicMessages, 5'000),
            "before\r\n"
            "anthropic-ratelimit-requests-limit: 60\r\n"
            "anthropic-ratelimit-requests-remaining: 59\r\n"
            "anthropic-ratelimit-requests-reset: 2025-11-21T12:01:01Z\r\n"
            "anthropic-ratelimit-tokens-limit: 90000\r\n"
            "anthropic-ratelimit-tokens-remaining: 0\r\n"
            "anthropic-ratelimit-tokens-reset: 2025-11-21T12:00:01Z\r\n");
}

TEST(LimitHeaders, AFullHeadNeedsNoNewMemory) {
  std::string out;
  out.reserve(1'024);
  const char* before = out.data();
  AppendLimitFields({{60, 59, 60'500}, {90'000, 0, 1'000}}, Dialect::kAnthropicMessages,
                    kNoonUnixMs, kNoonUnixMs, out);
  EXPECT_EQ(out.data(), before);
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/accounts/rate_headers.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // 2023-11-14T22:13:20Z
constexpr std::int64_t kMinuteMs = 60'000;

RateReading Read(const std::vector<HeaderField>& fields) {
  ResponseHead head;
  for (const HeaderField& field : fields) head.storage[head.count++] = field;
  return ReadRateHeaders(head, kNow);
}

TEST(RateHeaders, AnAnswerWithoutThemSaysNothing) {
  const RateReading reading = Read(
      {{"content-type", "application/json"}, {"x-request-id", "1"}, {"anthropic-version", "x"}});
  EXPECT_FALSE(reading.any);
  EXPECT_EQ(reading.exhausted_until_unix_ms, 0);
}

TEST(RateHeaders, AnthropicsApiKey) {
  const std::string_view reset = "2023-11-14T22:14:20Z";
  RateReading reading = Read({{"anthropic-ratelimit-requests-limit", "4000"},
                              {"anthropic-ratelimit-requests-remaining", "3999"},
                              {"anthropic-ratelimit-requests-reset", reset},
                              {"anthropic-ratelimit-tokens-limit", "500000"},
                              {"anthropic-ratelimit-tokens-remaining", "499000"},
                              {"anthropic-ratelimit-tokens-reset", reset}});
  EXPECT_TRUE(reading.any);
  EXPECT_FALSE(reading.whole_account);
  EXPECT_EQ(reading.exhausted_until_unix_ms, 0);
  EXPECT_EQ(reading.low_until_unix_ms, 0);

  reading = Read({{"Anthropic-RateLimit-Requests-Remaining", "0"},
                  {"Anthropic-RateLimit-Requests-Reset", reset}});
  EXPECT_EQ(reading.exhausted_until_unix_ms, kNow + kMinuteMs);

  reading = Read({{"anthropic-ratelimit-input-tokens-limit", "1000"},
                  {"anthropic-ratelimit-input-tokens-remaining", "50"},
                  {"anthropic-ratelimit-input-tokens-reset", reset},
                  {"anthropic-ratelimit-output-tokens-limit", "1000"},
                  {"anthropic-ratelimit-output-tokens-remaining", "51"},
                  {"anthropic-ratelimit-output-tokens-reset", "2023-11-14T23:13:20Z"}});
  EXPECT_EQ(reading.low_until_unix_ms, kNow + kMinuteMs) << "one is low, the other is not";
  EXPECT_EQ(reading.exhausted_until_unix_ms, 0);
}

TEST(RateHeaders, OpenAis) {
  RateReading reading = Read({{"x-ratelimit-limit-requests", "5000"},
                              {"x-ratelimit-remaining-requests", "0"},
                              {"x-ratelimit-reset-requests", "6m0s"},
                              {"x-ratelimit-limit-tokens", "800000"},
                              {"x-ratelimit-remaining-tokens", "10"},
                              {"x-ratelimit-reset-tokens", "20ms"}});
  EXPECT_EQ(reading.exhausted_until_unix_ms, kNow + 6 * kMinuteMs);
  EXPECT_EQ(reading.low_until_unix_ms, kNow + 20);
  reading = Read({{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "9"}});
  EXPECT_EQ(reading.exhausted_until_unix_ms, 0) << "of what, nobody knows";
}

TEST(RateHeaders, ASubscriptionIsOneWindowForAllModels) {
  RateReading reading = Read({{"anthropic-ratelimit-unified-status", "allowed"},
                              {"anthropic-ratelimit-unified-reset", "1700003600"},
                              {"anthropic-ratelimit-unified-5h-utilization", "0.25"},
                              {"anthropic-ratelimit-unified-5h-reset", "1700003600"}});
  EXPECT_TRUE(reading.any && reading.whole_account);
  EXPECT_EQ(reading.low_until_unix_ms, 0);
  EXPECT_EQ(reading.windows[0].used_basis_points, 2500);
  EXPECT_EQ(reading.windows[0].reset, "1700003600");
  EXPECT_EQ(reading.windows[1].used_basis_points, -1) << "nothing is said of the week";
  reading = Read({{"anthropic-ratelimit-unified-status", "rejected"},
                  {"anthropic-ratelimit-unified-reset", "1700003600"}});
  EXPECT_EQ(reading.exhausted_until_unix_ms, kNow + 60 * kMinuteMs);
  reading = Read({{"anthropic-ratelimit-unified-status", "allowed_warning"},
                  {"anthropic-ratelimit-unified-reset", "1700003600"}});
  EXPECT_EQ(reading.low_until_unix_ms, kNow + 60 * kMinuteMs);
  reading = Read({{"anthropic-ratelimit-unified-status", "allowed"},
                  {"anthropic-ratelimit-unified-7d-utilization", "0.96"},
                  {"anthropic-ratelimit-unified-7d-reset", "1700086400"}});
  EXPECT_EQ(reading.low_until_unix_ms, kNow + 1440 * kMinuteMs);
}

TEST(RateHeaders, SharesThatAreNoneAreNotTold) {
  const auto used = [](std::string_view text) {
    return Read({{"anthropic-ratelimit-unified-status", "allowed"},
                 {"anthropic-ratelimit-unified-5h-utilization", text}})
        .windows[0]
        .used_basis_points;
  };
  for (const std::string_view odd : {"", "-0.5", "nan", "much"}) EXPECT_EQ(used(odd), -1) << odd;
  EXPECT_EQ(used("0"), 0);
  EXPECT_EQ(used("1.07"), 10'700);
  EXPECT_EQ(used("1e300"), 1'000'000);
  EXPECT_EQ(used("inf"), 1'000'000);
}

TEST(RateHeaders, ASpentWindowOfSomeModelsLeavesTheOthers) {
  const RateReading reading = Read({{"anthropic-ratelimit-unified-status", "rejected"},
                                    {"anthropic-ratelimit-unified-reset", "1700003600"},
                                    {"anthropic-ratelimit-unified-5h-status", "allowed"},
                                    {"anthropic-ratelimit-unified-7d-status", "allowed"},
                                    {"anthropic-ratelimit-unified-7d_opus-status", "rejected"}});
  EXPECT_TRUE(reading.any && reading.rejected);
  EXPECT_FALSE(reading.whole_account);
  for (const std::string_view shared : {"rejected", "", "unheard of"}) {
    EXPECT_TRUE(Read({{"anthropic-ratelimit-unified-status", "rejected"},
                      {"anthropic-ratelimit-unified-5h-status", shared},
                      {"anthropic-ratelimit-unified-7d-status", "allowed"}})
                    .whole_account)
        << shared;
  }
}

struct Reset {
  std::string_view text;
  std::int64_t from_now_ms;
};

TEST(RateHeaders, ResetsComeInManyForms) {
  const std::vector<Reset> resets = {
      {"1s", 1'000},
      {"6m0s", 360'000},
      {"20ms", 20},
      {"1h30m", 5'400'000},
      {"1.5s", 1'500},
      {"1m30.25s", 90'250},
      {"2d", 172'800'000},
      {"30", 30'000},
      {"1700000060", 60'000},
      {"1700000060000", 60'000},
      {"2023-11-14T22:14:20Z", 60'000},
      {"2023-11-14T22:14:20.500Z", 60'500},
      {"2023-11-14T23:14:20+01:00", 60'000},
  };
  for (const Reset& reset : resets) {
    EXPECT_EQ(ResetUnixMs(reset.text, kNow), kNow + reset.from_now_ms) << reset.text;
  }
}

TEST(RateHeaders, HostileResetsAreNoneOrBounded) {
  for (const std::string_view text : {"",           "soon",
                                      "-1",         "-5s",
                                      "0",          "0s",
                                      "1700000000", "2023-11-14T22:13:20Z",
                                      "1x",         "s",
                                      "1s2",        "1s 2s",
                                      "nan",        "nans",
                                      "inf",        "infs",
                                      "1e400s",     "infinite-past",
                                      "2023-11-14", "0x10",
                                      "+5s",        "٣s"}) {
    EXPECT_EQ(ResetUnixMs(text, kNow), 0) << text;
  }
  for (const std::string_view text :
       {"9223372036854775807", "9223372036854775807s", "99999999999999d", "infinite-future",
        "9999-12-31T23:59:59Z", "18446744073709551615h"}) {
    const std::int64_t reset = ResetUnixMs(text, kNow);
    EXPECT_TRUE(reset == 0 || (reset > kNow && reset <= kNow + kResetMsMax)) << text << reset;
  }
  EXPECT_EQ(ResetUnixMs(std::string(1'000'000, '9'), kNow), 0);
}

TEST(RateHeaders, HostileFiguresSayNothing) {
  for (const std::string_view remaining :
       {"-1", "", "none", "0x0", "1e3", "99999999999999999999", " 0", "0 "}) {
    const RateReading reading = Read({{"x-ratelimit-limit-requests", "100"},
                                      {"x-ratelimit-remaining-requests", remaining},
                                      {"x-ratelimit-reset-requests", "1s"}});
    EXPECT_EQ(reading.exhausted_until_unix_ms, 0) << remaining;
    EXPECT_EQ(reading.low_until_unix_ms, 0) << remaining;
  }
  EXPECT_EQ(Read({{"x-ratelimit-limit-requests", "9223372036854775807"},
                  {"x-ratelimit-remaining-requests", "1"},
                  {"x-ratelimit-reset-requests", "1s"}})
                .low_until_unix_ms,
            kNow + 1'000);
  EXPECT_EQ(Read({{"x-ratelimit-remaining-requests", "0"}}).exhausted_until_unix_ms, 0)
      << "without an end it would never come back";
  EXPECT_FALSE(Read({{"anthropic-ratelimit-", "0"}, {"x-ratelimit-", "0"}}).any);
}

}  // namespace
}  // namespace weir::relay

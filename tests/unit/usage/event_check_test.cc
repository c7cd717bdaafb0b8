#include "services/usage/event_check.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

TEST(EventCheckTest, AcceptsGoodEvents) {
  EXPECT_TRUE(CheckEvent(MakeEvent()).ok());
  RandomEvents random(1);
  for (const UsageEvent& event : random.Many(100)) EXPECT_TRUE(CheckEvent(event).ok());
}

TEST(EventCheckTest, AcceptsARequestThatFailedBeforeAnythingWasKnown) {
  UsageEvent event;
  event.id = NewUuid7Bytes(kTestUnixMs);
  event.started_at_unix_ms = kTestUnixMs;
  EXPECT_TRUE(CheckEvent(event).ok()) << CheckEvent(event);
}

TEST(EventCheckTest, AcceptsATimeCloseToTheIds) {
  UsageEvent event = MakeEvent();
  for (const std::int64_t skew_ms : {-10'000, 10'000}) {
    event.started_at_unix_ms = kTestUnixMs + skew_ms;
    EXPECT_TRUE(CheckEvent(event).ok()) << CheckEvent(event);
  }
}

struct BadCase {
  const char* name;
  std::function<void(UsageEvent&)> spoil;
};

class BadEventTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadEventTest, IsRejected) {
  UsageEvent event = MakeEvent();
  GetParam().spoil(event);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckEvent(event)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadEventTest,
    ::testing::Values(
        BadCase{"NoId", [](UsageEvent& e) { e.id.clear(); }},
        BadCase{"ShortId", [](UsageEvent& e) { e.id.pop_back(); }},
        BadCase{"LongId", [](UsageEvent& e) { e.id += 'x'; }},
        BadCase{"ZeroId", [](UsageEvent& e) { e.id.assign(16, '\0'); }},
        BadCase{"RandomUuid", [](UsageEvent& e) { e.id[6] = '\x4a'; }},
        BadCase{"NegativeInput", [](UsageEvent& e) { e.tokens.input = -1; }},
        BadCase{"NegativeCacheRead", [](UsageEvent& e) { e.tokens.cache_read = -1; }},
        BadCase{"NegativeCacheWrite", [](UsageEvent& e) { e.tokens.cache_write_5m = INT64_MIN; }},
        BadCase{"HugeCacheWrite", [](UsageEvent& e) { e.tokens.cache_write_1h = INT64_MAX; }},
        BadCase{"NegativeOutput", [](UsageEvent& e) { e.tokens.output = -1; }},
        BadCase{"ReasoningAboveOutput", [](UsageEvent& e) { e.tokens.reasoning = 101; }},
        BadCase{"NegativeCost", [](UsageEvent& e) { e.cost_nano_usd = -1; }},
        BadCase{"HugeCost", [](UsageEvent& e) { e.cost_nano_usd = INT64_MAX; }},
        BadCase{"NoTime", [](UsageEvent& e) { e.started_at_unix_ms = 0; }},
        BadCase{"FarTime", [](UsageEvent& e) { e.started_at_unix_ms = INT64_MAX; }},
        BadCase{"TimeBeforeTheIds", [](UsageEvent& e) { e.started_at_unix_ms -= 10'001; }},
        BadCase{"TimeAfterTheIds", [](UsageEvent& e) { e.started_at_unix_ms += 10'001; }},
        BadCase{"NegativeKey", [](UsageEvent& e) { e.key_id = -5; }},
        BadCase{"BadStatus", [](UsageEvent& e) { e.status = 1000; }},
        BadCase{"NegativeLatency", [](UsageEvent& e) { e.latency_ms = -1; }},
        BadCase{"BadFirstToken", [](UsageEvent& e) { e.first_token_ms = -2; }}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(TrimEventTest, CutsTextsBetweenCharacters) {
  UsageEvent event = MakeEvent();
  event.user_agent = std::string(255, 'a') + "ü and more";
  event.model = std::string("nul\0here", 8);
  event.attempts.resize(1000);
  TrimEvent(event);
  EXPECT_EQ(event.user_agent, std::string(255, 'a'));
  EXPECT_EQ(event.model, "nulhere");
  EXPECT_EQ(event.attempts.size(), 64U);
}

TEST(TrimEventTest, ASessionThatNobodyCanHaveIsNone) {
  for (const std::string& session : {std::string("nul\0here", 8), std::string(65, 's')}) {
    UsageEvent event = MakeEvent();
    event.charge = {.session = session, .day_cost = {SubjectKind::kKey}};
    TrimEvent(event);
    EXPECT_EQ(event.charge, BudgetCharge{});
  }
  UsageEvent event = MakeEvent();
  event.charge = {.session = std::string(64, 's'), .day_cost = {SubjectKind::kKey}};
  const UsageEvent before = event;
  TrimEvent(event);
  EXPECT_EQ(event, before);
}

TEST(TrimEventTest, LeavesGoodEventsAlone) {
  RandomEvents random(2);
  for (const UsageEvent& event : random.Many(100)) {
    UsageEvent trimmed = event;
    TrimEvent(trimmed);
    EXPECT_EQ(trimmed, event);
  }
}

TEST(ExpectedCostTest, IsTokensTimesPriceTimesMultiplier) {
  UsageEvent event = MakeEvent();
  // 1000 × 3 USD + 100 × 15 USD per million = 0.0045 USD.
  EXPECT_EQ(ExpectedCostNanoUsd(event), 4'500'000);
  event.price.multiplier_ppm = 2'000'000;
  EXPECT_EQ(ExpectedCostNanoUsd(event), 9'000'000);
}

}  // namespace
}  // namespace weir::usage

#include "services/usage/unpriced.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/reason.h"
#include "services/usage/schema.h"
#include "services/usage/sum_model.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

UsageEvent Refused(const std::string& model, std::int64_t at_unix_ms = kTestUnixMs) {
  UsageEvent event = MakeEvent();
  event.id = NewUuid7Bytes(at_unix_ms);
  event.started_at_unix_ms = at_unix_ms;
  event.model = model;
  event.served_model.clear();
  event.account_id = 0;
  event.status = 400;
  event.error_class = reason::kModelUnpriced;
  event.tokens = {};
  event.usage_source = 0;
  event.price = {};
  event.cost_nano_usd = 0;
  return event;
}

UsageEvent ServedUnpriced(std::int64_t at_unix_ms) {
  UsageEvent event = MakeEvent();
  event.id = NewUuid7Bytes(at_unix_ms);
  event.started_at_unix_ms = at_unix_ms;
  event.price = {};
  event.cost_nano_usd = 0;
  return event;
}

class UnpricedTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    const absl::Status status = MigrateLedger(database());
    ASSERT_TRUE(status.ok()) << status;
  }

  void Insert(const std::vector<UsageEvent>& events) {
    const auto stored = UsageLedger(database()).Insert(Pointers(events));
    ASSERT_TRUE(stored.ok()) << stored.status();
  }

  std::vector<UnpricedModel> Read(std::int64_t from_unix_ms, std::int64_t to_unix_ms = 0) {
    auto models = ReadUnpriced(database(), from_unix_ms, to_unix_ms);
    EXPECT_TRUE(models.ok()) << models.status();
    return models.ok() ? *std::move(models) : std::vector<UnpricedModel>();
  }
};

INSTANTIATE_ON_BOTH_DATABASES(UnpricedTest);

TEST_P(UnpricedTest, WhatWasServedForNothingAndWhatWasRefusedAreSummedUp) {
  Insert({ServedUnpriced(kTestUnixMs), ServedUnpriced(kTestUnixMs + kDayMs), Refused("odd"),
          MakeEvent()});
  const auto models = Read(0);
  ASSERT_EQ(models.size(), 2U) << "the priced one is none of them";
  EXPECT_EQ(models[0].model, "claude-x");
  EXPECT_EQ(models[0].served_model, "claude-x-1");
  EXPECT_EQ(models[0].account_id, 9);
  EXPECT_EQ(models[0].served_requests, 2);
  EXPECT_EQ(models[0].input_tokens, 2000);
  EXPECT_EQ(models[0].output_tokens, 200);
  EXPECT_EQ(models[0].first_seen_unix_ms, kTestUnixMs);
  EXPECT_EQ(models[0].last_seen_unix_ms, kTestUnixMs + kDayMs);
  EXPECT_EQ(models[1].model, "odd");
  EXPECT_EQ(models[1].refused_requests, 1);
  EXPECT_EQ(models[1].account_id, 0);
}

TEST_P(UnpricedTest, DaysOutsideOfTheRangeDoNotCount) {
  Insert(
      {Refused("a"), Refused("a", kTestUnixMs + kDayMs), Refused("a", kTestUnixMs + 2 * kDayMs)});
  const auto middle = Read(kTestUnixMs + kDayMs, kTestUnixMs + kDayMs + 1);
  ASSERT_EQ(middle.size(), 1U);
  EXPECT_EQ(middle[0].refused_requests, 1);
  EXPECT_EQ(middle[0].first_seen_unix_ms, kTestUnixMs + kDayMs);
}

// Callers make names up; the list, and the table, stay small, and no request is lost from the sum.
TEST_P(UnpricedTest, ADayKeepsSoManyRefusedNamesAndSumsUpTheOthers) {
  std::vector<UsageEvent> events;
  for (std::size_t i = 0; i < kRefusedModelsMax + 5; ++i) {
    events.push_back(Refused("made-up-" + std::to_string(i)));
  }
  Insert(events);
  Insert({Refused("late"), Refused("made-up-3"), Refused("of another day", kTestUnixMs + kDayMs)});
  const auto rows = database().Query(
      "SELECT COUNT(*), CAST(SUM(refused_requests) AS BIGINT) FROM usage_unpriced WHERE "
      "day_unix_ms < $1",
      {kTestUnixMs});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows.at(0).Int(0), static_cast<std::int64_t>(kRefusedModelsMax) + 1);
  EXPECT_EQ(rows->rows.at(0).Int(1), static_cast<std::int64_t>(kRefusedModelsMax) + 5 + 2);
  const auto models = Read(0);
  EXPECT_EQ(models.at(0).model, kUnknownModel);
  EXPECT_EQ(models.at(0).refused_requests, 6);
  EXPECT_EQ(models.at(1).model, "made-up-3") << "a known name goes on being counted";
  EXPECT_EQ(models.at(1).refused_requests, 2);
}

}  // namespace
}  // namespace weir::usage

#include "services/usage/relay_overhead.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/ids.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

class RelayOverheadTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
  }
};

INSTANTIATE_ON_BOTH_DATABASES(RelayOverheadTest);

TEST_P(RelayOverheadTest, OfEachRelayOfLate) {
  std::vector<UsageEvent> events;
  const auto add = [&](const std::string& relay_id, std::int64_t unix_ms,
                       std::int64_t overhead_us) {
    UsageEvent event = MakeEvent();
    event.id = NewUuid7Bytes(unix_ms);
    event.started_at_unix_ms = unix_ms;
    event.relay_id = relay_id;
    event.overhead_us = overhead_us;
    events.push_back(event);
  };
  for (int i = 1; i <= 100; ++i) add("a", kTestUnixMs - i, i);
  add("a", kTestUnixMs - 1, 0);  // nothing was measured
  add("b", kTestUnixMs - kOverheadAgeMsMax, 7);
  add("c", kTestUnixMs - kOverheadAgeMsMax - 1, 9);
  ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(events)).ok());
  const auto overheads = ReadOverheads(database(), kTestUnixMs);
  ASSERT_TRUE(overheads.ok()) << overheads.status();
  ASSERT_EQ(overheads->size(), 2U);
  EXPECT_EQ(overheads->at("a"), (Percentiles{.measured = 100, .p50 = 50, .p95 = 95, .p99 = 99}));
  EXPECT_EQ(overheads->at("b").measured, 1);
}

TEST_P(RelayOverheadTest, OfTheLatestAlone) {
  std::vector<UsageEvent> events(kOverheadRequestsMax + 500, MakeEvent());
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].started_at_unix_ms = kTestUnixMs - static_cast<std::int64_t>(i);
    events[i].id = NewUuid7Bytes(events[i].started_at_unix_ms);
    events[i].overhead_us = static_cast<std::int64_t>(i) + 1;
  }
  ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(events)).ok());
  const auto overheads = ReadOverheads(database(), kTestUnixMs);
  ASSERT_TRUE(overheads.ok()) << overheads.status();
  EXPECT_EQ(overheads->at("relay-1").measured, kOverheadRequestsMax);
  EXPECT_EQ(overheads->at("relay-1").p50, kOverheadRequestsMax / 2);
}

}  // namespace
}  // namespace weir::usage

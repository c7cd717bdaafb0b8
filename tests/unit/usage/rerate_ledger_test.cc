#include "services/usage/rerate_ledger.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/partition_keeper.h"
#include "services/usage/rerate_step.h"
#include "services/usage/retention.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_query.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

std::shared_ptr<const Price> PriceOf(std::int64_t id, const char* model, std::int64_t from,
                                     std::int64_t input_pico_usd) {
  Price price;
  price.id = id;
  price.model = ModelPattern(model);
  price.effective_from_unix_ms = from;
  price.prices.base = {input_pico_usd, 5 * input_pico_usd, input_pico_usd / 10, input_pico_usd,
                       2 * input_pico_usd};
  return std::make_shared<const Price>(std::move(price));
}

// served-0 and served-1 have prices, the latter two in time; served-2 has none.
RerateOrder OrderAt(std::int64_t input_pico_usd) {
  PriceTable::ById prices;
  prices[1] = PriceOf(1, "served-0", 0, input_pico_usd);
  prices[2] = PriceOf(2, "served-1", 0, input_pico_usd);
  prices[3] = PriceOf(3, "served-1", kTestUnixMs + 2 * kDayMs, 3 * input_pico_usd);
  return {.filter = {.from_unix_ms = kTestUnixMs, .to_unix_ms = kTestUnixMs + 6 * kDayMs},
          .prices = PriceTable(std::move(prices)),
          .providers = {{1, "x"}, {2, "y"}, {3, ""}}};
}

// What the ledger holds of an event, told apart from the code under test.
struct Told {
  std::int64_t cost = 0;
  std::int64_t corrections = 0;
  std::int64_t lines = 0;
  bool operator==(const Told&) const = default;
};

class RerateLedgerTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    events_ = RandomEvents(11).Many(500);
    const auto stored = UsageLedger(database()).Insert(Pointers(events_));
    ASSERT_TRUE(stored.ok()) << stored.status();
  }

  RerateRun Rerate(const RerateOrder& order, std::int64_t step_events = 64) {
    RerateLedger ledger(database(), clock_, step_events);
    const auto run = ledger.Start(order, "order");
    EXPECT_TRUE(run.ok()) << run.status();
    if (!run.ok()) return {};
    for (int steps = 0; steps < 1'000; ++steps) {
      const auto more = ledger.Step(run->id, order);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.value_or(false)) break;
    }
    return ledger.Get(run->id).value_or(RerateRun{});
  }

  std::int64_t Number(const std::string& sql) {
    const auto result = database().Query(sql);
    EXPECT_TRUE(result.ok()) << result.status() << sql;
    return result.ok() ? result->rows.at(0).Int(0) : -1;
  }

  std::map<std::string, Told> Ledger() {
    std::map<std::string, Told> told;
    const auto events = database().Query("SELECT id, cost_nano_usd FROM usage_events");
    const auto lines = database().Query(
        "SELECT event_id, CAST(SUM(cost_nano_usd) AS BIGINT), COUNT(*) FROM usage_corrections "
        "GROUP BY event_id");
    EXPECT_TRUE(events.ok() && lines.ok());
    for (const sql::Row& row : events->rows) told[row.Bytes(0)].cost = row.Int(1);
    for (const sql::Row& row : lines->rows) {
      told[row.Bytes(0)].corrections = row.Int(1);
      told[row.Bytes(0)].lines = row.Int(2);
    }
    return told;
  }

  // What each event is to cost, written out by hand: price by name and date, cost by its formula.
  std::int64_t ExpectedCost(const UsageEvent& event, std::int64_t input_pico_usd) {
    const bool known_account = event.account_id >= 1 && event.account_id <= 3;
    const bool priced = event.served_model == "served-0" || event.served_model == "served-1";
    if (event.usage_source == 0 || !priced || !known_account) return event.cost_nano_usd;
    const bool later = event.started_at_unix_ms >= kTestUnixMs + 2 * kDayMs;
    const std::int64_t price =
        event.served_model == "served-1" && later ? 3 * input_pico_usd : input_pico_usd;
    const TokenCounts& tokens = event.tokens;
    const std::int64_t pico = price * (tokens.input + 5 * tokens.output + tokens.cache_write_5m +
                                       2 * tokens.cache_write_1h) +
                              price / 10 * tokens.cache_read;
    const std::int64_t scaled = pico * event.price.multiplier_ppm;
    return (scaled + 500'000'000) / 1'000'000'000;
  }

  void ExpectCosts(std::int64_t input_pico_usd) {
    std::map<std::string, Told> ledger = Ledger();
    for (const UsageEvent& event : events_) {
      const Told& told = ledger[event.id];
      EXPECT_EQ(told.cost, event.cost_nano_usd) << "an event is never changed";
      EXPECT_EQ(told.cost + told.corrections, ExpectedCost(event, input_pico_usd));
    }
  }

  // Every table of sums, cell by cell, against the rows and their corrections.
  void ExpectSums(const std::string& table, const std::string& time_column, std::int64_t step_ms,
                  const std::string& cost_of_line = "cost_nano_usd") {
    const std::string time = "started_at_unix_ms - started_at_unix_ms % " + std::to_string(step_ms);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM (SELECT " + time +
                     " AS t, key_id, user_id, group_id, account_id, model, SUM(cost_nano_usd + "
                     "COALESCE((SELECT SUM(" +
                     cost_of_line +
                     ") FROM usage_corrections WHERE event_id = e.id), 0)) AS cost, COUNT(*) AS n "
                     "FROM usage_events AS e GROUP BY " +
                     time + ", key_id, user_id, group_id, account_id, model) AS s LEFT JOIN " +
                     table + " AS r ON r." + time_column +
                     " = s.t AND r.key_id = s.key_id AND r.user_id = s.user_id AND r.group_id = "
                     "s.group_id AND r.account_id = s.account_id AND r.model = s.model AND "
                     "r.cost_nano_usd = s.cost AND r.requests = s.n WHERE r.requests IS NULL"),
              0)
        << table;
  }

  void ExpectAllSums() {
    ExpectSums("usage_quarters", "quarter_unix_ms", 900'000);
    ExpectSums("usage_day_sums", "day_unix_ms", kDayMs);
    const std::int64_t whole = Number(
        "SELECT CAST((SELECT SUM(cost_nano_usd) FROM usage_events) + COALESCE((SELECT "
        "SUM(cost_nano_usd) FROM usage_corrections), 0) AS BIGINT)");
    for (const char* source :
         {"usage_part_sums WHERE part = 0", "usage_subject_sums WHERE part = 1",
          "usage_subject_sums WHERE part = 2", "usage_part_sums WHERE part = 3",
          "usage_part_sums WHERE part = 4", "usage_part_sums WHERE part = 5"}) {
      EXPECT_EQ(Number("SELECT CAST(SUM(cost_nano_usd) AS BIGINT) FROM " + std::string(source)),
                whole)
          << source;
    }
  }

  std::int64_t SpentByKeys() {
    return Number(
        "SELECT CAST(SUM(cost_nano_usd) AS BIGINT) FROM usage_days WHERE subject_kind = 1");
  }
  std::int64_t CostOfKeys(bool expected, std::int64_t input_pico_usd) {
    std::int64_t sum = 0;
    for (const UsageEvent& event : events_) {
      if (event.key_id == 0) continue;
      sum += expected ? ExpectedCost(event, input_pico_usd) : event.cost_nano_usd;
    }
    return sum;
  }

  FakeClock clock_{kTestUnixMs + 10 * kDayMs};
  std::vector<UsageEvent> events_;
};

INSTANTIATE_ON_BOTH_DATABASES(RerateLedgerTest);

// A run has a whole list of prices: many runs must not fill the memory of who looks at them.
TEST_P(RerateLedgerTest, OnlyWhoGoesOnWithARunReadsItsOrder) {
  RerateLedger ledger(database(), clock_);
  const auto run = ledger.Start(OrderAt(1'000'000), "order");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->order, "");
  EXPECT_EQ(ledger.Get(run->id)->order, "");
  EXPECT_EQ(ledger.List()->front().order, "");
  EXPECT_EQ(ledger.NextRunning()->order, "order");
  EXPECT_EQ(ledger.NextRunning()->id, run->id);
  ASSERT_TRUE(ledger.Cancel(run->id).ok());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_rerates WHERE LENGTH(order_bytes) > 0"), 0)
      << "nobody goes on with it";
}

// Its correction would be left behind when the request goes.
TEST_P(RerateLedgerTest, WhatRetentionIsAboutToTakeAwayIsNotRated) {
  const std::int64_t kept_from = kTestUnixMs + 2 * kDayMs;
  ASSERT_TRUE(
      database().Execute("UPDATE usage_retention SET kept_from_unix_ms = $1", {kept_from}).ok());
  const RerateRun run = Rerate(OrderAt(2'000'000));
  EXPECT_EQ(run.state, RerateState::kDone);
  const auto kept = std::count_if(events_.begin(), events_.end(), [=](const UsageEvent& event) {
    return event.used_tokens() && event.started_at_unix_ms >= kept_from;
  });
  EXPECT_GT(kept, 0);
  EXPECT_EQ(run.counts.events, kept);
}

// Models beyond the bound are one line, written once a step.
TEST_P(RerateLedgerTest, ManyModelsAreFewLinesAndAddUp) {
  RandomEvents random(31);
  std::vector<UsageEvent> many = random.Many(1'300);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].served_model = "served-" + std::to_string(i);
    many[i].usage_source = 1;
  }
  ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(many)).ok());
  const RerateRun run = Rerate(OrderAt(1'000'000), 500);
  std::int64_t events = 0;
  for (const auto& [model, counts] : run.models) events += counts.events;
  EXPECT_EQ(events, run.counts.events);
  EXPECT_LE(run.models.size(), kRerateModelsMax + 1) << "the others are one";
}

TEST_P(RerateLedgerTest, CorrectsEachRequestOnceAndTheSumsWithIt) {
  const RerateOrder order = OrderAt(1'000'000);
  const RerateRun run = Rerate(order);
  EXPECT_EQ(run.state, RerateState::kDone);
  EXPECT_EQ(run.rated_until_unix_ms, order.filter.to_unix_ms);
  ExpectCosts(1'000'000);
  ExpectAllSums();
  EXPECT_EQ(SpentByKeys(), CostOfKeys(false, 0)) << "budgets are left alone unless asked";

  const auto lines = Number("SELECT COUNT(*) FROM usage_corrections");
  EXPECT_EQ(run.counts.corrected, lines);
  EXPECT_GT(run.counts.unpriced, 0);
  EXPECT_GT(run.counts.unknown_provider, 0);
  const RerateRun again = Rerate(order);
  EXPECT_EQ(again.counts.events, run.counts.events);
  EXPECT_EQ(again.counts.corrected, 0);
  EXPECT_EQ(again.counts.before_nano_usd, run.counts.after_nano_usd);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_corrections"), lines);
  ExpectAllSums();
}

TEST_P(RerateLedgerTest, ANewPriceAddsALineAndTheOldOneTakesItBack) {
  Rerate(OrderAt(1'000'000));
  Rerate(OrderAt(2'000'000));
  ExpectCosts(2'000'000);
  ExpectAllSums();
  Rerate(OrderAt(1'000'000));
  ExpectCosts(1'000'000);
  ExpectAllSums();
  EXPECT_EQ(Number("SELECT MAX(number) FROM usage_corrections"), 3);
}

TEST_P(RerateLedgerTest, ADryRunTellsTheSameAndChangesNothing) {
  RerateOrder order = OrderAt(1'000'000);
  order.dry_run = true;
  const RerateRun dry = Rerate(order);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_corrections"), 0);
  ExpectAllSums();
  order.dry_run = false;
  const RerateRun real = Rerate(order);
  EXPECT_EQ(dry.counts, real.counts);
  EXPECT_EQ(dry.models, real.models);
  ASSERT_EQ(real.models.size(), 3U);
  RerateCounts sum;
  for (const auto& [model, counts] : real.models) {
    sum.events += counts.events;
    sum.before_nano_usd += counts.before_nano_usd;
    sum.after_nano_usd += counts.after_nano_usd;
  }
  EXPECT_EQ(sum.events, real.counts.events);
  EXPECT_EQ(sum.before_nano_usd, real.counts.before_nano_usd);
  EXPECT_EQ(sum.after_nano_usd, real.counts.after_nano_usd);
}

TEST_P(RerateLedgerTest, BudgetsAreChargedWhenAskedAlsoAfterwardsAndOnce) {
  RerateOrder order = OrderAt(1'000'000);
  Rerate(order);
  order.charge_budgets = true;
  Rerate(order);
  EXPECT_EQ(SpentByKeys(), CostOfKeys(true, 1'000'000));
  ExpectAllSums();
  Rerate(order);
  EXPECT_EQ(SpentByKeys(), CostOfKeys(true, 1'000'000));
  Rerate(OrderAt(2'000'000));
  EXPECT_EQ(SpentByKeys(), CostOfKeys(true, 1'000'000));
  ExpectCosts(2'000'000);
}

TEST_P(RerateLedgerTest, WhoeverGoesOnRepeatsNothing) {
  const RerateOrder order = OrderAt(1'000'000);
  RerateLedger first(database(), clock_, 37);
  const auto run = first.Start(order, "the order");
  ASSERT_TRUE(run.ok()) << run.status();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(first.Step(run->id, order).value_or(false));
  const auto database_of_another = Open();
  RerateLedger second(*database_of_another, clock_, 50);
  const auto left = second.NextRunning();
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->id, run->id);
  EXPECT_EQ(left->order, "the order");
  EXPECT_EQ(left->counts.events, 3 * 37);
  EXPECT_GT(left->rated_until_unix_ms, order.filter.from_unix_ms);
  while (second.Step(run->id, order).value_or(false)) {
  }
  ExpectCosts(1'000'000);
  ExpectAllSums();
  EXPECT_EQ(second.NextRunning()->id, 0);
  EXPECT_EQ(Number("SELECT MAX(number) FROM usage_corrections"), 1);
}

TEST_P(RerateLedgerTest, TwoServicesOnOneRunShareIt) {
  const RerateOrder order = OrderAt(1'000'000);
  RerateLedger ledger(database(), clock_, 16);
  const auto run = ledger.Start(order, "");
  ASSERT_TRUE(run.ok()) << run.status();
  const auto other_database = Open();
  RerateLedger other(*other_database, clock_, 16);
  const auto work = [&](RerateLedger& one) {
    for (;;) {
      const auto more = one.Step(run->id, order);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.value_or(false)) return;
    }
  };
  std::thread thread([&] { work(other); });
  work(ledger);
  thread.join();
  ExpectCosts(1'000'000);
  ExpectAllSums();
  const auto done = ledger.Get(run->id);
  EXPECT_EQ(done->counts.corrected, Number("SELECT COUNT(*) FROM usage_corrections"));
  EXPECT_EQ(done->counts.events,
            Number("SELECT COUNT(*) FROM usage_events WHERE usage_source <> 0"));
}

TEST_P(RerateLedgerTest, ACancelledRunStopsAndKeepsWhatItDid) {
  const RerateOrder order = OrderAt(1'000'000);
  RerateLedger ledger(database(), clock_, 100);
  const auto run = ledger.Start(order, "");
  ASSERT_TRUE(ledger.Step(run->id, order).value_or(false));
  const std::int64_t lines = Number("SELECT COUNT(*) FROM usage_corrections");
  EXPECT_EQ(ledger.Cancel(run->id)->state, RerateState::kCancelled);
  EXPECT_FALSE(ledger.Step(run->id, order).value_or(true));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_corrections"), lines);
  ExpectAllSums();
  EXPECT_TRUE(absl::IsNotFound(ledger.Cancel(run->id + 1).status()));
  ASSERT_TRUE(ledger.Fail(run->id, "too late").ok());
  EXPECT_EQ(ledger.Get(run->id)->state, RerateState::kCancelled);
}

TEST_P(RerateLedgerTest, TheFilterAndTheRangeBound) {
  RerateOrder order = OrderAt(1'000'000);
  order.filter.from_unix_ms = kTestUnixMs + kDayMs;
  order.filter.to_unix_ms = kTestUnixMs + 2 * kDayMs;
  order.filter.served_models = {"served-0"};
  Rerate(order);
  std::map<std::string, Told> ledger = Ledger();
  std::int64_t corrected = 0;
  for (const UsageEvent& event : events_) {
    const bool within = event.started_at_unix_ms >= order.filter.from_unix_ms &&
                        event.started_at_unix_ms < order.filter.to_unix_ms &&
                        event.served_model == "served-0";
    const std::int64_t expected = within ? ExpectedCost(event, 1'000'000) : event.cost_nano_usd;
    EXPECT_EQ(ledger[event.id].cost + ledger[event.id].corrections, expected);
    corrected += ledger[event.id].lines;
  }
  EXPECT_GT(corrected, 0);
  RerateLedger runs(database(), clock_);
  EXPECT_TRUE(absl::IsInvalidArgument(runs.Start({}, "").status()));
  EXPECT_EQ(runs.List()->size(), 1U);
}

TEST_P(RerateLedgerTest, AnswersTellTheCorrectedCost) {
  Rerate(OrderAt(1'000'000));
  Rerate(OrderAt(2'000'000));
  UsageQuery query(database());
  const auto page = query.List({.limit = 200});
  ASSERT_TRUE(page.ok()) << page.status();
  for (const UsageEvent& event : page->events) {
    EXPECT_EQ(event.cost_nano_usd + event.corrections_nano_usd, ExpectedCost(event, 2'000'000));
  }
  std::int64_t exported = 0;
  ASSERT_TRUE(query
                  .Export({},
                          [&](const ListAnswer& piece) {
                            for (const UsageEvent& event : piece.events) {
                              exported += event.cost_nano_usd + event.corrections_nano_usd;
                            }
                            return true;
                          })
                  .ok());
  std::int64_t expected = 0;
  for (const UsageEvent& event : events_) expected += ExpectedCost(event, 2'000'000);
  EXPECT_EQ(exported, expected);
  const auto corrected =
      std::find_if(page->events.begin(), page->events.end(),
                   [](const UsageEvent& event) { return event.corrections_nano_usd != 0; });
  ASSERT_NE(corrected, page->events.end());
  const auto one = query.Get(corrected->id);
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_EQ(one->corrections.size(), 2U);
  EXPECT_EQ(one->corrections[1].number, 2);
  EXPECT_EQ(one->corrections[1].rerate_id, 2);
  EXPECT_EQ(one->corrections[1].made_at_unix_ms, clock_.NowUnixMs());
  EXPECT_EQ(one->corrections[1].price.multiplier_ppm, corrected->price.multiplier_ppm);
  EXPECT_EQ(one->corrections_nano_usd, corrected->corrections_nano_usd);
}

TEST_P(RerateLedgerTest, CorrectionsGoWithTheirRequests) {
  PartitionKeeper keeper(database(), clock_, 2);
  ASSERT_TRUE(keeper.SortDefault(100).ok());
  Rerate(OrderAt(1'000'000));
  Retention retention(database(), keeper, clock_, {});
  const std::int64_t before = kTestUnixMs + 2 * kDayMs;
  ASSERT_TRUE(retention.DeleteEventsBefore(before, [] { return false; }).ok());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_corrections WHERE event_id NOT IN (SELECT id FROM "
                   "usage_events)"),
            0);
  EXPECT_GT(Number("SELECT COUNT(*) FROM usage_corrections"), 0);
}

TEST_P(RerateLedgerTest, ALedgerOfBeforeGetsTheSamePartitions) {
  const auto fresh = weir::testing::DatabaseTest::Open();
  if (GetParam() == sql::SqlDialect::kSqlite) GTEST_SKIP() << "there are no partitions";
  ASSERT_TRUE(fresh->Execute("DROP SCHEMA public CASCADE").ok());
  ASSERT_TRUE(fresh->Execute("CREATE SCHEMA public").ok());
  std::vector<sql::Migration> before = LedgerMigrations();
  std::erase_if(before, [](const sql::Migration& one) { return one.number >= 11; });
  ASSERT_TRUE(sql::Migrate(*fresh, "usage", before).ok());
  for (const char* suffix : {"20260101", "20260102"}) {
    const std::string day(suffix);
    const std::int64_t begin =
        PartitionFromName("usage_events", "usage_events_" + day)->span.begin_unix_ms;
    for (const char* table : {"usage_events", "usage_attempts"}) {
      ASSERT_TRUE(fresh
                      ->Execute("CREATE TABLE " + DayPartitionName(table, begin) +
                                " PARTITION OF " + table + " FOR VALUES FROM (" +
                                LeastIdSql(begin) + ") TO (" + LeastIdSql(begin + kDayMs) + ")")
                      .ok());
    }
  }
  const absl::Status migrated = MigrateLedger(*fresh);
  ASSERT_TRUE(migrated.ok()) << migrated;
  const auto days = [&](std::string_view table) {
    std::vector<std::int64_t> begins;
    const absl::Status read = fresh->Read([&](sql::Transaction& transaction) {
      const auto partitions = ReadDayPartitions(transaction, table);
      for (const DayPartition& one : *partitions) begins.push_back(one.span.begin_unix_ms);
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return begins;
  };
  EXPECT_EQ(days("usage_corrections").size(), 2U);
  EXPECT_EQ(days("usage_corrections"), days("usage_events"));
  PartitionKeeper keeper(*fresh, clock_, 1);
  ASSERT_TRUE(keeper.MakeAhead().ok());
  EXPECT_EQ(days("usage_corrections"), days("usage_events"));
}

}  // namespace
}  // namespace weir::usage

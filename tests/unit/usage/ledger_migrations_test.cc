// A ledger of any schema that there has been, with a request in it, brought up to date.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/event_columns.h"
#include "services/usage/retried_backfill.h"
#include "services/usage/rollups.h"
#include "services/usage/schema.h"
#include "services/usage/sum_rebuild.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_query.h"
#include "services/usage/usage_reports.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

class LedgerMigrationsTest : public weir::testing::DatabaseTest {};

INSTANTIATE_ON_BOTH_DATABASES(LedgerMigrationsTest);

// Into the columns that the first schema had; later ones have defaults.
void InsertAsAtFirst(sql::Database& database, const UsageEvent& event) {
  constexpr std::string_view kLater[] = {"cache_hit", "session", "retried"};
  std::vector<std::string_view> columns;
  std::vector<sql::Value> row;
  const std::vector<sql::Value> values = EventValues(event);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string_view column = EventColumns()[i];
    if (std::find(std::begin(kLater), std::end(kLater), column) != std::end(kLater)) continue;
    columns.push_back(column);
    row.push_back(values[i]);
  }
  const absl::Status stored = database.Transact([&](sql::Transaction& transaction) {
    return transaction.InsertMany("usage_events", columns, {row});
  });
  ASSERT_TRUE(stored.ok()) << stored;
  for (std::size_t i = 0; i < event.attempts.size(); ++i) {
    const Attempt& attempt = event.attempts[i];
    const auto tried = database.Execute(
        "INSERT INTO usage_attempts (event_id, number, account_id, http_status, error_class, "
        "started_at_unix_ms, duration_ms) VALUES ($1, $2, $3, $4, '', 0, 0)",
        {sql::Blob{event.id}, static_cast<std::int64_t>(i + 1), attempt.account_id,
         attempt.http_status});
    ASSERT_TRUE(tried.ok()) << tried.status();
  }
}

void SumAsAtFirst(sql::Database& database, const UsageEvent& event) {
  const auto summed = database.Execute(
      "INSERT INTO usage_quarters (quarter_unix_ms, key_id, user_id, group_id, account_id, model, "
      "requests, errors, estimated_requests, input_tokens, cache_read_tokens, "
      "cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, "
      "cost_nano_usd) VALUES ($1, 5, 3, 7, 9, 'claude-x', 1, 0, 0, 1000, 0, 0, 0, 100, 40, $2)",
      {event.started_at_unix_ms - event.started_at_unix_ms % 900'000, event.cost_nano_usd});
  ASSERT_TRUE(summed.ok()) << summed.status();
}

std::size_t Retried(sql::Database& database) {
  const auto retried = UsageQuery(database).List({.filter = {.retried = true}});
  EXPECT_TRUE(retried.ok()) << retried.status();
  return retried.ok() ? retried->events.size() : 0;
}

// A start that is killed in the middle of millions of rows must not begin anew.
TEST_P(LedgerMigrationsTest, RetriedRequestsAreMarkedPieceByPiece) {
  ASSERT_TRUE(sql::Migrate(database(), "usage", LedgerMigrations()).ok());
  for (int i = 0; i < 5; ++i) {
    UsageEvent event = MakeEvent();
    event.attempts = {{.account_id = 1, .http_status = i % 2 == 0 ? 529 : 200}};
    if (i % 2 == 0) event.attempts.push_back({.account_id = 9, .http_status = 200});
    ASSERT_NO_FATAL_FAILURE(InsertAsAtFirst(database(), event));
  }
  for (const std::size_t marked : {2U, 3U}) {
    const auto more = MarkSomeRetried(database(), 2);
    ASSERT_TRUE(more.ok()) << more.status();
    EXPECT_TRUE(*more);
    EXPECT_EQ(Retried(database()), marked);
  }
  for (int again = 0; again < 2; ++again) EXPECT_FALSE(*MarkSomeRetried(database(), 2));
  EXPECT_EQ(Retried(database()), 3U);
  EXPECT_TRUE(MigrateLedger(database()).ok());
}

TEST_P(LedgerMigrationsTest, EachSchemaThatThereWasIsBroughtUpToDateWithWhatIsInIt) {
  const std::vector<sql::Migration>& all = LedgerMigrations();
  for (std::size_t count = 1; count <= all.size(); ++count) {
    SCOPED_TRACE(all[count - 1].number);
    const auto database = Another();
    ASSERT_NE(database, nullptr);
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
    const absl::Status before = sql::Migrate(*database, "usage", {all.begin(), end});
    ASSERT_TRUE(before.ok()) << before;
    UsageEvent event = MakeEvent();
    event.attempts = {{.account_id = 1, .http_status = 529}, {.account_id = 9, .http_status = 200}};
    ASSERT_NO_FATAL_FAILURE(InsertAsAtFirst(*database, event));
    ASSERT_NO_FATAL_FAILURE(SumAsAtFirst(*database, event));
    for (int start = 0; start < 2; ++start) {
      const absl::Status migrated = MigrateLedger(*database);
      ASSERT_TRUE(migrated.ok()) << migrated;
    }
    EXPECT_EQ(*UsageQuery(*database).Get(event.id), event);
    EXPECT_EQ(Retried(*database), 1U) << "its attempts were there";
    const auto again = UsageLedger(*database).Insert({&event});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->front(), Stored::kDuplicate) << "what was stored before is still known";
    // Sums that a later schema brought are made of the quarter-hours.
    ASSERT_TRUE(RebuildSums(*database).ok());
    const auto summary = UsageReports(*database).Summarize({});
    ASSERT_TRUE(summary.ok()) << summary.status();
    EXPECT_EQ(summary->totals.requests, 1);
    EXPECT_EQ(summary->totals.cost_nano_usd, event.cost_nano_usd);
  }
}

}  // namespace
}  // namespace weir::usage

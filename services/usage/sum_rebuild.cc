#include "services/usage/sum_rebuild.h"

#include <string>
#include <string_view>
#include <vector>

#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/usage/retention.h"
#include "services/usage/schema.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;

constexpr std::string_view kSums[] = {"requests",
                                      "errors",
                                      "estimated_requests",
                                      "cache_hits",
                                      "input_tokens",
                                      "cache_read_tokens",
                                      "cache_write_5m_tokens",
                                      "cache_write_1h_tokens",
                                      "output_tokens",
                                      "reasoning_tokens",
                                      "cost_nano_usd"};

constexpr std::string_view kClears[] = {
    "DELETE FROM usage_day_sums WHERE day_unix_ms >= $1 AND day_unix_ms < $2",
    "DELETE FROM usage_part_sums WHERE part IN (0, 3, 4, 5) AND quarter_unix_ms >= $1 AND "
    "quarter_unix_ms < $2",
    "DELETE FROM usage_subject_sums WHERE part IN (1, 2) AND quarter_unix_ms >= $1 AND "
    "quarter_unix_ms < $2"};

// How rows of quarter-hours become rows of another table. The numbers are SumPart's.
struct SumRule {
  std::string_view table;
  std::string_view keys;      // its columns that tell rows apart
  std::string_view values;    // what they are, of a quarter-hour
  std::string_view group_by;  // those of them that differ
};

constexpr SumRule kRules[] = {
    {"usage_day_sums", "day_unix_ms, key_id, user_id, group_id, account_id, model",
     "quarter_unix_ms - quarter_unix_ms % 86400000, key_id, user_id, group_id, account_id, model",
     "1, key_id, user_id, group_id, account_id, model"},
    {"usage_part_sums", "part, quarter_unix_ms, group_id, account_id, model",
     "0, quarter_unix_ms, 0, 0, ''", "quarter_unix_ms"},
    {"usage_part_sums", "part, quarter_unix_ms, group_id, account_id, model",
     "3, quarter_unix_ms, group_id, 0, ''", "quarter_unix_ms, group_id"},
    {"usage_part_sums", "part, quarter_unix_ms, group_id, account_id, model",
     "4, quarter_unix_ms, 0, account_id, ''", "quarter_unix_ms, account_id"},
    {"usage_part_sums", "part, quarter_unix_ms, group_id, account_id, model",
     "5, quarter_unix_ms, 0, 0, model", "quarter_unix_ms, model"},
    {"usage_subject_sums", "part, key_id, user_id, quarter_unix_ms",
     "1, key_id, 0, quarter_unix_ms", "quarter_unix_ms, key_id"},
    {"usage_subject_sums", "part, key_id, user_id, quarter_unix_ms",
     "2, 0, user_id, quarter_unix_ms", "quarter_unix_ms, user_id"},
};

std::string FillSql(const SumRule& rule) {
  std::string columns(rule.keys);
  std::string values(rule.values);
  for (const std::string_view sum : kSums) {
    StrAppend(columns, ", ", sum);
    StrAppend(values, ", CAST(SUM(", sum, ") AS BIGINT)");
  }
  return StrCat("INSERT INTO ", rule.table, " (", columns, ") SELECT ", values,
                " FROM usage_quarters WHERE quarter_unix_ms >= $1 AND quarter_unix_ms < $2 "
                "GROUP BY ",
                rule.group_by);
}

absl::Status RebuildDay(Transaction& transaction, std::int64_t day_unix_ms) {
  if (absl::Status held = HoldLedgerSchema(transaction); !held.ok()) return held;
  if (absl::Status alone = KeepWritersOut(transaction); !alone.ok()) return alone;
  const std::vector<sql::Value> day = {day_unix_ms, day_unix_ms + kDayMs};
  for (const std::string_view sql : kClears) {
    absl::StatusOr<Result> cleared = transaction.Execute(sql, day);
    if (!cleared.ok()) return cleared.status();
  }
  for (const SumRule& rule : kRules) {
    absl::StatusOr<Result> filled = transaction.Execute(FillSql(rule), day);
    if (!filled.ok()) return filled.status();
  }
  return absl::OkStatus();
}

// The UTC day of the first quarter-hour from there on; -1 = there is none.
absl::StatusOr<std::int64_t> NextDay(sql::Database& database, std::int64_t from_unix_ms) {
  absl::StatusOr<Result> next = database.Query(
      "SELECT COALESCE(MIN(quarter_unix_ms), -1) FROM usage_quarters WHERE quarter_unix_ms >= $1",
      {from_unix_ms});
  if (!next.ok()) return next.status();
  const std::int64_t quarter_unix_ms = next->rows.at(0).Int(0);
  return quarter_unix_ms < 0 ? -1 : DayOf(quarter_unix_ms).begin_unix_ms;
}

}  // namespace

absl::StatusOr<std::int64_t> RebuildSums(sql::Database& database) {
  std::int64_t days = 0;
  for (std::int64_t from_unix_ms = 0;; ++days) {
    absl::StatusOr<std::int64_t> day = NextDay(database, from_unix_ms);
    if (!day.ok()) return day.status();
    if (*day < 0) return days;
    absl::Status rebuilt =
        database.Transact([&](Transaction& transaction) { return RebuildDay(transaction, *day); });
    if (!rebuilt.ok()) return rebuilt;
    from_unix_ms = *day + kDayMs;
  }
}

}  // namespace weir::usage

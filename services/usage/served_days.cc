#include "services/usage/served_days.h"

#include <cstddef>
#include <map>
#include <string>
#include <tuple>

#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/usage/event_filter.h"

namespace weir::usage {
namespace {

constexpr std::string_view kSelect = R"(
  SELECT started_at_unix_ms - started_at_unix_ms % 86400000 AS day, served_model, account_id,
    COUNT(*), CAST(SUM(input_tokens) AS BIGINT), CAST(SUM(cache_read_tokens) AS BIGINT),
    CAST(SUM(cache_write_5m_tokens) AS BIGINT), CAST(SUM(cache_write_1h_tokens) AS BIGINT),
    CAST(SUM(output_tokens) AS BIGINT), CAST(SUM(reasoning_tokens) AS BIGINT),
    CAST(SUM(cost_nano_usd) AS BIGINT)
  FROM usage_events )";

ServedDay FromRow(const sql::Row& row) {
  ServedDay day;
  std::size_t column = 0;
  day.day_unix_ms = row.Int(column++);
  day.served_model = row.Text(column++);
  for (std::int64_t* value :
       {&day.account_id, &day.requests, &day.tokens.input, &day.tokens.cache_read,
        &day.tokens.cache_write_5m, &day.tokens.cache_write_1h, &day.tokens.output,
        &day.tokens.reasoning, &day.cost_nano_usd}) {
    *value = row.Int(column++);
  }
  return day;
}

// What rating requests again has added, to the days of the same question.
absl::Status AddCorrections(sql::Database& database, const WhereBuilder& where,
                            std::vector<ServedDay>& days) {
  absl::StatusOr<sql::Result> result = database.Query(
      StrCat("SELECT started_at_unix_ms - started_at_unix_ms % 86400000 AS day, served_model, "
             "account_id, CAST(SUM(c.cost_nano_usd) AS BIGINT) FROM usage_corrections AS c JOIN "
             "usage_events ON id = event_id ",
             where.Clause(), " GROUP BY 1, served_model, account_id"),
      where.parameters());
  if (!result.ok()) return result.status();
  std::map<std::tuple<std::int64_t, std::string, std::int64_t>, std::int64_t> added;
  for (const sql::Row& row : result->rows) {
    added[{row.Int(0), row.Text(1), row.Int(2)}] = row.Int(3);
  }
  for (ServedDay& day : days) {
    const auto found = added.find({day.day_unix_ms, day.served_model, day.account_id});
    if (found != added.end()) day.cost_nano_usd += found->second;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ServedDay>> ReadServedDays(sql::Database& database,
                                                      const ServedDaysQuestion& question) {
  const std::int64_t from = question.from_unix_ms;
  const std::int64_t to = question.to_unix_ms;
  if (from < 0 || to <= from || from % kDayMs != 0 || to % kDayMs != 0 ||
      (to - from) / kDayMs > kServedDaysMax) {
    return absl::InvalidArgumentError(
        StrCat("from and to must be whole UTC days, at most ", kServedDaysMax, " of them"));
  }
  WhereBuilder where;
  AddEventConditions({.from_unix_ms = from, .to_unix_ms = to, .account_ids = question.account_ids},
                     database.dialect(), where);
  where.And("account_id <> 0 AND usage_source <> 0");
  absl::StatusOr<sql::Result> result = database.Query(
      StrCat(kSelect, where.Clause(), " GROUP BY 1, served_model, account_id ORDER BY 1, 2, 3"),
      where.parameters());
  if (!result.ok()) return result.status();
  std::vector<ServedDay> days;
  days.reserve(result->rows.size());
  for (const sql::Row& row : result->rows) days.push_back(FromRow(row));
  if (absl::Status added = AddCorrections(database, where, days); !added.ok()) return added;
  return days;
}

}  // namespace weir::usage

#include "services/usage/event_count.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libs/common/text.h"
#include "services/usage/rollups.h"
#include "services/usage/sum_model.h"
#include "services/usage/sum_source.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;

absl::StatusOr<std::int64_t> Number(Transaction& transaction, const std::string& sql,
                                    const WhereBuilder& where) {
  absl::StatusOr<Result> result = transaction.Execute(sql, where.parameters());
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Int(0);
}

absl::StatusOr<std::int64_t> CountRows(Transaction& transaction, const EventFilter& filter) {
  WhereBuilder where;
  AddEventConditions(filter, transaction.dialect(), where);
  return Number(transaction, StrCat("SELECT COUNT(*) FROM usage_events ", where.Clause()), where);
}

absl::StatusOr<std::int64_t> SumQuarters(Transaction& transaction, const EventFilter& filter) {
  WhereBuilder where;
  const std::string source = SummarySource(filter, {}, where);
  return Number(transaction,
                StrCat("SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM ", source), where);
}

EventFilter Within(EventFilter filter, std::int64_t from_unix_ms, std::int64_t to_unix_ms) {
  filter.from_unix_ms = from_unix_ms;
  filter.to_unix_ms = to_unix_ms;
  return filter;
}

absl::StatusOr<EventCount> CountSome(Transaction& transaction, const EventFilter& filter,
                                     std::string_view forced_index = "") {
  WhereBuilder where;
  AddEventConditions(filter, transaction.dialect(), where);
  const std::string limit = where.Parameter(kCountedRowsMax + 1);
  absl::StatusOr<std::int64_t> count =
      Number(transaction,
             StrCat("SELECT COUNT(*) FROM (SELECT 1 FROM usage_events ", forced_index, " ",
                    where.Clause(), " LIMIT ", limit, ") AS counted"),
             where);
  if (!count.ok()) return count.status();
  return EventCount{std::min(*count, kCountedRowsMax), *count > kCountedRowsMax};
}

// Whole quarter-hours out of sums, the rest row by row.
absl::StatusOr<EventCount> CountBySums(Transaction& transaction, const EventFilter& filter) {
  const std::int64_t from = filter.from_unix_ms;
  const std::int64_t to = filter.to_unix_ms;
  const std::int64_t first_quarter = from + (kQuarterMs - from % kQuarterMs) % kQuarterMs;
  const std::int64_t last_quarter = to - to % kQuarterMs;
  const bool has_quarters = to == 0 || first_quarter < last_quarter;
  std::vector<std::pair<std::int64_t, std::int64_t>> edges = {{from, to}};
  EventCount count;
  if (has_quarters) {
    edges = {{from, first_quarter}, {last_quarter, to}};
    const EventFilter whole = Within(filter, first_quarter, last_quarter);
    absl::StatusOr<std::int64_t> sum = SumQuarters(transaction, whole);
    if (!sum.ok()) return sum.status();
    absl::StatusOr<EventCount> unknown = CountUnknownModels(transaction, whole);
    if (!unknown.ok()) return unknown.status();
    count = {*sum + unknown->events, unknown->at_least};
  }
  for (const auto& [begin, end] : edges) {
    if (begin == end) continue;
    absl::StatusOr<std::int64_t> rows = CountRows(transaction, Within(filter, begin, end));
    if (!rows.ok()) return rows.status();
    count.events += *rows;
  }
  return count;
}

}  // namespace

absl::StatusOr<EventCount> CountUnknownModels(Transaction& transaction, EventFilter filter) {
  constexpr std::int64_t kNoAccount = 0;
  const std::vector<std::int64_t>& accounts = filter.account_ids;
  const bool other_accounts = !accounts.empty() && std::find(accounts.begin(), accounts.end(),
                                                             kNoAccount) == accounts.end();
  if (filter.models.empty() || NamesUnknownModel(filter) || other_accounts) return EventCount{};
  filter.account_ids = {kNoAccount};
  filter.error_classes = UnknownModelClasses();
  return CountSome(transaction, filter);
}

absl::StatusOr<EventCount> CountEvents(Transaction& transaction, const EventFilter& filter,
                                       std::string_view forced_index) {
  if (HasLogConditions(filter)) return CountSome(transaction, filter, forced_index);
  absl::StatusOr<Result> kept =
      transaction.Execute("SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
  if (!kept.ok()) return kept.status();
  const std::int64_t kept_from = kept->rows.empty() ? 0 : kept->rows[0].Int(0);
  return CountBySums(transaction,
                     Within(filter, std::max(filter.from_unix_ms, kept_from), filter.to_unix_ms));
}

}  // namespace weir::usage

#include "services/usage/usage_stats.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "libs/common/text.h"
#include "services/usage/event_count.h"
#include "services/usage/sum_source.h"
#include "services/usage/tally.h"
#include "services/usage/tally_ledger.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Row;
using sql::Transaction;

// At least as many as match: roll-ups know the range to the quarter-hour, and not all conditions.
absl::StatusOr<std::int64_t> RequestsAtMost(Transaction& transaction, const EventFilter& filter) {
  WhereBuilder where;
  const std::string source = SummarySource(filter, {}, where);
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM ", source),
                          where.parameters());
  if (!result.ok()) return result.status();
  absl::StatusOr<EventCount> unknown = CountUnknownModels(transaction, filter);
  if (!unknown.ok()) return unknown.status();
  return result->rows.at(0).Int(0) + unknown->events;
}

absl::StatusOr<Counts> CountsBy(Transaction& transaction, const EventFilter& filter,
                                std::string_view column) {
  WhereBuilder where;
  AddEventConditions(filter, transaction.dialect(), where);
  where.And(StrCat("failed = 0 AND cache_hit = 0 AND ", column, " >= 0"));
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT ", column, ", COUNT(*) FROM usage_events ", where.Clause(),
                                 " GROUP BY ", column),
                          where.parameters());
  if (!result.ok()) return result.status();
  Counts counts;
  for (const Row& row : result->rows) counts[row.Int(0)] = row.Int(1);
  return counts;
}

using Classes = std::map<std::string, std::int64_t>;

void SetEndings(const Counts& statuses, const Classes& classes, StatsAnswer& answer) {
  answer.statuses.assign(statuses.begin(), statuses.end());
  answer.error_classes.assign(classes.begin(), classes.end());
  std::stable_sort(answer.error_classes.begin(), answer.error_classes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

absl::Status ReadEndings(Transaction& transaction, const EventFilter& filter, StatsAnswer& answer) {
  WhereBuilder where;
  AddEventConditions(filter, transaction.dialect(), where);
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT status, error_class, cache_hit, COUNT(*) FROM usage_events ", where.Clause(),
             " GROUP BY status, error_class, cache_hit"),
      where.parameters());
  if (!result.ok()) return result.status();
  Counts statuses;
  Classes classes;
  for (const Row& row : result->rows) {
    const std::int64_t count = row.Int(3);
    answer.requests += count;
    if (row.Int(2) != 0) answer.cache_hits += count;
    statuses[row.Int(0)] += count;
    if (!row.Text(1).empty()) classes[row.Text(1)] += count;
  }
  SetEndings(statuses, classes, answer);
  return absl::OkStatus();
}

absl::Status FromRows(Transaction& transaction, const EventFilter& filter, StatsAnswer& answer) {
  if (absl::Status read = ReadEndings(transaction, filter, answer); !read.ok()) return read;
  absl::StatusOr<Counts> latency = CountsBy(transaction, filter, "latency_ms");
  if (!latency.ok()) return latency.status();
  absl::StatusOr<Counts> first_token = CountsBy(transaction, filter, "first_token_ms");
  if (!first_token.ok()) return first_token.status();
  answer.latency = PercentilesOf(*latency);
  answer.first_token = PercentilesOf(*first_token);
  return absl::OkStatus();
}

// The first number of the first row; 0 when there is none.
absl::StatusOr<std::int64_t> Number(Transaction& transaction, std::string_view sql) {
  absl::StatusOr<Result> result = transaction.Execute(sql);
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Int(0);
}

absl::Status FromTallies(Transaction& transaction, const EventFilter& filter, StatsAnswer& answer) {
  absl::StatusOr<std::int64_t> first_hour =
      Number(transaction, "SELECT COALESCE(MIN(hour_unix_ms), 0) FROM usage_tallies");
  if (!first_hour.ok()) return first_hour.status();
  if (filter.from_unix_ms < *first_hour) answer.since_unix_ms = *first_hour;
  absl::StatusOr<Tally> tally = SumTallies(transaction, filter);
  if (!tally.ok()) return tally.status();
  answer.exact = false;
  answer.requests = tally->requests;
  answer.cache_hits = tally->cache_hits;
  answer.latency = PercentilesOfBuckets(tally->latency_buckets);
  answer.first_token = PercentilesOfBuckets(tally->first_token_buckets);
  SetEndings(tally->statuses, tally->error_classes, answer);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StatsAnswer> UsageStats::Stats(const EventFilter& filter) {
  StatsAnswer answer;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    answer = StatsAnswer{};
    absl::StatusOr<std::int64_t> requests = RequestsAtMost(transaction, filter);
    if (!requests.ok()) return requests.status();
    absl::StatusOr<std::int64_t> kept_from =
        Number(transaction, "SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
    if (!kept_from.ok()) return kept_from.status();
    // Tallies outlive the requests that they were made of.
    const bool all_kept = filter.from_unix_ms >= *kept_from;
    if (TalliesAnswer(filter) && (!all_kept || *requests > kExactRequestsMax)) {
      return FromTallies(transaction, filter, answer);
    }
    if (!all_kept) {
      answer.exact = false;
      answer.since_unix_ms = *kept_from;
    }
    if (*requests <= kRowRequestsMax) return FromRows(transaction, filter, answer);
    return absl::InvalidArgumentError(StrCat(
        "over more than ", kRowRequestsMax,
        " requests statistics go by the range, and accounts or models; take a shorter range"));
  });
  if (!status.ok()) return status;
  return answer;
}

}  // namespace weir::usage

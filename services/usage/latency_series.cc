#include "services/usage/latency_series.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "libs/common/text.h"
#include "services/usage/series_spans.h"
#include "services/usage/sum_source.h"
#include "services/usage/tally.h"
#include "services/usage/tally_ledger.h"
#include "services/usage/usage_stats.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Row;
using sql::Transaction;

// Answers by ms.
struct Spread {
  Counts latency;
  Counts first_token;
};
using Spreads = std::map<std::int64_t, Spread>;  // by bucket

EventFilter Within(EventFilter filter, std::int64_t from_unix_ms, std::int64_t to_unix_ms) {
  filter.from_unix_ms = from_unix_ms;
  filter.to_unix_ms = to_unix_ms;
  return filter;
}

// The first number of the first row; 0 when there is none.
absl::StatusOr<std::int64_t> Number(Transaction& transaction, std::string_view sql) {
  absl::StatusOr<Result> result = transaction.Execute(sql);
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Int(0);
}

// How many rows are read to find those that match, at most: indexes know the range by itself, and
// within it keys, users and accounts.
absl::StatusOr<std::int64_t> RowsRead(Transaction& transaction, const EventFilter& filter) {
  EventFilter indexed = Within({}, filter.from_unix_ms, filter.to_unix_ms);
  if (!filter.key_ids.empty()) {
    indexed.key_ids = filter.key_ids;
  } else if (!filter.user_ids.empty()) {
    indexed.user_ids = filter.user_ids;
  } else {
    indexed.account_ids = filter.account_ids;
  }
  WhereBuilder where;
  const std::string source = SummarySource(indexed, {}, where);
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM ", source),
                          where.parameters());
  if (!result.ok()) return result.status();
  return result->rows.at(0).Int(0);
}

absl::Status CountRows(Transaction& transaction, const SeriesSpan& span, const EventFilter& filter,
                       std::string_view column, Counts Spread::*counts, Spreads& spreads) {
  WhereBuilder where;
  const std::string begin = where.Parameter(span.begin_unix_ms);
  const std::string step = where.Parameter(span.step_ms);
  AddEventConditions(Within(filter, span.begin_unix_ms, span.end_unix_ms()), transaction.dialect(),
                     where);
  where.And(StrCat("failed = 0 AND cache_hit = 0 AND ", column, " >= 0"));
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT (started_at_unix_ms - CAST(", begin,
                                 " AS BIGINT)) / CAST(", step, " AS BIGINT) AS bucket, ", column,
                                 ", COUNT(*) FROM usage_events ", where.Clause(), " GROUP BY 1, 2"),
                          where.parameters());
  if (!result.ok()) return result.status();
  for (const Row& row : result->rows) {
    (spreads[span.first_bucket + row.Int(0)].*counts)[row.Int(1)] += row.Int(2);
  }
  return absl::OkStatus();
}

absl::Status FromRows(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                      const EventFilter& filter, Spreads& spreads) {
  for (const SeriesSpan& span : spans) {
    absl::Status counted =
        CountRows(transaction, span, filter, "latency_ms", &Spread::latency, spreads);
    if (!counted.ok()) return counted;
    counted = CountRows(transaction, span, filter, "first_token_ms", &Spread::first_token, spreads);
    if (!counted.ok()) return counted;
  }
  return absl::OkStatus();
}

std::vector<std::int64_t> BeginningsOf(const std::vector<SeriesSpan>& spans) {
  std::vector<std::int64_t> beginnings;
  for (const SeriesSpan& span : spans) {
    beginnings.reserve(beginnings.size() + static_cast<std::size_t>(span.count));
    for (std::int64_t i = 0; i < span.count; ++i) {
      beginnings.push_back(span.begin_unix_ms + i * span.step_ms);
    }
  }
  return beginnings;
}

void AddMiddles(const Counts& buckets, Counts& by_ms) {
  for (const auto& [bucket, count] : buckets) by_ms[MiddleOf(bucket)] += count;
}

absl::Status FromTallies(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                         const EventFilter& filter, Spreads& spreads) {
  const std::vector<std::int64_t> beginnings = BeginningsOf(spans);
  return VisitTallies(transaction, filter, [&](std::int64_t hour_unix_ms, const Tally& tally) {
    const auto next = std::upper_bound(beginnings.begin() + 1, beginnings.end(), hour_unix_ms);
    Spread& spread = spreads[next - beginnings.begin() - 1];
    AddMiddles(tally.latency_buckets, spread.latency);
    AddMiddles(tally.first_token_buckets, spread.first_token);
  });
}

void Add(const Counts& counts, Counts& sum) {
  for (const auto& [ms, count] : counts) sum[ms] += count;
}

void SetAnswer(const Spreads& spreads, LatencySeriesAnswer& answer) {
  Spread all;
  for (const auto& [bucket, spread] : spreads) {
    const BucketLatency row{.bucket = bucket,
                            .latency = PercentilesOf(spread.latency),
                            .first_token = PercentilesOf(spread.first_token)};
    if (row.latency.measured == 0 && row.first_token.measured == 0) continue;
    answer.rows.push_back(row);
    Add(spread.latency, all.latency);
    Add(spread.first_token, all.first_token);
  }
  answer.total.latency = PercentilesOf(all.latency);
  answer.total.first_token = PercentilesOf(all.first_token);
  answer.bars = BarsOf(all.latency, all.first_token);
}

absl::Status ReadAnswer(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                        const EventFilter& filter, LatencySeriesAnswer& answer) {
  absl::StatusOr<std::int64_t> rows = RowsRead(transaction, filter);
  if (!rows.ok()) return rows.status();
  absl::StatusOr<std::int64_t> kept_from =
      Number(transaction, "SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
  if (!kept_from.ok()) return kept_from.status();
  // Tallies outlive the requests that they were made of.
  const bool all_kept = filter.from_unix_ms >= *kept_from;
  answer.exact = all_kept && *rows <= kExactRequestsMax;
  Spreads spreads;
  if (!answer.exact && TalliesAnswer(filter)) {
    absl::StatusOr<std::int64_t> first_hour =
        Number(transaction, "SELECT COALESCE(MIN(hour_unix_ms), 0) FROM usage_tallies");
    if (!first_hour.ok()) return first_hour.status();
    if (filter.from_unix_ms < *first_hour) answer.since_unix_ms = *first_hour;
    absl::Status read = FromTallies(transaction, spans, filter, spreads);
    if (!read.ok()) return read;
  } else if (*rows <= kRowRequestsMax) {
    if (!all_kept) answer.since_unix_ms = *kept_from;
    answer.exact = all_kept;
    if (absl::Status read = FromRows(transaction, spans, filter, spreads); !read.ok()) return read;
  } else {
    return absl::InvalidArgumentError(StrCat(
        "over more than ", kRowRequestsMax,
        " requests latencies go by the range, and accounts or models; take a shorter range"));
  }
  SetAnswer(spreads, answer);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LatencySeriesAnswer> ReadLatencySeries(sql::Database& database,
                                                      const LatencySeriesQuestion& question) {
  if (HasLogConditions(question.filter)) {
    return absl::InvalidArgumentError("latencies over time go by the dimensions of reports alone");
  }
  absl::StatusOr<std::vector<SeriesSpan>> spans = SpansOf(question.edges_unix_ms);
  if (!spans.ok()) return spans.status();
  const EventFilter filter =
      Within(question.filter, spans->front().begin_unix_ms, spans->back().end_unix_ms());
  LatencySeriesAnswer answer;
  absl::Status status = database.Read([&](Transaction& transaction) {
    answer = LatencySeriesAnswer{};
    return ReadAnswer(transaction, *spans, filter, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

}  // namespace weir::usage

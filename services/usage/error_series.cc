#include "services/usage/error_series.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "libs/common/text.h"
#include "services/usage/series_spans.h"
#include "services/usage/sum_model.h"
#include "services/usage/sum_source.h"
#include "services/usage/tally.h"
#include "services/usage/tally_ledger.h"
#include "services/usage/usage_reports.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Row;
using sql::Transaction;

// Of each class and bucket.
using ClassCounts = std::map<std::string, std::map<std::int64_t, std::int64_t>>;

// Sums over `filter`, its range to the quarter-hour.
absl::StatusOr<std::int64_t> Sum(Transaction& transaction, std::string_view column,
                                 const EventFilter& filter) {
  WhereBuilder where;
  const std::string source = SummarySource(filter, {}, where);
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT CAST(COALESCE(SUM(", column, "), 0) AS BIGINT) FROM ", source),
      where.parameters());
  if (!result.ok()) return result.status();
  return result->rows.at(0).Int(0);
}

absl::StatusOr<std::int64_t> KeptFrom(Transaction& transaction) {
  absl::StatusOr<Result> result =
      transaction.Execute("SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Int(0);
}

EventFilter Within(EventFilter filter, std::int64_t from_unix_ms, std::int64_t to_unix_ms) {
  filter.from_unix_ms = from_unix_ms;
  filter.to_unix_ms = to_unix_ms;
  return filter;
}

// Sums have refusals for a name that nobody knew under kUnknownModel alone, so a named model's
// errors are those of its own.
void AddModelsOfSums(const EventFilter& filter, WhereBuilder& where) {
  if (filter.models.empty() || NamesUnknownModel(filter)) return;
  where.And(
      StrCat("NOT (account_id = 0 AND ", where.In("error_class", UnknownModelClasses()), ")"));
}

absl::Status CountRows(Transaction& transaction, const SeriesSpan& span, const EventFilter& filter,
                       std::string_view forced_index, ClassCounts& counts) {
  WhereBuilder where;
  const std::string begin = where.Parameter(span.begin_unix_ms);
  const std::string step = where.Parameter(span.step_ms);
  EventFilter failed = Within(filter, span.begin_unix_ms, span.end_unix_ms());
  failed.only_errors = true;
  AddEventConditions(failed, transaction.dialect(), where);
  AddModelsOfSums(filter, where);
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT (started_at_unix_ms - CAST(", begin, " AS BIGINT)) / CAST(", step,
             " AS BIGINT) AS bucket, error_class, COUNT(*) FROM usage_events ", forced_index, " ",
             where.Clause(), " GROUP BY 1, 2"),
      where.parameters());
  if (!result.ok()) return result.status();
  for (const Row& row : result->rows) {
    counts[row.Text(1)][span.first_bucket + row.Int(0)] += row.Int(2);
  }
  return absl::OkStatus();
}

// How rows are found that are few enough; nothing is found when neither way is short.
struct RowPlan {
  bool few = false;
  std::string_view forced_index;  // SQLite has no statistics to choose by
};

// Either all that failed in the range is little, or all that the keys or users did.
absl::StatusOr<RowPlan> PlanRows(Transaction& transaction, const EventFilter& filter) {
  absl::StatusOr<std::int64_t> failed =
      Sum(transaction, "errors", Within({}, filter.from_unix_ms, filter.to_unix_ms));
  if (!failed.ok()) return failed.status();
  const bool by_failed = *failed <= kErrorRowsMax;
  if (by_failed && transaction.dialect() == sql::SqlDialect::kSqlite) {
    return RowPlan{.few = true, .forced_index = "INDEXED BY usage_events_failed"};
  }
  if (by_failed) return RowPlan{.few = true, .forced_index = ""};
  if (filter.key_ids.empty() && filter.user_ids.empty()) return RowPlan{};
  EventFilter subjects = Within({}, filter.from_unix_ms, filter.to_unix_ms);
  subjects.key_ids = filter.key_ids;
  subjects.user_ids = filter.user_ids;
  absl::StatusOr<std::int64_t> requests = Sum(transaction, "requests", subjects);
  if (!requests.ok()) return requests.status();
  return RowPlan{.few = *requests <= kErrorRowsMax, .forced_index = ""};
}

absl::Status FromRows(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                      const EventFilter& filter, ClassCounts& counts) {
  absl::StatusOr<RowPlan> plan = PlanRows(transaction, filter);
  if (!plan.ok() || !plan->few) return plan.status();
  for (const SeriesSpan& span : spans) {
    absl::Status counted = CountRows(transaction, span, filter, plan->forced_index, counts);
    if (!counted.ok()) return counted;
  }
  return absl::OkStatus();
}

std::vector<std::int64_t> EdgesOf(const std::vector<SeriesSpan>& spans) {
  std::vector<std::int64_t> edges = {spans.front().begin_unix_ms};
  for (const SeriesSpan& span : spans) {
    for (std::int64_t i = 1; i <= span.count; ++i) {
      edges.push_back(span.begin_unix_ms + i * span.step_ms);
    }
  }
  return edges;
}

// True when hours are told apart as buckets are, and nothing failed in those of the ends outside.
absl::StatusOr<bool> HoursFit(Transaction& transaction, const std::vector<std::int64_t>& edges,
                              const EventFilter& filter) {
  const auto whole = [](std::int64_t edge) { return edge % kHourMs == 0; };
  if (!std::all_of(edges.begin() + 1, edges.end() - 1, whole)) return false;
  const std::int64_t first = edges.front();
  const std::int64_t last = edges.back();
  const std::pair<std::int64_t, std::int64_t> outside[] = {
      {first - first % kHourMs, first}, {last, last + (kHourMs - last % kHourMs) % kHourMs}};
  for (const auto& [begin, end] : outside) {
    if (begin == end) continue;
    absl::StatusOr<std::int64_t> failed = Sum(transaction, "errors", Within(filter, begin, end));
    if (!failed.ok()) return failed.status();
    if (*failed != 0) return false;
  }
  return true;
}

absl::StatusOr<bool> FromTallies(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                                 const EventFilter& filter, ClassCounts& counts) {
  const std::vector<std::int64_t> edges = EdgesOf(spans);
  absl::Status visited =
      VisitTallies(transaction, filter, [&](std::int64_t hour_unix_ms, const Tally& tally) {
        const auto next = std::upper_bound(edges.begin() + 1, edges.end() - 1, hour_unix_ms);
        const std::int64_t bucket = next - edges.begin() - 1;
        for (const auto& [word, count] : tally.error_classes) counts[word][bucket] += count;
      });
  if (!visited.ok()) return visited;
  return HoursFit(transaction, edges, filter);
}

void SetTop(const ClassCounts& counts, std::int64_t top, ErrorSeriesAnswer& answer) {
  for (const auto& [word, buckets] : counts) {
    if (word.empty()) continue;
    std::int64_t sum = 0;
    for (const auto& [bucket, count] : buckets) sum += count;
    answer.top.emplace_back(word, sum);
  }
  std::stable_sort(answer.top.begin(), answer.top.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  answer.top.resize(std::min(answer.top.size(), static_cast<std::size_t>(top)));
  for (const auto& [word, sum] : answer.top) {
    for (const auto& [bucket, count] : counts.at(word)) {
      answer.rows.push_back({.bucket = bucket, .error_class = word, .requests = count});
    }
  }
}

absl::StatusOr<std::int64_t> ReadTotals(Transaction& transaction,
                                        const std::vector<SeriesSpan>& spans,
                                        const EventFilter& filter, ErrorSeriesAnswer& answer) {
  std::vector<SeriesRow> rows;
  absl::Status added = AddSpanTotals(transaction, spans, filter, rows);
  if (!added.ok()) return added;
  std::int64_t failed = 0;
  for (const SeriesRow& row : rows) {
    if (row.sums.errors == 0) continue;
    answer.totals.emplace_back(row.bucket, row.sums.errors);
    failed += row.sums.errors;
  }
  return failed;
}

absl::Status ReadAnswer(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                        const ErrorSeriesQuestion& question, ErrorSeriesAnswer& answer) {
  const EventFilter filter =
      Within(question.filter, spans.front().begin_unix_ms, spans.back().end_unix_ms());
  absl::StatusOr<std::int64_t> failed = ReadTotals(transaction, spans, filter, answer);
  if (!failed.ok() || *failed == 0) return failed.status();
  absl::StatusOr<std::int64_t> kept_from = KeptFrom(transaction);
  if (!kept_from.ok()) return kept_from.status();
  ClassCounts counts;
  // Tallies outlive the requests that they were made of.
  const bool all_kept = filter.from_unix_ms >= *kept_from;
  if (TalliesAnswer(filter) && (!all_kept || *failed > kErrorRowsMax)) {
    absl::StatusOr<bool> fit = FromTallies(transaction, spans, filter, counts);
    if (!fit.ok()) return fit.status();
    answer.exact = *fit;
  } else if (absl::Status read = FromRows(transaction, spans, filter, counts); !read.ok()) {
    return read;
  }
  SetTop(counts, question.top, answer);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ErrorSeriesAnswer> ReadErrorSeries(sql::Database& database,
                                                  const ErrorSeriesQuestion& question) {
  if (question.top < 1 || question.top > kErrorClassesTopMax) {
    return absl::InvalidArgumentError(StrCat("top must be 1 to ", kErrorClassesTopMax));
  }
  if (HasLogConditions(question.filter)) {
    return absl::InvalidArgumentError("errors over time go by the dimensions of reports alone");
  }
  absl::StatusOr<std::vector<SeriesSpan>> spans = SpansOf(question.edges_unix_ms);
  if (!spans.ok()) return spans.status();
  ErrorSeriesAnswer answer;
  absl::Status status = database.Read([&](Transaction& transaction) {
    answer = ErrorSeriesAnswer{};
    return ReadAnswer(transaction, *spans, question, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

}  // namespace weir::usage

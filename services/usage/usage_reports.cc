#include "services/usage/usage_reports.h"

#include <utility>

#include "libs/common/text.h"
#include "services/usage/sum_source.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Row;
using sql::Transaction;

absl::StatusOr<std::vector<SummaryRow>> ReadSummary(Transaction& transaction,
                                                    const SummaryQuestion& question) {
  WhereBuilder where;
  const std::string source = SummarySource(question.filter, question.by, where);
  const std::string limit = where.Parameter(question.limit);
  const std::string dimensions = DimensionColumns(question.by);
  const std::string order(OrderColumn(question.order));
  // The dimensions make the order of equals certain.
  const std::string sql =
      question.by.empty()
          ? StrCat("SELECT ", SumColumns(), " FROM ", source, " LIMIT ", limit)
          : StrCat("SELECT ", dimensions, ", ", SumColumns(), " FROM ", source, " GROUP BY ",
                   dimensions, " ORDER BY ", order, " DESC, ", dimensions, " LIMIT ", limit);
  absl::StatusOr<Result> result = transaction.Execute(sql, where.parameters());
  if (!result.ok()) return result.status();
  std::vector<SummaryRow> rows(result->rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::size_t column = 0;
    ReadDimensions(result->rows[i], question.by, column, rows[i]);
    ReadSums(result->rows[i], column, rows[i]);
  }
  return rows;
}

absl::Status ReadAnswer(Transaction& transaction, const SummaryQuestion& question,
                        SummaryAnswer& answer) {
  // One row more than asked for tells whether there are others.
  SummaryQuestion rows = question;
  rows.limit += 1;
  absl::StatusOr<std::vector<SummaryRow>> read = ReadSummary(transaction, rows);
  if (!read.ok()) return read.status();
  answer.rows = *std::move(read);
  answer.truncated = static_cast<std::int64_t>(answer.rows.size()) > question.limit;
  if (answer.truncated) answer.rows.pop_back();
  if (question.rows_only) return absl::OkStatus();
  absl::StatusOr<std::vector<SummaryRow>> totals =
      ReadSummary(transaction, {.filter = question.filter});
  if (!totals.ok()) return totals.status();
  if (!totals->empty()) answer.totals = totals->front();
  return absl::OkStatus();
}

// One statement over buckets of one length; `by` may be empty.
absl::Status AddSpan(Transaction& transaction, const SeriesSpan& span, const EventFilter& filter,
                     const std::vector<Dimension>& by, std::vector<SeriesRow>& rows) {
  WhereBuilder where;
  const std::string begin = where.Parameter(span.begin_unix_ms);
  const std::string step = where.Parameter(span.step_ms);
  const std::string source = SpanSource(span, filter, by, where);
  const std::string dimensions = DimensionColumns(by);
  const std::string also = by.empty() ? "" : StrCat(", ", dimensions);
  // Alone on one side of an operator PostgreSQL could not tell the parameters' type.
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT (begin_unix_ms - CAST(", begin, " AS BIGINT)) / CAST(",
                                 step, " AS BIGINT) AS bucket", also, ", ", SumColumns(), " FROM ",
                                 source, " GROUP BY 1", also, " ORDER BY 1", also),
                          where.parameters());
  if (!result.ok()) return result.status();
  for (const Row& row : result->rows) {
    SeriesRow& out = rows.emplace_back();
    std::size_t column = 0;
    out.bucket = span.first_bucket + row.Int(column++);
    ReadDimensions(row, by, column, out.sums);
    ReadSums(row, column, out.sums);
  }
  return absl::OkStatus();
}

absl::Status AddSpans(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                      const EventFilter& filter, const std::vector<Dimension>& by,
                      std::vector<SeriesRow>& rows) {
  for (const SeriesSpan& span : spans) {
    absl::Status status = AddSpan(transaction, span, filter, by, rows);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// `filter` narrowed to the dimension's values in `top`, which it lets through anyway.
EventFilter Narrowed(EventFilter filter, Dimension by, const std::vector<SummaryRow>& top) {
  const auto ids = [&](std::int64_t SummaryRow::*field) {
    std::vector<std::int64_t> values;
    values.reserve(top.size());
    for (const SummaryRow& row : top) values.push_back(row.*field);
    return values;
  };
  switch (by) {
    case Dimension::kModel:
      filter.models.clear();
      for (const SummaryRow& row : top) filter.models.push_back(row.model);
      break;
    case Dimension::kKey:
      filter.key_ids = ids(&SummaryRow::key_id);
      break;
    case Dimension::kUser:
      filter.user_ids = ids(&SummaryRow::user_id);
      break;
    case Dimension::kGroup:
      filter.group_ids = ids(&SummaryRow::group_id);
      break;
    case Dimension::kAccount:
      filter.account_ids = ids(&SummaryRow::account_id);
      break;
  }
  return filter;
}

absl::Status ReadSeries(Transaction& transaction, const SeriesQuestion& question,
                        const std::vector<SeriesSpan>& spans, SeriesAnswer& answer) {
  absl::Status status = AddSpanTotals(transaction, spans, question.filter, answer.totals);
  if (!status.ok() || !question.by.has_value()) return status;
  SummaryQuestion summary{.filter = question.filter,
                          .by = {*question.by},
                          .order = question.order,
                          .limit = question.top};
  summary.filter.from_unix_ms = spans.front().begin_unix_ms;
  summary.filter.to_unix_ms = spans.back().end_unix_ms();
  absl::StatusOr<std::vector<SummaryRow>> top = ReadSummary(transaction, summary);
  if (!top.ok()) return top.status();
  answer.top = *std::move(top);
  if (answer.top.empty()) return absl::OkStatus();
  return AddSpans(transaction, spans, Narrowed(question.filter, *question.by, answer.top),
                  {*question.by}, answer.rows);
}

}  // namespace

absl::Status AddSpanTotals(Transaction& transaction, const std::vector<SeriesSpan>& spans,
                           const EventFilter& filter, std::vector<SeriesRow>& rows) {
  return AddSpans(transaction, spans, filter, {}, rows);
}

absl::StatusOr<SummaryAnswer> UsageReports::Summarize(const SummaryQuestion& question) {
  if (question.limit < 1 || question.limit > kSummaryRowsMax) {
    return absl::InvalidArgumentError(StrCat("limit must be 1 to ", kSummaryRowsMax));
  }
  SummaryAnswer answer;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    answer = SummaryAnswer{};
    return ReadAnswer(transaction, question, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

absl::StatusOr<SeriesAnswer> UsageReports::Series(const SeriesQuestion& question) {
  if (question.top < 1 || question.top > kSeriesTopMax) {
    return absl::InvalidArgumentError(StrCat("top must be 1 to ", kSeriesTopMax));
  }
  absl::StatusOr<std::vector<SeriesSpan>> spans = SpansOf(question.edges_unix_ms);
  if (!spans.ok()) return spans.status();
  SeriesAnswer answer;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    answer = SeriesAnswer{};
    return ReadSeries(transaction, question, *spans, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

}  // namespace weir::usage

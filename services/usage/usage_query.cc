#include "services/usage/usage_query.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/event_columns.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Row;
using sql::Transaction;

// Where a page ended: "time.id", the id as UUID text.
std::string MakeCursor(const UsageEvent& last) {
  return StrCat(last.started_at_unix_ms, ".", UuidToText(last.id));
}

absl::Status AddCursor(std::string_view cursor, EventOrder order, WhereBuilder& where) {
  const std::size_t dot = cursor.find('.');
  std::int64_t unix_ms = 0;
  if (dot == std::string_view::npos || !ParseInteger(cursor.substr(0, dot), unix_ms)) {
    return absl::InvalidArgumentError("the cursor is not one of ours");
  }
  const absl::StatusOr<std::string> id = UuidFromText(cursor.substr(dot + 1));
  if (!id.ok()) return absl::InvalidArgumentError("the cursor is not one of ours");
  const std::string time_marker = where.Parameter(unix_ms);
  where.And(StrCat("(started_at_unix_ms, id) ", order == EventOrder::kOldest ? ">" : "<", " (",
                   time_marker, ", ", where.Parameter(Blob{*id}), ")"));
  return absl::OkStatus();
}

std::string_view OrderText(EventOrder order) {
  switch (order) {
    case EventOrder::kNewest:
      return "started_at_unix_ms DESC, id DESC";
    case EventOrder::kOldest:
      return "started_at_unix_ms, id";
    case EventOrder::kCost:
      return "cost_nano_usd DESC, id DESC";
    case EventOrder::kLatency:
      return "latency_ms DESC, id DESC";
  }
  return "id";
}

bool HasCursor(EventOrder order) {
  return order == EventOrder::kNewest || order == EventOrder::kOldest;
}

absl::Status CheckQuestion(const ListQuestion& question) {
  if (question.limit < 1 || question.limit > kListRowsMax) {
    return absl::InvalidArgumentError(StrCat("limit must be 1 to ", kListRowsMax));
  }
  if (question.offset < 0) return absl::InvalidArgumentError("offset must not be negative");
  if (!question.cursor.empty() && question.offset != 0) {
    return absl::InvalidArgumentError("give a cursor or an offset, not both");
  }
  if (!question.cursor.empty() && !HasCursor(question.order)) {
    return absl::InvalidArgumentError("cursors go with the orders by time alone");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> CountEvents(Transaction& transaction, const EventFilter& filter) {
  WhereBuilder where;
  AddEventConditions(filter, where);
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT COUNT(*) FROM usage_events ", where.Clause()), where.parameters());
  if (!result.ok()) return result.status();
  return result->rows.at(0).Int(0);
}

absl::Status ListPage(Transaction& transaction, const ListQuestion& question, ListAnswer& answer) {
  WhereBuilder where;
  AddEventConditions(question.filter, where);
  if (!question.cursor.empty()) {
    absl::Status status = AddCursor(question.cursor, question.order, where);
    if (!status.ok()) return status;
  }
  // One row more than asked for tells whether there is another page.
  const std::string limit = where.Parameter(question.limit + 1);
  const std::string offset = where.Parameter(question.offset);
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT ", EventColumnList(), " FROM usage_events ", where.Clause(), " ORDER BY ",
             OrderText(question.order), " LIMIT ", limit, " OFFSET ", offset),
      where.parameters());
  if (!result.ok()) return result.status();
  const auto limit_rows = static_cast<std::size_t>(question.limit);
  for (std::size_t i = 0; i < std::min(result->rows.size(), limit_rows); ++i) {
    answer.events.push_back(EventFromRow(result->rows[i]));
  }
  if (result->rows.size() > limit_rows && HasCursor(question.order)) {
    answer.next_cursor = MakeCursor(answer.events.back());
  }
  return absl::OkStatus();
}

absl::Status ReadAttempts(Transaction& transaction, UsageEvent& event) {
  absl::StatusOr<Result> result = transaction.Execute(
      "SELECT account_id, http_status, error_class, started_at_unix_ms, duration_ms "
      "FROM usage_attempts WHERE event_id = $1 ORDER BY number",
      {Blob{event.id}});
  if (!result.ok()) return result.status();
  for (const Row& row : result->rows) {
    event.attempts.push_back({.account_id = row.Int(0),
                              .http_status = row.Int(1),
                              .error_class = row.Text(2),
                              .started_at_unix_ms = row.Int(3),
                              .duration_ms = row.Int(4)});
  }
  return absl::OkStatus();
}

std::string_view ColumnOf(Dimension dimension) {
  switch (dimension) {
    case Dimension::kModel:
      return "model";
    case Dimension::kKey:
      return "key_id";
    case Dimension::kUser:
      return "user_id";
    case Dimension::kGroup:
      return "group_id";
    case Dimension::kAccount:
      return "account_id";
  }
  return "";
}

// "SUM(x)" as an integer on both databases, 0 over no rows.
std::string Sum(std::string_view column) {
  return StrCat("CAST(COALESCE(SUM(", column, "), 0) AS BIGINT)");
}

std::string SummarySql(const std::vector<Dimension>& by, const WhereBuilder& where) {
  std::string dimensions;
  for (Dimension dimension : by) StrAppend(dimensions, ColumnOf(dimension), ", ");
  std::string sums;
  for (std::string_view column :
       {"requests", "errors", "estimated_requests", "input_tokens", "cache_read_tokens",
        "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens"}) {
    StrAppend(sums, Sum(column), ", ");
  }
  std::string grouping;
  if (!by.empty()) {
    grouping = StrCat("GROUP BY ", dimensions.substr(0, dimensions.size() - 2));
  }
  // The dimensions make the order of equals certain.
  return StrCat("SELECT ", dimensions, sums, Sum("cost_nano_usd"), " AS cost FROM usage_quarters ",
                where.Clause(), " ", grouping, " ORDER BY ",
                by.empty() ? std::string("cost")
                           : StrCat("cost DESC, ", dimensions.substr(0, dimensions.size() - 2)),
                " LIMIT ", kSummaryRowsMax);
}

SummaryRow SummaryFromRow(const Row& row, const std::vector<Dimension>& by) {
  SummaryRow summary;
  std::size_t column = 0;
  for (Dimension dimension : by) {
    switch (dimension) {
      case Dimension::kModel:
        summary.model = row.Text(column++);
        break;
      case Dimension::kKey:
        summary.key_id = row.Int(column++);
        break;
      case Dimension::kUser:
        summary.user_id = row.Int(column++);
        break;
      case Dimension::kGroup:
        summary.group_id = row.Int(column++);
        break;
      case Dimension::kAccount:
        summary.account_id = row.Int(column++);
        break;
    }
  }
  for (std::int64_t* sum :
       {&summary.requests, &summary.errors, &summary.estimated_requests, &summary.tokens.input,
        &summary.tokens.cache_read, &summary.tokens.cache_write_5m, &summary.tokens.cache_write_1h,
        &summary.tokens.output, &summary.tokens.reasoning, &summary.cost_nano_usd}) {
    *sum = row.Int(column++);
  }
  return summary;
}

}  // namespace

absl::StatusOr<ListAnswer> UsageQuery::List(const ListQuestion& question) {
  absl::Status status = CheckQuestion(question);
  if (!status.ok()) return status;
  ListAnswer answer;
  status = database_.Read([&](Transaction& transaction) {
    answer = ListAnswer{};
    if (question.with_total) {
      absl::StatusOr<std::int64_t> total = CountEvents(transaction, question.filter);
      if (!total.ok()) return total.status();
      answer.total = *total;
    }
    return ListPage(transaction, question, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

absl::StatusOr<UsageEvent> UsageQuery::Get(const std::string& id) {
  UsageEvent event;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<Result> result = transaction.Execute(
        StrCat("SELECT ", EventColumnList(), " FROM usage_events WHERE id = $1"), {Blob{id}});
    if (!result.ok()) return result.status();
    if (result->rows.empty()) return absl::NotFoundError("no event has this id");
    event = EventFromRow(result->rows[0]);
    return ReadAttempts(transaction, event);
  });
  if (!status.ok()) return status;
  return event;
}

absl::StatusOr<std::vector<SummaryRow>> UsageQuery::Summarize(const EventFilter& filter,
                                                              const std::vector<Dimension>& by) {
  WhereBuilder where;
  AddQuarterConditions(filter, where);
  absl::StatusOr<Result> result = database_.Query(SummarySql(by, where), where.parameters());
  if (!result.ok()) return result.status();
  std::vector<SummaryRow> rows;
  rows.reserve(result->rows.size());
  for (const Row& row : result->rows) rows.push_back(SummaryFromRow(row, by));
  return rows;
}

absl::StatusOr<std::map<std::int64_t, std::int64_t>> UsageQuery::LastUsed(
    SubjectKind kind, const std::vector<std::int64_t>& ids) {
  std::map<std::int64_t, std::int64_t> last_used;
  if (ids.empty()) return last_used;
  WhereBuilder where;
  where.And(StrCat("subject_kind = ", where.Parameter(static_cast<std::int64_t>(kind))));
  where.AndIn("subject_id", ids);
  absl::StatusOr<Result> result =
      database_.Query(StrCat("SELECT subject_id, MAX(last_used_unix_ms) FROM usage_days ",
                             where.Clause(), " GROUP BY subject_id"),
                      where.parameters());
  if (!result.ok()) return result.status();
  for (const Row& row : result->rows) last_used[row.Int(0)] = row.Int(1);
  return last_used;
}

}  // namespace weir::usage

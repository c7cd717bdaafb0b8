#include "services/usage/usage_query.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/correction_store.h"
#include "services/usage/day_partition.h"
#include "services/usage/event_columns.h"
#include "services/usage/event_count.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Row;
using sql::Transaction;

// What a page is ordered by; the id makes the order of equals certain.
struct OrderRule {
  EventOrder order;
  std::string_view column;
  bool ascending;
  char letter;  // begins its cursors, so that one of another order is told apart
  std::int64_t UsageEvent::*field;
  std::string_view index;  // empty where a filter's own index gives this order
};

constexpr std::array<OrderRule, 4> kOrders = {{
    {EventOrder::kNewest, "started_at_unix_ms", false, 'n', &UsageEvent::started_at_unix_ms, ""},
    {EventOrder::kOldest, "started_at_unix_ms", true, 'o', &UsageEvent::started_at_unix_ms, ""},
    {EventOrder::kCost, "cost_nano_usd", false, 'c', &UsageEvent::cost_nano_usd,
     "usage_events_by_cost"},
    {EventOrder::kLatency, "latency_ms", false, 'l', &UsageEvent::latency_ms,
     "usage_events_by_latency"},
}};

const OrderRule& RuleOf(EventOrder order) {
  return *std::find_if(kOrders.begin(), kOrders.end(),
                       [order](const OrderRule& rule) { return rule.order == order; });
}

// Where a page ended: "n1750000000000.id", the id as UUID text. What comes in later lies before it
// or behind it, but moves nothing.
std::string MakeCursor(const UsageEvent& last, const OrderRule& rule) {
  return StrCat(rule.letter, last.*(rule.field), ".", UuidToText(last.id));
}

struct Cursor {
  std::int64_t value = 0;
  std::string id;  // 16 bytes
};

// Nothing when there is none.
absl::StatusOr<std::optional<Cursor>> ReadCursor(std::string_view cursor, const OrderRule& rule) {
  if (cursor.empty()) return std::nullopt;
  const std::size_t dot = cursor.find('.');
  Cursor read;
  if (dot == std::string_view::npos || cursor.front() != rule.letter ||
      !ParseInteger(cursor.substr(1, dot - 1), read.value)) {
    return absl::InvalidArgumentError("the cursor is not one of ours for this order");
  }
  absl::StatusOr<std::string> id = UuidFromText(cursor.substr(dot + 1));
  if (!id.ok()) return absl::InvalidArgumentError("the cursor is not one of ours");
  read.id = *std::move(id);
  return read;
}

void AddCursor(const Cursor& cursor, const OrderRule& rule, WhereBuilder& where) {
  const std::string value = where.Parameter(cursor.value);
  where.And(StrCat("(", rule.column, ", id) ", rule.ascending ? ">" : "<", " (", value, ", ",
                   where.Parameter(Blob{cursor.id}), ")"));
}

// The last of one moment.
std::string LastId(const OrderRule& rule) {
  return std::string(16, rule.ascending ? '\xFF' : '\0');
}

// Behind all rows of this time.
std::string CursorBehind(std::int64_t unix_ms, const OrderRule& rule) {
  return StrCat(rule.letter, unix_ms, ".", UuidToText(LastId(rule)));
}

// The time of the first row that may lie behind the cursor; whatever a stranger wrote into it.
std::optional<std::int64_t> BeginOf(const std::optional<Cursor>& cursor, const OrderRule& rule) {
  if (!cursor.has_value()) return std::nullopt;
  const std::int64_t at = std::clamp<std::int64_t>(cursor->value, 1, kIdUnixMsMax);
  if (cursor->id != LastId(rule)) return at;
  return rule.ascending ? at + 1 : at - 1;
}

bool IsByTime(const OrderRule& rule) { return rule.index.empty(); }

EventFilter Within(EventFilter filter, std::int64_t bound_unix_ms, const OrderRule& rule) {
  if (rule.ascending) {
    filter.to_unix_ms = bound_unix_ms + 1;
  } else {
    filter.from_unix_ms = bound_unix_ms;
  }
  return filter;
}

std::string OrderText(const OrderRule& rule) {
  const std::string_view way = rule.ascending ? "" : " DESC";
  return StrCat(rule.column, way, ", id", way);
}

absl::Status CheckQuestion(const ListQuestion& question) {
  if (question.limit < 1 || question.limit > kListRowsMax) {
    return absl::InvalidArgumentError(StrCat("limit must be 1 to ", kListRowsMax));
  }
  if (question.offset < 0) return absl::InvalidArgumentError("offset must not be negative");
  if (!question.cursor.empty() && question.offset != 0) {
    return absl::InvalidArgumentError("give a cursor or an offset, not both");
  }
  return absl::OkStatus();
}

// SQLite has no statistics: it would walk the order of time through all rows to the few that are
// slow or dear, though an index has just those. So these are counted, so far, and when they are few
// all of them are fetched and sorted.
struct LeastRule {
  std::int64_t EventFilter::*min;
  std::string_view column;
  std::string_view index;
};

constexpr std::array<LeastRule, 2> kLeastRules = {
    {{&EventFilter::cost_nano_usd_min, "cost_nano_usd", "usage_events_by_cost"},
     {&EventFilter::latency_ms_min, "latency_ms", "usage_events_by_latency"}}};
constexpr std::int64_t kSortedRowsMax = 2'000;

// "INDEXED BY …", which only SQLite needs and knows.
std::string Forced(const Transaction& transaction, std::string_view index) {
  const bool needed = !index.empty() && transaction.dialect() == sql::SqlDialect::kSqlite;
  return needed ? StrCat("INDEXED BY ", index) : "";
}

// The index that has few rows for the filter, if there is one.
absl::StatusOr<std::string_view> LeastIndex(Transaction& transaction, const EventFilter& filter) {
  for (const LeastRule& rule : kLeastRules) {
    const std::int64_t min = filter.*(rule.min);
    if (min <= 0) continue;
    const absl::StatusOr<Result> rows = transaction.Execute(
        StrCat("SELECT COUNT(*) FROM (SELECT 1 FROM usage_events ", Forced(transaction, rule.index),
               " WHERE ", rule.column, " >= $1 LIMIT $2) AS counted"),
        {min, kSortedRowsMax + 1});
    if (!rows.ok()) return rows.status();
    if (rows->rows.front().Int(0) <= kSortedRowsMax) return rule.index;
  }
  return "";
}

// SQLite knows of a range of time only that it is one, and would fetch and sort all that lies in
// it. Walking the order's index until a page is full looks at about page * all / matching rows, so
// that is what it is told to do when this is less than the matching ones. PostgreSQL's statistics
// tell it so by themselves.
absl::StatusOr<std::string_view> OrderIndex(Transaction& transaction, const ListQuestion& question,
                                            const OrderRule& rule) {
  if (rule.index.empty() || transaction.dialect() != sql::SqlDialect::kSqlite) return "";
  const absl::StatusOr<EventCount> matching = CountEvents(transaction, question.filter);
  if (!matching.ok()) return matching.status();
  const absl::StatusOr<EventCount> all = CountEvents(transaction, {});
  if (!all.ok()) return all.status();
  if (matching->events == 0) return "";
  const std::int64_t pages = matching->events / (question.limit + 1);
  const bool walk = question.offset == 0 && all->events / matching->events < pages;
  return walk ? rule.index : "";
}

// PostgreSQL plans a prepared statement once for all values after a while: for a word that all rows
// have as for one that none has.
absl::Status PlanByValues(Transaction& transaction) {
  if (transaction.dialect() != sql::SqlDialect::kPostgres) return absl::OkStatus();
  return transaction.Execute("SET LOCAL plan_cache_mode = force_custom_plan").status();
}

absl::Status ListPage(Transaction& transaction, const ListQuestion& question,
                      const std::optional<Cursor>& cursor, const std::string& forced_index,
                      ListAnswer& answer) {
  WhereBuilder where;
  AddEventConditions(question.filter, transaction.dialect(), where);
  const OrderRule& rule = RuleOf(question.order);
  if (cursor.has_value()) AddCursor(*cursor, rule, where);
  // One row more than asked for tells whether there is another page.
  const std::string limit = where.Parameter(question.limit + 1);
  const std::string offset = where.Parameter(question.offset);
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT ", EventColumnList(), " FROM usage_events ", forced_index, " ", where.Clause(),
             " ORDER BY ", OrderText(rule), " LIMIT ", limit, " OFFSET ", offset),
      where.parameters());
  if (!result.ok()) return result.status();
  const auto limit_rows = static_cast<std::size_t>(question.limit);
  for (std::size_t i = 0; i < std::min(result->rows.size(), limit_rows); ++i) {
    answer.events.push_back(EventFromRow(result->rows[i]));
  }
  if (result->rows.size() > limit_rows) {
    answer.next_cursor = MakeCursor(answer.events.back(), rule);
  }
  return AddCorrectionSums(transaction, answer.events);
}

absl::Status CountAttempts(Transaction& transaction, ListAnswer& answer) {
  if (answer.events.empty()) return absl::OkStatus();
  WhereBuilder where;
  std::vector<Blob> ids;
  for (const UsageEvent& event : answer.events) ids.push_back({event.id});
  where.AndIn("event_id", ids);
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT event_id, COUNT(*) FROM usage_attempts ", where.Clause(),
                                 " GROUP BY event_id"),
                          where.parameters());
  if (!result.ok()) return result.status();
  std::map<std::string, std::int64_t> counts;
  for (const Row& row : result->rows) counts[row.Bytes(0)] = row.Int(1);
  for (const UsageEvent& event : answer.events) answer.attempt_counts.push_back(counts[event.id]);
  return absl::OkStatus();
}

absl::Status ReadCorrectionsOf(Transaction& transaction, UsageEvent& event) {
  absl::StatusOr<std::vector<Correction>> corrections = ReadCorrections(transaction, event.id);
  if (!corrections.ok()) return corrections.status();
  event.corrections = *std::move(corrections);
  for (const Correction& one : event.corrections) event.corrections_nano_usd += one.cost_nano_usd;
  return absl::OkStatus();
}

absl::Status ReadAttempts(Transaction& transaction, UsageEvent& event) {
  absl::StatusOr<Result> result = transaction.Execute(
      "SELECT account_id, http_status, error_class, started_at_unix_ms, duration_ms, served_model, "
      "action, connect_ms, first_byte_ms, end_ms, cooldown_until_unix_ms "
      "FROM usage_attempts WHERE event_id = $1 ORDER BY number",
      {Blob{event.id}});
  if (!result.ok()) return result.status();
  for (const Row& row : result->rows) {
    event.attempts.push_back({.account_id = row.Int(0),
                              .http_status = row.Int(1),
                              .error_class = row.Text(2),
                              .started_at_unix_ms = row.Int(3),
                              .duration_ms = row.Int(4),
                              .served_model = row.Text(5),
                              .action = row.Int(6),
                              .connect_ms = row.Int(7),
                              .first_byte_ms = row.Int(8),
                              .end_ms = row.Int(9),
                              .cooldown_until_unix_ms = row.Int(10)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status UsageQuery::ReadPage(Transaction& transaction, const ListQuestion& question,
                                  ListAnswer& answer) {
  const OrderRule& rule = RuleOf(question.order);
  const auto cursor = ReadCursor(question.cursor, rule);
  if (!cursor.ok()) return cursor.status();
  absl::Status planned = PlanByValues(transaction);
  if (!planned.ok()) return planned;
  absl::StatusOr<std::string_view> index = LeastIndex(transaction, question.filter);
  if (!index.ok()) return index.status();
  const std::string counted_by = Forced(transaction, *index);
  std::optional<std::int64_t> bound;
  if (index->empty() && IsByTime(rule)) {
    auto found = FindPageBound(transaction, question.filter, rule.ascending, BeginOf(*cursor, rule),
                               walked_rows_max_);
    if (!found.ok()) return found.status();
    bound = *found;
  } else if (index->empty()) {
    index = OrderIndex(transaction, question, rule);
    if (!index.ok()) return index.status();
  }
  ListQuestion within = question;
  if (bound.has_value()) within.filter = Within(question.filter, *bound, rule);
  if (question.with_total) {
    const bool by_rows = bound.has_value() && HasLogConditions(question.filter);
    const auto total =
        CountEvents(transaction, by_rows ? within.filter : question.filter, counted_by);
    if (!total.ok()) return total.status();
    answer.total = total->events;
    answer.total_at_least = total->at_least || by_rows;
  }
  absl::Status listed = ListPage(transaction, within, *cursor, Forced(transaction, *index), answer);
  if (!listed.ok()) return listed;
  if (bound.has_value() && answer.next_cursor.empty()) {
    answer.next_cursor = CursorBehind(*bound, rule);
    answer.searched_to_unix_ms = *bound;
  }
  return CountAttempts(transaction, answer);
}

absl::StatusOr<ListAnswer> UsageQuery::List(const ListQuestion& question) {
  absl::Status status = CheckQuestion(question);
  if (!status.ok()) return status;
  ListAnswer answer;
  status = database_.Read([&](Transaction& transaction) {
    answer = ListAnswer{};
    return ReadPage(transaction, question, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

absl::Status UsageQuery::Export(const EventFilter& filter,
                                const std::function<bool(const ListAnswer& piece)>& take) {
  ListQuestion question{.filter = filter, .order = EventOrder::kOldest, .limit = kExportPieceRows};
  do {
    ListAnswer piece;
    absl::Status status = database_.Read([&](Transaction& transaction) {
      piece = ListAnswer{};
      return ReadPage(transaction, question, piece);
    });
    if (!status.ok()) return status;
    if (!piece.events.empty() && !take(piece)) return absl::OkStatus();
    question.cursor = piece.next_cursor;
  } while (!question.cursor.empty());
  return absl::OkStatus();
}

absl::StatusOr<UsageEvent> UsageQuery::Get(const std::string& id) {
  UsageEvent event;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<Result> result = transaction.Execute(
        StrCat("SELECT ", EventColumnList(), " FROM usage_events WHERE id = $1"), {Blob{id}});
    if (!result.ok()) return result.status();
    if (result->rows.empty()) return absl::NotFoundError("no event has this id");
    event = EventFromRow(result->rows[0]);
    absl::Status read = ReadAttempts(transaction, event);
    return read.ok() ? ReadCorrectionsOf(transaction, event) : read;
  });
  if (!status.ok()) return status;
  return event;
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

#include "services/usage/event_conflicts.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/usage/event_columns.h"
#include "services/usage/event_filter.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Transaction;
using sql::Value;

constexpr std::size_t kIdsAtOnce = 100;
// A relay that makes up a new content each time must not fill the disk.
constexpr std::size_t kConflictsOfOneIdMax = 16;

using Contents = std::multimap<std::string, UsageEvent>;

// As a row gives it back: attempts and charges are no columns, and what they did the first has
// done.
UsageEvent WithoutRest(const UsageEvent& event) {
  UsageEvent columns = event;
  columns.attempts.clear();
  columns.charge = {};
  return columns;
}

// Always of one length, the last id repeated: one prepared statement.
std::vector<Value> PaddedIds(const std::vector<const UsageEvent*>& events, std::size_t first) {
  std::vector<Value> ids;
  ids.reserve(kIdsAtOnce);
  for (std::size_t i = 0; i < kIdsAtOnce; ++i) {
    ids.emplace_back(Blob{events[std::min(first + i, events.size() - 1)]->id});
  }
  return ids;
}

std::string SelectByIds(std::string_view table) {
  std::string sql = StrCat("SELECT ", EventColumnList(), " FROM ", table, " WHERE id IN (");
  for (std::size_t i = 1; i <= kIdsAtOnce; ++i) StrAppend(sql, i == 1 ? "$" : ", $", i);
  return StrCat(sql, ")");
}

absl::StatusOr<Contents> ReadContents(Transaction& transaction, std::string_view table,
                                      const std::vector<const UsageEvent*>& events) {
  const std::string sql = SelectByIds(table);
  Contents contents;
  for (std::size_t first = 0; first < events.size(); first += kIdsAtOnce) {
    absl::StatusOr<Result> found = transaction.Execute(sql, PaddedIds(events, first));
    if (!found.ok()) return found.status();
    for (const sql::Row& row : found->rows) {
      UsageEvent event = EventFromRow(row);
      std::string id = event.id;
      contents.emplace(std::move(id), std::move(event));
    }
  }
  return contents;
}

bool Holds(const Contents& contents, const UsageEvent& event) {
  const auto [begin, end] = contents.equal_range(event.id);
  UsageEvent columns = WithoutRest(event);
  return std::any_of(begin, end, [&](const auto& entry) {
    // A service of before may have stored it without its session; nothing goes by that.
    columns.session = entry.second.session;
    return entry.second == columns;
  });
}

absl::Status KeepOne(Transaction& transaction, const UsageEvent& event) {
  std::vector<Value> values = EventValues(event);
  std::vector<std::string_view> columns = EventColumns();
  columns.emplace_back("received_at_unix_ms");
  values.emplace_back(UnixMs());
  return transaction.InsertMany("usage_conflicts", columns, {std::move(values)});
}

WhereBuilder ConditionsOf(const ConflictQuestion& question) {
  WhereBuilder where;
  where.And(StrCat("received_at_unix_ms >= ", where.Parameter(question.from_unix_ms)));
  if (question.to_unix_ms != 0) {
    where.And(StrCat("received_at_unix_ms < ", where.Parameter(question.to_unix_ms)));
  }
  if (!question.id.empty()) where.And(StrCat("id = ", where.Parameter(Blob{question.id})));
  return where;
}

absl::Status CountConflicts(Transaction& transaction, const ConflictQuestion& question,
                            ConflictAnswer& answer) {
  const WhereBuilder where = ConditionsOf(question);
  const absl::StatusOr<Result> count = transaction.Execute(
      StrCat("SELECT COUNT(*) FROM usage_conflicts ", where.Clause()), where.parameters());
  if (count.ok()) answer.total = count->rows[0].Int(0);
  return count.status();
}

absl::Status ListConflicts(Transaction& transaction, const ConflictQuestion& question,
                           ConflictAnswer& answer) {
  WhereBuilder where = ConditionsOf(question);
  const std::string limit = where.Parameter(question.limit);
  const absl::StatusOr<Result> found = transaction.Execute(
      StrCat("SELECT ", EventColumnList(), ", received_at_unix_ms FROM usage_conflicts ",
             where.Clause(), " ORDER BY received_at_unix_ms DESC, id DESC LIMIT ", limit),
      where.parameters());
  if (!found.ok()) return found.status();
  for (const sql::Row& row : found->rows) {
    answer.conflicts.push_back(
        {.received_at_unix_ms = row.Int(EventColumns().size()), .repeated = EventFromRow(row)});
  }
  return absl::OkStatus();
}

absl::Status AddStored(Transaction& transaction, ConflictAnswer& answer) {
  std::vector<const UsageEvent*> repeated;
  repeated.reserve(answer.conflicts.size());
  for (const Conflict& conflict : answer.conflicts) repeated.push_back(&conflict.repeated);
  const absl::StatusOr<Contents> stored = ReadContents(transaction, "usage_events", repeated);
  if (!stored.ok()) return stored.status();
  for (Conflict& conflict : answer.conflicts) {
    const auto found = stored->find(conflict.repeated.id);
    if (found != stored->end()) conflict.stored = found->second;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::set<const UsageEvent*>> KeepConflicts(
    Transaction& transaction, const std::vector<const UsageEvent*>& repeated) {
  absl::StatusOr<Contents> stored = ReadContents(transaction, "usage_events", repeated);
  if (!stored.ok()) return stored.status();
  std::vector<const UsageEvent*> different;
  std::copy_if(repeated.begin(), repeated.end(), std::back_inserter(different),
               [&](const UsageEvent* event) {
                 return event->error_class != reason::kRelayDied && !Holds(*stored, *event);
               });
  std::set<const UsageEvent*> kept;
  if (different.empty()) return kept;
  absl::StatusOr<Contents> known = ReadContents(transaction, "usage_conflicts", different);
  if (!known.ok()) return known.status();
  for (const UsageEvent* event : different) {
    if (Holds(*known, *event) || known->count(event->id) >= kConflictsOfOneIdMax) continue;
    if (absl::Status status = KeepOne(transaction, *event); !status.ok()) return status;
    known->emplace(event->id, WithoutRest(*event));
    kept.insert(event);
  }
  return kept;
}

absl::Status DeleteConflictsBefore(Transaction& transaction, const Blob& least_id) {
  return transaction.Execute("DELETE FROM usage_conflicts WHERE id < $1", {least_id}).status();
}

absl::StatusOr<ConflictAnswer> ReadConflicts(sql::Database& database,
                                             const ConflictQuestion& question) {
  ConflictAnswer answer;
  const absl::Status read = database.Read([&](Transaction& transaction) {
    answer = ConflictAnswer{};
    if (absl::Status counted = CountConflicts(transaction, question, answer); !counted.ok()) {
      return counted;
    }
    if (question.limit == 0 || answer.total == 0) return absl::OkStatus();
    absl::Status listed = ListConflicts(transaction, question, answer);
    return listed.ok() ? AddStored(transaction, answer) : listed;
  });
  if (!read.ok()) return read;
  return answer;
}

}  // namespace weir::usage

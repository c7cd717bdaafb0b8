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
  const UsageEvent columns = WithoutRest(event);
  return std::any_of(begin, end, [&](const auto& entry) { return entry.second == columns; });
}

absl::Status KeepOne(Transaction& transaction, const UsageEvent& event) {
  std::vector<Value> values = EventValues(event);
  std::vector<std::string_view> columns = EventColumns();
  columns.emplace_back("received_at_unix_ms");
  values.emplace_back(UnixMs());
  return transaction.InsertMany("usage_conflicts", columns, {std::move(values)});
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

}  // namespace weir::usage

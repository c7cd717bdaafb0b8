// The few statements that every resource's table needs. Table and column names are constants of
// ours; all values are parameters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/model/types.h"
#include "services/admin/store/changes.h"

namespace weir::admin {

// `columns` are those after the four of each record, which come first in every row: id,
// created_at_ms, updated_at_ms, version.
struct Table {
  std::string_view name;
  std::string_view what;  // "user": for messages
  std::vector<std::string_view> columns;
  std::optional<ResourceKind> kind = {};        // as which relays know it
  std::string_view title = "name";              // the column that people call it by
  std::vector<std::string_view> hidden = {};    // columns of which the audit log tells no value
  std::vector<std::string_view> searched = {};  // columns that have an index of their texts' parts
  bool counted = false;                         // row_counts knows how many rows there are
  // Columns to sort by, with the SQLite index that has the order; of tables that may be large.
  std::vector<std::pair<std::string_view, std::string_view>> orders = {};
};
inline constexpr std::size_t kRecordColumns = 4;

// One condition of a list: SQL with `?` for each of its values, joined by AND.
struct Condition {
  std::string_view sql;
  std::vector<sql::Value> values;
};

// The text somewhere in the column, in any case.
struct Search {
  std::string_view column;  // a constant of ours
  std::string text;
};

// Rows of these ids, any number of them as one value; and all but them.
Condition AmongIds(sql::SqlDialect dialect, const std::vector<std::int64_t>& ids);
Condition NotAmongIds(sql::SqlDialect dialect, const std::vector<std::int64_t>& ids);

struct ListQuery {
  std::vector<Condition> conditions = {};
  std::vector<Search> searches = {};
  std::string_view order_column = "id";  // a constant of ours
  bool descending = false;
  // An order that only somebody else knows: these ids first, in their order, then all others by id.
  std::optional<std::vector<std::int64_t>> ranked = std::nullopt;
  std::int64_t limit = 20;
  std::int64_t offset = 0;
  bool with_total = true;
};

// So many rows are counted at most, where no trigger counts them: a million would take longer than
// the page itself.
inline constexpr std::int64_t kCountedRowsMax = 1'000;

struct RowTotal {
  std::int64_t rows = 0;
  bool at_least = false;  // there are more
};

template <class T>
struct Page {
  std::vector<T> items;
  RowTotal total;  // all that match; when the query wants it
};

// "SELECT id, …, version, COLUMNS FROM name"
std::string SelectFrom(const Table& table);

// Fills id, times and version from the first columns.
void ReadRecord(const sql::Row& row, Record& record);

// NotFound names the table's `what`.
absl::StatusOr<sql::Row> ReadRow(sql::Transaction& transaction, const Table& table,
                                 std::int64_t id);
absl::StatusOr<sql::Row> FindRow(sql::Transaction& transaction, const Table& table,
                                 std::string_view column, const sql::Value& value);
// In table_list.cc. No page takes time that grows with the table, but for searches of one or two
// letters that nothing has.
absl::StatusOr<Page<sql::Row>> ListRows(sql::Transaction& transaction, const Table& table,
                                        const ListQuery& query);
// Rows with id > after, by id: for walking a whole table.
absl::StatusOr<std::vector<sql::Row>> RowsAfter(sql::Transaction& transaction, const Table& table,
                                                std::int64_t after, std::int64_t limit);

// The first of `count` new ids in a row, never used before.
absl::StatusOr<std::int64_t> TakeIds(sql::Transaction& transaction, const Table& table,
                                     std::int64_t count);

// Sets id (a new one, never used before), times and version of `record`. AlreadyExists when a
// unique value is taken, InvalidArgument when it names something that does not exist. This and the
// two below add to `changes` what they did.
absl::Status InsertRow(sql::Transaction& transaction, Changes& changes, const Table& table,
                       std::int64_t now_ms, const std::vector<sql::Value>& values, Record& record);
// The same with the id that `record` has, out of TakeIds.
absl::Status InsertRowWithId(sql::Transaction& transaction, Changes& changes, const Table& table,
                             std::int64_t now_ms, const std::vector<sql::Value>& values,
                             Record& record);
// Many new rows of what nobody has to hear of; their ids ascend.
absl::Status InsertPlainRows(sql::Transaction& transaction, const Table& table, std::int64_t now_ms,
                             std::vector<std::vector<sql::Value>> rows);
// Writes where `record.version` still holds and moves version and time of `record` on; Aborted
// (so the transaction runs again) when somebody else was quicker.
absl::Status UpdateRow(sql::Transaction& transaction, Changes& changes, const Table& table,
                       std::int64_t now_ms, const std::vector<sql::Value>& values, Record& record);
// Conflict when others still name it.
absl::Status DeleteRow(sql::Transaction& transaction, Changes& changes, const Table& table,
                       std::int64_t id);

}  // namespace weir::admin

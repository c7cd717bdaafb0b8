#include "services/admin/store/table.h"

#include <algorithm>
#include <variant>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/audit.h"

namespace weir::admin {
namespace {

absl::Status ExplainWrite(const absl::Status& status, const Table& table) {
  if (absl::IsAlreadyExists(status)) {
    return Problem(absl::StatusCode::kAlreadyExists, reason::kConflict,
                   StrCat("there is already such a ", table.what, " (names are unique)"));
  }
  if (absl::IsFailedPrecondition(status)) {
    return BadParameter(StrCat("the ", table.what, " names a group or user that does not exist"));
  }
  return status;
}

void AddChange(const Table& table, std::int64_t id, Changes& changes) {
  if (table.kind.has_value()) changes.Add(*table.kind, id);
}

std::size_t PlaceOf(const Table& table, std::string_view column) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), column);
  return static_cast<std::size_t>(found - table.columns.begin());
}

std::string TitleOf(const Table& table, const std::vector<sql::Value>& values) {
  const auto* title = std::get_if<std::string>(&values.at(PlaceOf(table, table.title)));
  return title == nullptr ? std::string() : *title;
}

// A row's columns behind those of the record, of the types that `values` have.
std::vector<sql::Value> ValuesLike(const std::vector<sql::Value>& values, const sql::Row& row) {
  std::vector<sql::Value> read;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t column = kRecordColumns + i;
    if (std::holds_alternative<std::int64_t>(values[i])) {
      read.emplace_back(row.Int(column));
    } else {
      read.emplace_back(row.Text(column));
    }
  }
  return read;
}

}  // namespace

std::string SelectFrom(const Table& table) {
  std::string sql = "SELECT id, created_at_ms, updated_at_ms, version";
  for (const std::string_view column : table.columns) StrAppend(sql, ", ", column);
  StrAppend(sql, " FROM ", table.name);
  return sql;
}

void ReadRecord(const sql::Row& row, Record& record) {
  record.id = row.Int(0);
  record.created_at_ms = row.Int(1);
  record.updated_at_ms = row.Int(2);
  record.version = row.Int(3);
}

absl::StatusOr<sql::Row> ReadRow(sql::Transaction& transaction, const Table& table,
                                 std::int64_t id) {
  return FindRow(transaction, table, "id", id);
}

absl::StatusOr<sql::Row> FindRow(sql::Transaction& transaction, const Table& table,
                                 std::string_view column, const sql::Value& value) {
  auto result = transaction.Execute(StrCat(SelectFrom(table), " WHERE ", column, " = $1"), {value});
  if (!result.ok()) return result.status();
  if (result->rows.empty()) return NotFound(table.what);
  return std::move(result->rows.front());
}

absl::StatusOr<std::vector<sql::Row>> RowsAfter(sql::Transaction& transaction, const Table& table,
                                                std::int64_t after, std::int64_t limit) {
  auto result = transaction.Execute(
      StrCat(SelectFrom(table), " WHERE id > $1 ORDER BY id LIMIT $2"), {after, limit});
  if (!result.ok()) return result.status();
  return std::move(result->rows);
}

absl::StatusOr<std::int64_t> TakeIds(sql::Transaction& transaction, const Table& table,
                                     std::int64_t count) {
  auto result = transaction.Execute(
      "UPDATE ids SET next_id = next_id + CAST($2 AS BIGINT) WHERE name = $1 "
      "RETURNING next_id - CAST($2 AS BIGINT)",
      {std::string(table.name), count});
  if (!result.ok()) return result.status();
  if (result->rows.size() != 1) return absl::InternalError("a table has no row in ids");
  return result->rows.front().Int(0);
}

absl::Status InsertRow(sql::Transaction& transaction, Changes& changes, const Table& table,
                       std::int64_t now_ms, const std::vector<sql::Value>& values, Record& record) {
  auto id = TakeIds(transaction, table, 1);
  if (!id.ok()) return id.status();
  record.id = *id;
  return InsertRowWithId(transaction, changes, table, now_ms, values, record);
}

absl::Status InsertRowWithId(sql::Transaction& transaction, Changes& changes, const Table& table,
                             std::int64_t now_ms, const std::vector<sql::Value>& values,
                             Record& record) {
  std::string sql =
      StrCat("INSERT INTO ", table.name, " (id, created_at_ms, updated_at_ms, version");
  for (const std::string_view column : table.columns) StrAppend(sql, ", ", column);
  sql += ") VALUES ($1, $2, $2, 1";
  std::vector<sql::Value> parameters = {record.id, now_ms};
  for (const sql::Value& value : values) {
    parameters.push_back(value);
    StrAppend(sql, ", $", parameters.size());
  }
  sql += ")";
  auto inserted = transaction.Execute(sql, parameters);
  if (!inserted.ok()) return ExplainWrite(inserted.status(), table);
  record = {.id = record.id, .created_at_ms = now_ms, .updated_at_ms = now_ms, .version = 1};
  AddChange(table, record.id, changes);
  if (ActorScope::Current() != nullptr) {
    changes.Note({std::string(table.what), record.id, TitleOf(table, values), "create",
                  Difference(table, {}, values)});
  }
  return absl::OkStatus();
}

absl::Status InsertPlainRows(sql::Transaction& transaction, const Table& table, std::int64_t now_ms,
                             std::vector<std::vector<sql::Value>> rows) {
  if (rows.empty()) return absl::OkStatus();
  auto id = TakeIds(transaction, table, static_cast<std::int64_t>(rows.size()));
  if (!id.ok()) return id.status();
  std::vector<std::string_view> columns = {"id", "created_at_ms", "updated_at_ms", "version"};
  columns.insert(columns.end(), table.columns.begin(), table.columns.end());
  for (std::vector<sql::Value>& row : rows) {
    const std::vector<sql::Value> record = {(*id)++, now_ms, now_ms, std::int64_t{1}};
    row.insert(row.begin(), record.begin(), record.end());
  }
  return transaction.InsertMany(table.name, columns, rows);
}

absl::Status UpdateRow(sql::Transaction& transaction, Changes& changes, const Table& table,
                       std::int64_t now_ms, const std::vector<sql::Value>& values, Record& record) {
  if (ActorScope::Current() != nullptr) {
    auto before = ReadRow(transaction, table, record.id);
    if (!before.ok()) return before.status();
    changes.Note({std::string(table.what), record.id, TitleOf(table, values), "update",
                  Difference(table, ValuesLike(values, *before), values)});
  }
  std::string sql = StrCat("UPDATE ", table.name, " SET updated_at_ms = $3, version = version + 1");
  std::vector<sql::Value> parameters = {record.id, record.version, now_ms};
  for (std::size_t i = 0; i < values.size(); ++i) {
    parameters.push_back(values[i]);
    StrAppend(sql, ", ", table.columns.at(i), " = $", parameters.size());
  }
  sql += " WHERE id = $1 AND version = $2";
  auto updated = transaction.Execute(sql, parameters);
  if (!updated.ok()) return ExplainWrite(updated.status(), table);
  if (updated->affected_rows != 1) {
    return absl::AbortedError(StrCat("the ", table.what, " was changed at the same time"));
  }
  record.version += 1;
  record.updated_at_ms = now_ms;
  AddChange(table, record.id, changes);
  return absl::OkStatus();
}

absl::Status DeleteRow(sql::Transaction& transaction, Changes& changes, const Table& table,
                       std::int64_t id) {
  if (ActorScope::Current() != nullptr) {
    auto before = ReadRow(transaction, table, id);
    if (!before.ok()) return before.status();
    const std::string& title = before->Text(kRecordColumns + PlaceOf(table, table.title));
    changes.Note({std::string(table.what), id, title, "delete", {}});
  }
  auto deleted = transaction.Execute(StrCat("DELETE FROM ", table.name, " WHERE id = $1"), {id});
  if (absl::IsFailedPrecondition(deleted.status())) {
    return Conflict(StrCat("the ", table.what, " is in use"));
  }
  if (!deleted.ok()) return deleted.status();
  if (deleted->affected_rows != 1) return NotFound(table.what);
  AddChange(table, id, changes);
  return absl::OkStatus();
}

}  // namespace weir::admin

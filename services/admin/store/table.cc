#include "services/admin/store/table.h"

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

std::string SelectFrom(const Table& table) {
  std::string sql = "SELECT id, created_at_ms, updated_at_ms, version";
  for (const std::string_view column : table.columns) StrAppend(sql, ", ", column);
  StrAppend(sql, " FROM ", table.name);
  return sql;
}

// Appends " WHERE a AND b" with numbered parameters, whose values go to `values`.
void AppendWhere(const std::vector<Condition>& conditions, std::string& sql,
                 std::vector<sql::Value>& values) {
  std::string_view joint = " WHERE ";
  for (const Condition& condition : conditions) {
    StrAppend(sql, joint, "(");
    std::size_t next = 0;
    for (const char c : condition.sql) {
      if (c != '?') {
        sql += c;
        continue;
      }
      values.push_back(condition.values.at(next++));
      StrAppend(sql, "$", values.size());
    }
    sql += ")";
    joint = " AND ";
  }
}

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

absl::StatusOr<std::int64_t> NextId(sql::Transaction& transaction, const Table& table) {
  auto result = transaction.Execute(
      "UPDATE ids SET next_id = next_id + 1 WHERE name = $1 RETURNING next_id - 1",
      {std::string(table.name)});
  if (!result.ok()) return result.status();
  if (result->rows.size() != 1) return absl::InternalError("a table has no row in ids");
  return result->rows.front().Int(0);
}

}  // namespace

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

absl::StatusOr<Page<sql::Row>> ListRows(sql::Transaction& transaction, const Table& table,
                                        const ListQuery& query) {
  Page<sql::Row> page;
  std::vector<sql::Value> values;
  std::string where;
  AppendWhere(query.conditions, where, values);
  auto total = transaction.Execute(StrCat("SELECT COUNT(*) FROM ", table.name, where), values);
  if (!total.ok()) return total.status();
  page.total = total->rows.front().Int(0);

  const std::string_view direction = query.descending ? " DESC" : "";
  std::string sql = StrCat(SelectFrom(table), where, " ORDER BY ", query.order_column, direction);
  if (query.order_column != "id") StrAppend(sql, ", id", direction);
  values.emplace_back(query.limit);
  StrAppend(sql, " LIMIT $", values.size());
  values.emplace_back(query.offset);
  StrAppend(sql, " OFFSET $", values.size());
  auto rows = transaction.Execute(sql, values);
  if (!rows.ok()) return rows.status();
  page.items = std::move(rows->rows);
  return page;
}

absl::StatusOr<std::vector<sql::Row>> RowsAfter(sql::Transaction& transaction, const Table& table,
                                                std::int64_t after, std::int64_t limit) {
  auto result = transaction.Execute(
      StrCat(SelectFrom(table), " WHERE id > $1 ORDER BY id LIMIT $2"), {after, limit});
  if (!result.ok()) return result.status();
  return std::move(result->rows);
}

absl::Status InsertRow(sql::Transaction& transaction, const Table& table, std::int64_t now_ms,
                       const std::vector<sql::Value>& values, Record& record) {
  auto id = NextId(transaction, table);
  if (!id.ok()) return id.status();
  std::string sql =
      StrCat("INSERT INTO ", table.name, " (id, created_at_ms, updated_at_ms, version");
  for (const std::string_view column : table.columns) StrAppend(sql, ", ", column);
  sql += ") VALUES ($1, $2, $2, 1";
  std::vector<sql::Value> parameters = {*id, now_ms};
  for (const sql::Value& value : values) {
    parameters.push_back(value);
    StrAppend(sql, ", $", parameters.size());
  }
  sql += ")";
  auto inserted = transaction.Execute(sql, parameters);
  if (!inserted.ok()) return ExplainWrite(inserted.status(), table);
  record = {.id = *id, .created_at_ms = now_ms, .updated_at_ms = now_ms, .version = 1};
  return absl::OkStatus();
}

absl::Status UpdateRow(sql::Transaction& transaction, const Table& table, std::int64_t now_ms,
                       const std::vector<sql::Value>& values, Record& record) {
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
  return absl::OkStatus();
}

absl::Status DeleteRow(sql::Transaction& transaction, const Table& table, std::int64_t id) {
  auto deleted = transaction.Execute(StrCat("DELETE FROM ", table.name, " WHERE id = $1"), {id});
  if (absl::IsFailedPrecondition(deleted.status())) {
    return Conflict(StrCat("the ", table.what, " is in use"));
  }
  if (!deleted.ok()) return deleted.status();
  return deleted->affected_rows == 1 ? absl::OkStatus() : NotFound(table.what);
}

}  // namespace weir::admin

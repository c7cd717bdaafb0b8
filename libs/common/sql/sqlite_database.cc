#include "libs/common/sql/sqlite_database.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libs/common/sql/connection_pool.h"
#include "libs/common/sql/sqlite_connection.h"
#include "libs/common/text.h"

namespace weir::sql {
namespace {

using Pool = ConnectionPool<SqliteConnection>;

std::string InsertStatement(std::string_view table, const std::vector<std::string_view>& columns) {
  std::string names;
  std::string markers;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    StrAppend(names, i == 0 ? "" : ", ", columns[i]);
    StrAppend(markers, i == 0 ? "$" : ", $", i + 1);
  }
  return StrCat("INSERT INTO ", table, " (", names, ") VALUES (", markers, ")");
}

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}

  using Transaction::Execute;
  absl::StatusOr<Result> Execute(std::string_view sql,
                                 const std::vector<Value>& parameters) override {
    if (!failure_.ok()) return failure_;
    absl::StatusOr<Result> result = connection_.Execute(sql, parameters);
    if (!result.ok()) failure_ = result.status();
    return result;
  }

  absl::Status Lock(std::string_view) override { return failure_; }

  absl::Status InsertMany(std::string_view table, const std::vector<std::string_view>& columns,
                          const std::vector<std::vector<Value>>& rows) override {
    const std::string sql = InsertStatement(table, columns);
    for (const std::vector<Value>& row : rows) {
      absl::StatusOr<Result> result = Execute(sql, row);
      if (!result.ok()) return result.status();
    }
    return failure_;
  }

  absl::StatusOr<bool> TryInsertMany(std::string_view table,
                                     const std::vector<std::string_view>& columns,
                                     const std::vector<std::vector<Value>>& rows) override {
    if (absl::StatusOr<Result> begun = Execute("SAVEPOINT weir_try"); !begun.ok()) {
      return begun.status();
    }
    const std::string sql = InsertStatement(table, columns);
    bool inserted = true;
    for (const std::vector<Value>& row : rows) {
      absl::StatusOr<Result> result = connection_.Execute(sql, row);
      inserted = result.ok();
      if (inserted) continue;
      if (absl::IsAlreadyExists(result.status())) break;
      failure_ = result.status();
      return failure_;
    }
    if (!inserted && !Execute("ROLLBACK TO weir_try").ok()) return failure_;
    if (absl::StatusOr<Result> ended = Execute("RELEASE weir_try"); !ended.ok()) {
      return ended.status();
    }
    return inserted;
  }

  absl::StatusOr<Result> MergeMany(std::string_view table,
                                   const std::vector<std::string_view>& columns,
                                   const std::vector<std::vector<Value>>& rows,
                                   std::string_view on_conflict) override {
    const std::string sql = StrCat(InsertStatement(table, columns), " ", on_conflict);
    Result all;
    for (const std::vector<Value>& row : rows) {
      absl::StatusOr<Result> result = Execute(sql, row);
      if (!result.ok()) return result.status();
      all.affected_rows += result->affected_rows;
      for (Row& returned : result->rows) all.rows.push_back(std::move(returned));
    }
    return all;
  }

  SqlDialect dialect() const override { return SqlDialect::kSqlite; }

  // The first error. PostgreSQL refuses everything after it; so do we, that code which passes on
  // one database passes on the other.
  const absl::Status& failure() const { return failure_; }

 private:
  SqliteConnection& connection_;
  absl::Status failure_;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, int connections_max)
      : path_(std::move(path)),
        writer_(1, [this] { return Open(SqliteConnection::Access::kReadWrite); }),
        readers_(std::max(1, connections_max - 1),
                 [this] { return Open(SqliteConnection::Access::kQueryOnly); }) {}

  // Opens the writer, so that a bad path is told at start.
  absl::Status OpenWriter() { return writer_.Borrow().status(); }

  SqlDialect dialect() const override { return SqlDialect::kSqlite; }

 private:
  absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(SqliteConnection::Access access) {
    return SqliteConnection::Open(path_, access);
  }

  // A database in memory belongs to its one connection.
  bool InMemory() const { return path_ == ":memory:"; }

  absl::Status RunOnce(Access access, const Body& body) override {
    const bool read = access == Access::kRead && !InMemory();
    absl::StatusOr<Pool::Loan> loan = (read ? readers_ : writer_).Borrow();
    if (!loan.ok()) return loan.status();
    SqliteConnection& connection = **loan;
    // IMMEDIATE: taking the write lock later could fail half-way through the body.
    absl::StatusOr<Result> begun = connection.Execute(read ? "BEGIN" : "BEGIN IMMEDIATE", {});
    if (!begun.ok()) return begun.status();
    SqliteTransaction transaction(connection);
    absl::Status status = body(transaction);
    if (status.ok()) status = transaction.failure();
    if (status.ok()) status = connection.Execute("COMMIT", {}).status();
    if (!status.ok() && !connection.Execute("ROLLBACK", {}).ok()) {
      // An error such as a full disk rolls back by itself; any other state is unknown.
      if (!InMemory()) loan->Discard();
    }
    return status;
  }

  const std::string path_;
  Pool writer_;
  Pool readers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(std::string_view path, int connections_max) {
  auto database = std::make_unique<SqliteDatabase>(std::string(path), connections_max);
  if (absl::Status status = database->OpenWriter(); !status.ok()) return status;
  return database;
}

}  // namespace weir::sql

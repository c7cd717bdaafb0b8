// One small interface over SQLite and PostgreSQL, the same SQL text for both: `$1` parameters,
// ON CONFLICT, RETURNING, integer ids, integer milliseconds. Where the two need different text
// (a partition), the caller asks dialect().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::sql {

enum class SqlDialect { kSqlite, kPostgres };

// Raw bytes, told apart from text (BLOB, BYTEA).
struct Blob {
  std::string bytes;
};

// A parameter or a column: null, integer, text or bytes. There are no floats in the schema.
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;

// One row of a result. Column positions from 0; asking a column for another type than it has
// is a bug of ours and asserts. Null reads as 0 and "".
class Row {
 public:
  explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}

  std::int64_t Int(std::size_t column) const;
  const std::string& Text(std::size_t column) const;
  const std::string& Bytes(std::size_t column) const;
  bool IsNull(std::size_t column) const;
  std::size_t size() const { return columns_.size(); }

 private:
  std::vector<Value> columns_;
};

struct Result {
  std::vector<Row> rows;
  std::int64_t affected_rows = 0;
};

// One connection inside one transaction. Lives only within the callback of Database::Transact, on
// its thread. After the first error the transaction is over: later calls return that error, and so
// does Transact.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // One statement; `$n` is parameters[n - 1], and each parameter must occur. Text is UTF-8 without
  // NUL bytes. Where PostgreSQL cannot tell a parameter's type, write CAST($1 AS BIGINT).
  // Errors: AlreadyExists (unique constraint), FailedPrecondition (foreign key, check),
  // InvalidArgument (NUL in text, a number out of range), Unavailable (connection lost), Aborted
  // (deadlock, busy), Internal (all else). Messages name the constraint, never a parameter.
  virtual absl::StatusOr<Result> Execute(std::string_view sql,
                                         const std::vector<Value>& parameters) = 0;
  absl::StatusOr<Result> Execute(std::string_view sql) { return Execute(sql, {}); }

  // Waits until no other transaction holds the lock of that name, and holds it to the end of this
  // one. PostgreSQL runs transactions at READ COMMITTED, so take it before reading what decides a
  // write. Nothing to do on SQLite: there is one writer at a time anyway.
  virtual absl::Status Lock(std::string_view name) = 0;

  // Writes many rows at once: COPY on PostgreSQL, one prepared INSERT on SQLite. All rows have as
  // many values as there are columns.
  virtual absl::Status InsertMany(std::string_view table,
                                  const std::vector<std::string_view>& columns,
                                  const std::vector<std::vector<Value>>& rows) = 0;

  // The same; but false, and nothing written, when one of the rows would break a unique constraint.
  // The transaction goes on then.
  virtual absl::StatusOr<bool> TryInsertMany(std::string_view table,
                                             const std::vector<std::string_view>& columns,
                                             const std::vector<std::vector<Value>>& rows) = 0;

  // Writes many rows of which some may be there already: an INSERT of all of them, in their order,
  // with `on_conflict` behind it ("ON CONFLICT (id) DO …", perhaps RETURNING, whose rows it
  // answers). Two transactions that merge into the same rows in one order cannot deadlock. No value
  // is null, and those of a column have one type.
  virtual absl::StatusOr<Result> MergeMany(std::string_view table,
                                           const std::vector<std::string_view>& columns,
                                           const std::vector<std::vector<Value>>& rows,
                                           std::string_view on_conflict) = 0;

  virtual SqlDialect dialect() const = 0;
};

// A pool of connections. Thread-safe; every call blocks, so never call it on a relay's loop.
class Database {
 public:
  virtual ~Database() = default;

  using Body = std::function<absl::Status(Transaction&)>;

  // Runs `body` in one transaction: commits when it returns OK, else rolls back and returns its
  // status. Tries again on Aborted, at most 5 times, so `body` must be repeatable. Unavailable may
  // also mean that the commit's answer was lost: then it may have happened.
  absl::Status Transact(const Body& body);

  // The same for reading alone, on one consistent state; never waits for a writer.
  absl::Status Read(const Body& body);

  // One statement in a transaction of its own.
  absl::StatusOr<Result> Execute(std::string_view sql, const std::vector<Value>& parameters);
  absl::StatusOr<Result> Execute(std::string_view sql) { return Execute(sql, {}); }

  // One SELECT; see Read.
  absl::StatusOr<Result> Query(std::string_view sql, const std::vector<Value>& parameters);
  absl::StatusOr<Result> Query(std::string_view sql) { return Query(sql, {}); }

  // OK when the database answers; for /ready.
  absl::Status Ping();

  virtual SqlDialect dialect() const = 0;

 protected:
  enum class Access { kWrite, kRead };

 private:
  // One try.
  virtual absl::Status RunOnce(Access access, const Body& body) = 0;

  absl::Status RunWithRetries(Access access, const Body& body);
};

// `sqlite:PATH` (`sqlite::memory:` for tests) or `postgresql://user:password@host/database`.
// InvalidArgument for any other form, Unavailable when it cannot be opened. Errors never hold the
// password. `connections_max` bounds the pool (SQLite: one writer, the rest read).
absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(std::string_view url,
                                                       int connections_max = 4);

// The same of a service's start, for at most `timeout_ms`: a database that starts together with it
// may need a moment. What is no URL of a database is told at once. Cancelled: the process was asked
// to end meanwhile (ShutdownSignal).
absl::StatusOr<std::unique_ptr<Database>> OpenDatabaseWithin(std::string_view url,
                                                             int connections_max,
                                                             std::int64_t timeout_ms);

// One numbered step of a schema. `sqlite`/`postgres` hold text that only that one needs, run after
// `common`; statements are separated by `;` at the end of a line. Types that both understand:
// BIGINT, TEXT, BYTEA; `{identity}` becomes the dialect's "primary key that counts by itself".
struct Migration {
  int number;
  std::string_view name;
  std::string_view common;
  std::string_view sqlite = {};
  std::string_view postgres = {};
  // What needs more than text, such as today's date; runs first.
  absl::Status (*step)(Transaction&) = nullptr;
};

// Brings the schema of `component` ("admin", "usage") up to date, each step in a transaction, under
// a lock that other processes respect. FailedPrecondition when the database is newer than we are.
absl::Status Migrate(Database& database, std::string_view component,
                     const std::vector<Migration>& migrations);

// Unavailable when a step has been applied that is not among `migrations`: by a newer program.
absl::Status CheckSchema(Transaction& transaction, std::string_view component,
                         const std::vector<Migration>& migrations);

// The same for a transaction that writes what a later step may sum up: none is applied before its
// end.
absl::Status HoldSchema(Transaction& transaction, std::string_view component,
                        const std::vector<Migration>& migrations);

// Writes nothing: OK when Migrate would not either, FailedPrecondition when it would, or when the
// database is newer than we are.
absl::Status CheckMigrated(Database& database, std::string_view component,
                           const std::vector<Migration>& migrations);

}  // namespace weir::sql

#include "libs/common/sql/sqlite_connection.h"

#include <sqlite3.h>

#include <utility>

#include "libs/common/text.h"

namespace weir::sql {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// Statements with lists of varying length must not grow the cache without end.
constexpr std::size_t kStatementsMax = 256;

// FULL: WAL is synced at each commit, because a commit is what usage acknowledges.
constexpr std::string_view kPragmas[] = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
};

absl::Status ConstraintStatus(int code, const std::string& message) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return absl::AlreadyExistsError(message);
    default:
      return absl::FailedPreconditionError(message);
  }
}

// The parameter stays alive until the statement is reset, so nothing is copied.
int BindValue(sqlite3_stmt* statement, int position, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, position, *integer);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return sqlite3_bind_blob64(statement, position, blob->bytes.data(), blob->bytes.size(),
                               SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, position);
}

std::string ColumnBytes(sqlite3_stmt* statement, int column) {
  const void* data = sqlite3_column_blob(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

absl::StatusOr<Row> ReadRow(sqlite3_stmt* statement) {
  const int count = sqlite3_column_count(statement);
  std::vector<Value> columns;
  columns.reserve(static_cast<std::size_t>(count));
  for (int column = 0; column < count; ++column) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_INTEGER:
        columns.emplace_back(std::int64_t{sqlite3_column_int64(statement, column)});
        break;
      case SQLITE_TEXT:
        columns.emplace_back(ColumnBytes(statement, column));
        break;
      case SQLITE_BLOB:
        columns.emplace_back(Blob{ColumnBytes(statement, column)});
        break;
      case SQLITE_NULL:
        columns.emplace_back();
        break;
      default:  // a sum beyond 64 bits becomes one
        return absl::InternalError(StrCat("column ", column, " is a float"));
    }
  }
  return Row(std::move(columns));
}

}  // namespace

void SqliteConnection::CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

void SqliteConnection::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         Access access) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  if (code != SQLITE_OK) {
    return absl::UnavailableError(StrCat("cannot open ", path, ": ", sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  for (std::string_view pragma : kPragmas) {
    absl::StatusOr<Result> result = connection->Execute(pragma, {});
    if (!result.ok()) {
      return absl::UnavailableError(StrCat("cannot open ", path, ": ", result.status().message()));
    }
  }
  if (access == Access::kQueryOnly) {
    absl::StatusOr<Result> result = connection->Execute("PRAGMA query_only = ON", {});
    if (!result.ok()) return result.status();
  }
  return connection;
}

SqliteConnection::~SqliteConnection() = default;

absl::StatusOr<SqliteConnection::Statement*> SqliteConnection::Prepare(std::string_view sql) {
  if (auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, &rest);
  auto statement = std::make_unique<Statement>();
  statement->handle.reset(handle);
  if (code != SQLITE_OK) return ErrorStatus(code);
  if (handle == nullptr) return absl::InternalError("an empty SQL statement");
  for (int n = 1;; ++n) {
    const int position = sqlite3_bind_parameter_index(handle, StrCat("$", n).c_str());
    if (position == 0) break;
    statement->positions.push_back(position);
  }
  if (statements_.size() >= kStatementsMax) statements_.clear();
  return statements_.emplace(std::string(sql), std::move(statement)).first->second.get();
}

absl::Status SqliteConnection::Bind(const Statement& statement,
                                    const std::vector<Value>& parameters) {
  const int expected = sqlite3_bind_parameter_count(statement.handle.get());
  if (parameters.size() != statement.positions.size() ||
      parameters.size() != static_cast<std::size_t>(expected)) {
    return absl::InternalError(
        StrCat("a statement with ", expected, " parameters was given ", parameters.size()));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto* text = std::get_if<std::string>(&parameters[i]);
    if (text != nullptr && text->find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(StrCat("parameter $", i + 1, " has a NUL byte"));
    }
    const int code = BindValue(statement.handle.get(), statement.positions[i], parameters[i]);
    if (code != SQLITE_OK) return ErrorStatus(code);
  }
  return absl::OkStatus();
}

absl::StatusOr<Result> SqliteConnection::Execute(std::string_view sql,
                                                 const std::vector<Value>& parameters) {
  absl::StatusOr<Statement*> prepared = Prepare(sql);
  if (!prepared.ok()) return prepared.status();
  sqlite3_stmt* statement = (*prepared)->handle.get();
  // A statement left open would hold its lock, and its parameters die with this call.
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  } reset{statement};
  if (absl::Status bound = Bind(**prepared, parameters); !bound.ok()) return bound;

  Result result;
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    absl::StatusOr<Row> row = ReadRow(statement);
    if (!row.ok()) return row.status();
    result.rows.push_back(*std::move(row));
  }
  if (code != SQLITE_DONE) return ErrorStatus(code);
  const bool writes = sqlite3_stmt_readonly(statement) == 0;
  result.affected_rows =
      writes ? sqlite3_changes64(database_.get()) : static_cast<std::int64_t>(result.rows.size());
  return result;
}

// SQLite's messages name tables and columns, never values.
absl::Status SqliteConnection::ErrorStatus(int code) const {
  const std::string message = StrCat("SQLite: ", sqlite3_errmsg(database_.get()));
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return ConstraintStatus(code, message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::AbortedError(message);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_FULL:
      return absl::UnavailableError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace weir::sql

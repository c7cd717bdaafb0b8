// One SQLite connection with its prepared statements. Not thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::sql {

class SqliteConnection {
 public:
  enum class Access { kReadWrite, kQueryOnly };

  // Unavailable when the file cannot be opened or is no database.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path,
                                                                Access access);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Errors as of Transaction::Execute.
  absl::StatusOr<Result> Execute(std::string_view sql, const std::vector<Value>& parameters);

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Statement {
    std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle;
    std::vector<int> positions;  // of `$1`, `$2`, … as SQLite numbers them
  };

  explicit SqliteConnection(sqlite3* database) : database_(database) {}

  absl::StatusOr<Statement*> Prepare(std::string_view sql);
  absl::Status Bind(const Statement& statement, const std::vector<Value>& parameters);
  absl::Status ErrorStatus(int code) const;

  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::map<std::string, std::unique_ptr<Statement>, std::less<>> statements_;
};

}  // namespace weir::sql

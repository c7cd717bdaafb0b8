#include "libs/common/sql/backup.h"

#include <filesystem>
#include <memory>

#include "libs/common/sql/sqlite_connection.h"
#include "libs/common/text.h"

namespace weir::sql {

absl::Status BackUpDatabase(std::string_view url, const std::string& target) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) {
    return absl::InvalidArgumentError("only SQLite is copied this way; use pg_dump");
  }
  const std::string path(url.substr(kSqlite.size()));
  // Opening one that is not there would make it.
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::NotFoundError(StrCat("there is no database ", path));
  }
  if (std::filesystem::exists(target, ignored)) {
    return absl::AlreadyExistsError(StrCat(target, " is there already"));
  }
  auto connection = SqliteConnection::Open(path, SqliteConnection::Access::kReadWrite);
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute("VACUUM INTO $1", {target}).status();
}

}  // namespace weir::sql

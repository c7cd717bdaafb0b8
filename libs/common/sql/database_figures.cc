#include "libs/common/sql/database_figures.h"

#include <string_view>

#include "libs/common/clock.h"

namespace weir::sql {
namespace {

constexpr std::string_view kPostgresBytes = "SELECT pg_database_size(current_database())";
constexpr std::string_view kSqliteBytes =
    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";

}  // namespace

absl::StatusOr<DatabaseFigures> MeasureDatabase(Database& database) {
  DatabaseFigures figures;
  const absl::Status read = database.Read([&](Transaction& transaction) {
    figures.dialect = transaction.dialect();
    const std::int64_t began_ns = SteadyNs();
    if (auto least = transaction.Execute("SELECT 1"); !least.ok()) return least.status();
    // Rounded up: 0 would say that nobody has told.
    figures.latency_us = (SteadyNs() - began_ns + kNsPerUs - 1) / kNsPerUs;
    const bool postgres = figures.dialect == SqlDialect::kPostgres;
    const auto bytes = transaction.Execute(postgres ? kPostgresBytes : kSqliteBytes);
    if (bytes.ok()) figures.bytes = bytes->rows.front().Int(0);
    return bytes.status();
  });
  if (!read.ok()) return read;
  return figures;
}

}  // namespace weir::sql

#include "services/usage/relay_overhead.h"

#include "libs/common/text.h"
#include "services/usage/event_filter.h"

namespace weir::usage {

absl::StatusOr<std::map<std::string, Percentiles>> ReadOverheads(sql::Database& database,
                                                                 std::int64_t now_unix_ms) {
  std::map<std::string, Counts> counts;
  const absl::Status read = database.Read([&](sql::Transaction& transaction) {
    counts.clear();
    WhereBuilder where;
    AddEventConditions({.from_unix_ms = now_unix_ms - kOverheadAgeMsMax}, transaction.dialect(),
                       where);
    const std::string limit = where.Parameter(kOverheadRequestsMax);
    const auto latest = transaction.Execute(
        StrCat("SELECT relay_id, overhead_us FROM usage_events ", where.Clause(),
               " ORDER BY started_at_unix_ms DESC, id DESC LIMIT ", limit),
        where.parameters());
    if (!latest.ok()) return latest.status();
    for (const sql::Row& row : latest->rows) {
      // Of a request without an answer nothing was measured.
      if (row.Int(1) > 0) ++counts[row.Text(0)][row.Int(1)];
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  std::map<std::string, Percentiles> overheads;
  for (const auto& [relay_id, measured] : counts) overheads[relay_id] = PercentilesOf(measured);
  return overheads;
}

}  // namespace weir::usage

#include "services/usage/page_bound.h"

#include <algorithm>
#include <string_view>

#include "libs/common/ids.h"
#include "libs/common/text.h"

namespace weir::usage {

EventFilter IndexedPart(const EventFilter& filter) {
  EventFilter part = {.from_unix_ms = filter.from_unix_ms,
                      .to_unix_ms = filter.to_unix_ms,
                      .user_ids = filter.user_ids,
                      .key_ids = filter.key_ids,
                      .account_ids = filter.account_ids,
                      .only_errors = filter.only_errors || OnlyFailures(filter),
                      .only_cache_hits = filter.only_cache_hits,
                      .id = filter.id,
                      .sessions = filter.sessions};
  if (filter.source == EventSource::kTest) part.source = filter.source;
  if (filter.retried.value_or(false)) part.retried = filter.retried;
  return part;
}

absl::StatusOr<std::optional<std::int64_t>> FindPageBound(sql::Transaction& transaction,
                                                          const EventFilter& filter, bool ascending,
                                                          std::optional<std::int64_t> begin_unix_ms,
                                                          std::int64_t walked_rows_max) {
  const bool one_row = !filter.id.empty() || UuidFromText(filter.search).ok();
  EventFilter part = IndexedPart(filter);
  if (one_row || part == filter) return std::nullopt;
  if (begin_unix_ms.has_value() && ascending) {
    part.from_unix_ms = std::max(part.from_unix_ms, *begin_unix_ms);
  } else if (begin_unix_ms.has_value()) {
    const std::int64_t to_unix_ms = *begin_unix_ms + 1;
    part.to_unix_ms = part.to_unix_ms == 0 ? to_unix_ms : std::min(part.to_unix_ms, to_unix_ms);
  }
  const EventFilter range = {.from_unix_ms = part.from_unix_ms, .to_unix_ms = part.to_unix_ms};
  const std::int64_t rows_max =
      part == range ? walked_rows_max
                    : std::max<std::int64_t>(walked_rows_max / kScatteredRowCost, 1);
  WhereBuilder where;
  AddEventConditions(part, transaction.dialect(), where);
  const std::string_view way = ascending ? "" : " DESC";
  const std::string offset = where.Parameter(rows_max - 1);
  const absl::StatusOr<sql::Result> last =
      transaction.Execute(StrCat("SELECT started_at_unix_ms FROM usage_events ", where.Clause(),
                                 " ORDER BY started_at_unix_ms", way, " LIMIT 1 OFFSET ", offset),
                          where.parameters());
  if (!last.ok()) return last.status();
  if (last->rows.empty()) return std::nullopt;
  return last->rows.front().Int(0);
}

}  // namespace weir::usage

// Lists in the order of what only usage knows of their records: sort=-today_cost,
// -today_requests, of users also -month_cost. The greatest come first, and what has no figure
// follows by id.
#pragma once

#include "absl/status/status.h"

#include "services/admin/resources/resource.h"

namespace weir::v1 {
enum Dimension : int;
class EventFilter;
}  // namespace weir::v1

namespace weir::admin {

// So many are put in order; those behind them used less, and follow by id.
inline constexpr int kOrderedByFigureMax = 10'000;

void AddFigureSorts(weir::v1::Dimension of, ListRules& rules);

// When the request wants such an order; `among` says whose figures may matter. Unavailable while
// usage is away.
absl::Status OrderByFigure(ResourceParts& parts, const Request& request, weir::v1::Dimension of,
                           const weir::v1::EventFilter& among, ListQuery& query);

}  // namespace weir::admin

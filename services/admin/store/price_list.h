// Taking over a list of prices: what would change, and the change. Prices are dated: a list never
// rewrites what was valid before, it adds what is valid from now on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/price_fields.h"
#include "services/admin/model/types.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// A row with a date is compared with the price in force at that date; without one with the price in
// force at `now_ms`: a new model's price holds since ever, a changed one from now on. Where the
// list has dated rows for a model too, its row without a date means "since ever" and nothing else.
// A row that says nothing of aliases keeps those of the price that it is compared with.
absl::StatusOr<PriceListPlan> PlanPriceList(sql::Transaction& transaction,
                                            const std::vector<PriceRow>& list, std::int64_t now_ms);
// Conflict that names the first of the plan's refused prices; OK when there is none.
absl::Status CheckPriceList(const PriceListPlan& plan);
absl::Status ApplyPriceList(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                            PriceSource source, PriceListPlan& plan);

// Loads the shipped list once in the life of a database; later calls do nothing.
absl::Status LoadShippedPrices(Store& store, const std::string& path);

}  // namespace weir::admin

// Models that were asked for while nobody had given them a price.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/price_table.h"
#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/usage_client.h"

namespace weir::v1 {
class UnpricedModel;
}

namespace weir::admin {

// What decides whether a model has a price by now.
struct PricesNow {
  PriceTable prices = PriceTable({});
  std::map<std::int64_t, std::string> providers = {};  // by account
  std::int64_t now_ms = 0;
};

// Prices, as relays look them up.
PriceTable PriceTableOf(const std::vector<Price>& prices);
absl::StatusOr<PricesNow> ReadPricesNow(Store& store);

bool IsPricedNow(const PricesNow& now, const weir::v1::UnpricedModel& row);
// A price from a later moment on does nothing for requests of before; one that was entered for the
// time of the requests does, once they are rated again.
bool IsPricedThen(const PricesNow& now, const weir::v1::UnpricedModel& row);

// Those of the last day that somebody has to give a price still.
struct Unpriced {
  std::set<std::string> models;
  std::int64_t requests = 0;
  bool all = true;  // false: usage tells no more models than these
};
// Unavailable while usage is away.
absl::StatusOr<Unpriced> FindUnpriced(Store& store, UsageClient& usage);

}  // namespace weir::admin

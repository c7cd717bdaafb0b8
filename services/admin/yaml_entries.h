// One entry of weir.yaml each: makes what it declares, or changes what differs, by name.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include <boost/json/object.hpp>

#include "services/admin/credentials/vault.h"
#include "services/admin/store/price_list.h"
#include "services/admin/store/store.h"

namespace weir::admin::yaml {

// What one run works on.
struct Run {
  sql::Transaction& transaction;
  Changes& changes;
  const Vault& vault;
  std::int64_t now_ms;
  std::vector<PriceRow> prices = {};  // gathered, since rows of one model are seen together
};

// Each checks the entry first: InvalidArgument by fields (FieldErrors).
absl::Status ApplyGroup(Run& run, const boost::json::object& entry);
absl::Status ApplyUser(Run& run, const boost::json::object& entry);
absl::Status ApplyAccount(Run& run, const boost::json::object& entry);
absl::Status ApplyKey(Run& run, const boost::json::object& entry);
absl::Status ApplyRoute(Run& run, const boost::json::object& entry);
absl::Status ApplySettings(Run& run, const boost::json::object& entry);

// Prices are gathered one by one, then applied together.
absl::Status ApplyPrice(Run& run, const boost::json::object& entry);
absl::Status ApplyPrices(Run& run);

}  // namespace weir::admin::yaml

// Which models a caller may use.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/http/message.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/store.h"

namespace weir::admin {

using ModelNames = std::set<std::pair<std::string, std::string>>;  // name, provider

// Adds those that the account serves. It names patterns; the price list knows the names that they
// stand for.
void AddModelNames(const Account& account, const Settings& settings,
                   const std::vector<Price>& prices, ModelNames& names);

// That of the caller, and those of the caller's keys.
absl::StatusOr<std::set<std::int64_t>> OwnGroups(sql::Transaction& transaction,
                                                 const Caller& caller);

// What these cost the caller.
Route ModelPriceRoute(ResourceParts& parts);

}  // namespace weir::admin

// Which models a caller may use.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

// What decides of an account which models it serves, and at whose prices.
struct Offer {
  std::string provider;
  std::vector<std::string> models;  // names and patterns; empty = all
  std::map<std::string, std::string> mapping;
  bool operator==(const Offer&) const = default;
  bool operator<(const Offer& other) const;
};

// Of these groups' accounts, or of all; in the order of choice, of those alike the first.
absl::StatusOr<std::vector<Offer>> OffersOf(sql::Transaction& transaction,
                                            const std::optional<std::set<std::int64_t>>& groups);

// Adds those that are offered. An offer names patterns; the price list knows the names that they
// stand for.
void AddModelNames(const Offer& offer, const std::vector<Price>& prices, ModelNames& names);

// That of the caller, and those of the caller's keys.
absl::StatusOr<std::set<std::int64_t>> OwnGroups(sql::Transaction& transaction,
                                                 const Caller& caller);

// What these cost the caller.
Route ModelPriceRoute(ResourceParts& parts);

}  // namespace weir::admin

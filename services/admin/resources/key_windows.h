// The budgets that bind a key, each with what is used of it, and reserved by requests under way.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "services/admin/model/types.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// The key's own and its user's, in this order; none where neither has one, and then nobody is
// asked. Unavailable while the usage service is away.
absl::StatusOr<boost::json::array> KeyWindows(UsageGlance& glance, const ApiKey& key,
                                              const User& user, std::int64_t now_ms);

boost::json::object KeyWindowShape();

}  // namespace weir::admin

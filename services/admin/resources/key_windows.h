// The budgets that bind a key, each with what is used of it, and reserved by requests under way.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "services/admin/model/types.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// A key, and those whose limits bind it as well.
struct BoundKey {
  ApiKey key;
  User user;
  Group group;
};
absl::StatusOr<BoundKey> ReadBoundKey(sql::Transaction& transaction, ApiKey key);

// What a group's others have spent is not for everybody: without amounts its windows say the share
// alone.
enum class GroupAmounts { kShown, kHidden };

// The key's own, its user's and its group's, in this order; none where none has one, and then
// nobody is asked. Unavailable while the usage service is away.
absl::StatusOr<boost::json::array> KeyWindows(UsageGlance& glance, const BoundKey& bound,
                                              GroupAmounts amounts, std::int64_t now_ms);

boost::json::object KeyWindowShape();

}  // namespace weir::admin

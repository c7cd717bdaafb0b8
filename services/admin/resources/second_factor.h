// What records of users say of their second factors.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/resources/resource.h"

namespace weir::admin {

// Adds `second_factor`, true or false, to records of users by their ids.
absl::Status AddSecondFactors(ResourceParts& parts, boost::json::array& users);

// A user as answers have it.
boost::json::value UserShape();

}  // namespace weir::admin

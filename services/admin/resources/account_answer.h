// An account as answers have it: its record, and what is known of it elsewhere.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "services/admin/model/types.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// Adds to accounts (AccountJson) since when they are as they are, how the renewal of their
// credentials goes, when they were last used and how much today.
void CompleteAccounts(ResourceParts& parts, boost::json::array& accounts);

boost::json::object AccountAnswer(ResourceParts& parts, const Account& account);
Shape AccountShape(ResourceParts& parts);

}  // namespace weir::admin

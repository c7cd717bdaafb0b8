// What only usage knows of API keys: when they were last used, and whether they are spent.
#pragma once

#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/model/types.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// Into `data`, the keys as answers have them, in the order of `keys`. Waits for usage a moment at
// most; while it is away nothing is added.
void AddKeyUse(ResourceParts& parts, const std::vector<const ApiKey*>& keys,
               boost::json::array& data);

// A key as answers have it; its text is in the answers to making and rotating alone.
boost::json::value KeyShape();
boost::json::value KeyWithTextShape();

}  // namespace weir::admin

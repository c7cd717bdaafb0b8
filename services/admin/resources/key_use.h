// What only usage knows of API keys: when they were last used, and whether they are spent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/model/types.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// Into `data`, the keys as answers have them, in the order of `keys`. While usage is away nothing
// is added.
void AddKeyUse(UsageGlance& glance, const std::vector<const ApiKey*>& keys,
               boost::json::array& data);

// The same, and `today` and `tightest_limit` (resources/subject_figures.h).
void CompleteKeys(ResourceParts& parts, const std::vector<const ApiKey*>& keys,
                  boost::json::array& data);

// Narrows a list of keys by the word that answers show; empty = all. For those that are spent:
// Unavailable while usage is away, InvalidArgument where too many keys have a limit for their
// lifetime.
absl::Status NarrowByStatus(ResourceParts& parts, std::string_view status, ListQuery& query);

// A key as answers have it; its text is in the answers to making and rotating alone.
boost::json::value KeyShape();
boost::json::value KeyWithTextShape();

}  // namespace weir::admin

// Parts of a model route that live in text columns, as JSON. Reading accepts what an older version
// wrote: a missing part has its default.
#pragma once

#include <string>
#include <vector>

#include "services/admin/model/types.h"

namespace weir::admin {

std::string EncodeRules(const std::vector<RouteRule>& rules);
std::vector<RouteRule> DecodeRules(const std::string& text);

// Bounds, defaults, stream mode, timeouts, attempts and disconnect policy.
std::string EncodeRouteOptions(const ModelRoute& route);
void DecodeRouteOptions(const std::string& text, ModelRoute& route);

}  // namespace weir::admin

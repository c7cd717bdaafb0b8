// The contract as OpenAPI 3.1, made of the rows that route (http/router.h), the code that reads
// bodies (json/body_schema.h) and the code that writes answers (json/describe.h).
#pragma once

#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "services/admin/http/router.h"

namespace weir::admin {

// Who may use a route: "public", "key", "user", "admin"; the document has it as x-weir-access.
std::string_view AccessWord(Access access);

// Runs the shapes of all rows, so what these refer to must live.
boost::json::object OpenApiDocument(const std::vector<Route>& routes, std::string_view version);

}  // namespace weir::admin

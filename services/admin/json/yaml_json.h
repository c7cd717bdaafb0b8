// YAML as JSON: a mapping is an object, a sequence an array, every scalar text, an empty one null.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include <boost/json/value.hpp>

namespace weir::admin {

// `variable` gives the value for ${NAME}; $${ stands for ${. InvalidArgument names the path
// ("accounts[0].secret_key") or the line that is at fault.
absl::StatusOr<boost::json::value> JsonOfYaml(
    std::string_view text,
    const std::function<std::optional<std::string>(const std::string&)>& variable);

}  // namespace weir::admin

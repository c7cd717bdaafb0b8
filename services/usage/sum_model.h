// Under which model a request is summed up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/usage/usage_event.h"

namespace weir::usage {

// Callers make up the names of models. What was refused before anybody knew whether there is such a
// model goes under this one name, so that strangers' words cannot fill the tables of sums; the log
// keeps the name that was asked for.
inline constexpr std::string_view kUnknownModel = "(unknown)";

// Error classes of such requests, which came to no account.
const std::vector<std::string>& UnknownModelClasses();

// The model as asked for, or kUnknownModel.
std::string_view SumModelOf(const UsageEvent& event);

}  // namespace weir::usage

// Names of operations in usage events that more than the relay goes by.
#pragma once

#include <string_view>

namespace weir::operation {

// A test of an account: an administrator's, no key's.
inline constexpr std::string_view kAccountTest = "account_test";

}  // namespace weir::operation

// What a test of an account asks for when nobody says which model.
#pragma once

#include <string>

#include "services/admin/model/types.h"

namespace weir::admin {

// One that the account serves: the first whole name among its models or its mapping, else a small
// model of its platform's; empty when nothing tells.
std::string TestModelOf(const Account& account);

}  // namespace weir::admin

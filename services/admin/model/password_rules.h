// What a password must be like, whoever sets it: a user, an administrator, weir.yaml, the set-up.
#pragma once

#include <string_view>

#include "services/admin/model/problem.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// 8 to 256 bytes (the upper end bounds the work of hashing), of at least five different characters,
// none of those that everybody tries first, and not the user's own name or e-mail address.
// The settings may ask for more bytes.
void ValidatePassword(std::string_view password, const User& user, const Settings& settings,
                      std::string_view field, FieldErrors& errors);

}  // namespace weir::admin

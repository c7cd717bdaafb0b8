// Rules of session accounts: how their credential travels, and which models their tier is good for.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/admin/model/problem.h"
#include "services/admin/model/types.h"

namespace weir::admin {

inline constexpr std::array<std::string_view, 4> kTiers = {"free", "pro", "pro+", "business"};

// Adds what is wrong with the fields `session` and `tier`. credential_type `cookie`: the credential
// is the value of the cookie of that name, or without a name all that stands in the Cookie header.
// `api_key`: it is the value of the header of that name. The others take no name.
void ValidateSession(const Account& account, FieldErrors& errors);

void ValidateTierModels(const Settings& settings, FieldErrors& errors);

// What the account serves: its own models; of a session account that names none, those of its tier.
const std::vector<std::string>& ServedModels(const Account& account, const Settings& settings);

// The platform_type whose accounts speak the same as this one.
Platform PlatformAlike(const Account& account);

}  // namespace weir::admin

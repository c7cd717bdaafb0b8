// Which provider's price list an account's requests are billed by.
#pragma once

#include <string>
#include <string_view>

#include "services/admin/model/types.h"

namespace weir::admin {

// What platform and host say: "anthropic" for api.anthropic.com and so on; empty when they say
// nothing, then only prices for any provider apply.
std::string DerivedProvider(Platform platform, std::string_view request_url);

// The account's own provider, else the derived one.
std::string ProviderOf(const Account& account);

// The credential that a platform usually takes.
CredentialType UsualCredentialType(Platform platform);

// Host of a URL, in lower case, without user information and port; empty if there is none.
std::string HostOf(std::string_view url);

}  // namespace weir::admin

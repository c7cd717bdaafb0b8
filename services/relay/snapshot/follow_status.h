// What admin says of an account, into what this relay knows of it.
#pragma once

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// `before` is the account in the snapshot before, nullptr when it is new. An administrator's change
// voids all that was learned; what another relay saw is added, what it saw end is closed, unless
// this relay saw something later.
void FollowStatus(const Account& account, const Account* before);

}  // namespace weir::relay

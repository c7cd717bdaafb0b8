// Whether what a request under way learns of an account is still a word about it.
#pragma once

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// `account`, of `now` or of an older snapshot, is one that no administrator has changed or removed
// since; its status may be another.
bool IsCurrent(const Account& account, const Snapshot& now);

}  // namespace weir::relay

// What an administrator said of an account's upstream, as members of the body that are left out or
// renamed. Holds for every body that goes there, a client's own too. No I/O.
#pragma once

#include <string_view>
#include <vector>

#include "services/relay/dialects/dialect.h"
#include "services/relay/dialects/member_edits.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// Views of the account, which must outlive them. `dialect` is the body's.
std::vector<MemberChange> MemberChangesFor(const Account& account, Dialect dialect);

// Whether a member of that name is left out, be it of the body or of one of its members: the relay
// then adds none of its own either.
bool LeavesOut(const Account& account, Dialect dialect, std::string_view member);

}  // namespace weir::relay

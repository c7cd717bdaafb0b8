// Signatures stay home: what only the family of accounts that made it can read again (thinking with
// its signature, redacted thinking, encrypted reasoning) goes back to that family alone, and is
// left out elsewhere. So does a request that goes on an answer which its provider has stored. A
// family is what shares its keys: Account::family.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/dialects/signed_blocks.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// The group's accounts for this dialect are of more than one family.
bool MixesFamilies(const RequestContext& context);

// Of the account that keeps the stored answer which the request goes on; 0 = it goes on none, or
// this relay does not know who does.
std::uint64_t KeeperFamily(RelayEnvironment& environment, const RequestContext& context);

// An account's 400 with `error` says that it has not stored what the request goes on or refers to:
// another one may have.
bool IsKeptElsewhere(const RequestContext& context, std::string_view error);

// What to leave out of the body for this account. Costs a look-up while all accounts of the group
// are of one family.
SignedBlocks::Drop DropForeign(RelayEnvironment& environment, RequestContext& context,
                               std::string_view body, const Account& account);

// The account has refused the request, and `error` (the body of its 400) speaks of a signature:
// remembers that those it was sent are not its family's. True: the same account may be asked once
// more, without them.
bool NoteRefusedSignature(RelayEnvironment& environment, RequestContext& context,
                          std::string_view body, const Account& account, std::string_view error);

}  // namespace weir::relay

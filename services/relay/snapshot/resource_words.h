// The contract's closed lists of words in the snapshot's own; nothing for one that this relay does
// not know. No I/O.
#pragma once

#include <optional>
#include <string_view>

#include "services/relay/snapshot/snapshot.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

std::optional<Availability> AvailabilityOf(v1::Availability in);
std::optional<Platform> PlatformOf(v1::Platform in);
std::optional<SessionProtocol> SessionProtocolOf(std::string_view in);
std::optional<CredentialType> CredentialTypeOf(v1::CredentialType in);
std::optional<AccountStatus> AccountStatusOf(v1::AccountStatus in);
std::optional<RedisAwayPolicy> RedisAwayPolicyOf(v1::RedisAwayPolicy in);
std::optional<BudgetsWhenUsageAway> AwayPolicyOf(v1::BudgetsWhenUsageAway in);

}  // namespace weir::relay

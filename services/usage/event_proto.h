// Usage events to and from the wire.
#pragma once

#include "services/usage/usage_event.h"

namespace weir::v1 {
class TokenCounts;
class UsageEvent;
}  // namespace weir::v1

namespace weir::usage {

UsageEvent EventFromProto(const v1::UsageEvent& proto);
// Without the charge, which is not kept.
void EventToProto(const UsageEvent& event, v1::UsageEvent& proto);
void TokensToProto(const TokenCounts& tokens, v1::TokenCounts& proto);

}  // namespace weir::usage

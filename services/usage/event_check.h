// What may enter the ledger.
#pragma once

#include "absl/status/status.h"

#include "services/usage/usage_event.h"

namespace weir::usage {

// InvalidArgument when the event can never be stored: no UUIDv7 as its id, a count below 0 or
// beyond reason, more reasoning than output, a time out of range or not the id's. The message names
// the field, never text that came from outside.
absl::Status CheckEvent(const UsageEvent& event);

// Makes the texts storable: no NUL bytes, none longer than its limit, at most 64 attempts. A
// request that was served must not be lost because of a long name, so these do not refuse. A lease
// session that nobody can have (over 64 bytes, or with a NUL) becomes none: there is no lease to
// move.
void TrimEvent(UsageEvent& event);

// The cost that follows from the event's own tokens and price.
std::int64_t ExpectedCostNanoUsd(const UsageEvent& event);

}  // namespace weir::usage

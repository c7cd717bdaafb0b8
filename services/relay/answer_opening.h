// Reads how an answer begins before anything of it goes on: an error in the first event of a 200
// fails over like a 529, and some refusals are told apart by their bodies alone.
#pragma once

#include <cstdint>

#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/upstream/upstream_call.h"

namespace weir::relay {

// `call` has just answered. True when the answer's beginning is there and good, or need not be
// read: nothing is waited for, and the head's views still hold.
bool OpensWell(UpstreamCall& call);

// Otherwise: waits for what is missing. kAnswered = good, or too slow to wait for;
// kErrorInAnswer = it begins with an error; or how it ended before it had begun.
Task<AttemptOutcome> AwaitOpening(UpstreamCall& call, std::int64_t deadline_ms);

}  // namespace weir::relay

// "Which account would serve this request, and why would each other one not?", answered by the code
// that chooses and by what this relay knows at this moment.
#pragma once

#include <memory>

#include "services/relay/accounts/session_memory.h"
#include "services/relay/explain_obstacles.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::v1 {
class ExplainRequest;
class Explanation;
}  // namespace weir::v1

namespace weir::relay {

// Thread-safe; changes nothing; waits for Redis and usage, for a moment at most. A request without
// a session is one of many conversations: its order is one that is possible, its shares are exact.
void Explain(const std::shared_ptr<const Snapshot>& snapshot, const SessionMemory& sessions,
             const ObstacleSources& sources, const v1::ExplainRequest& question,
             v1::Explanation& answer);

}  // namespace weir::relay

#include "services/relay/request_end.h"

#include "services/relay/trace_stage.h"

namespace weir::relay {

RequestEnd::~RequestEnd() { EndTrace(environment_, context_); }

}  // namespace weir::relay

// The trace that a request belongs to. No I/O.
#pragma once

#include <memory>
#include <string>

#include "services/relay/http1/head_parser.h"
#include "services/relay/tracing/trace_context.h"
#include "services/relay/tracing/trace_policy.h"

namespace weir::relay {

struct RequestTrace {
  TraceParent parent;       // as the client named it
  std::string trace_state;  // the client's; empty = none, or none that may go on
};

// What an upstream is told of it; empty = nothing.
struct TraceFields {
  std::string trace_parent;
  std::string trace_state;
};

// Null when nothing would come of it: traces are off, or the client names none.
std::unique_ptr<RequestTrace> BeginTrace(const TracePolicy& policy, const HeadFields& head);

// For the next attempt, at an upstream of that host. `trace` may be null.
TraceFields FieldsFor(const TracePolicy& policy, const RequestTrace* trace, std::string_view host);

}  // namespace weir::relay

// The trace that a request belongs to. No I/O.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/http1/head_parser.h"
#include "services/relay/tracing/finished_trace.h"
#include "services/relay/tracing/trace_context.h"
#include "services/relay/tracing/trace_policy.h"

namespace weir::relay {

struct RequestTrace {
  TraceId trace_id{};
  SpanId parent_id{};  // the client's span; all zero: there is none
  SpanId span_id{};    // the request's own; the client's where nothing is exported
  bool sampled = false;
  std::string trace_state;            // the client's; empty = none, or none that may go on
  std::vector<AttemptSpan> attempts;  // where it is exported and sampled
};

// Where an attempt goes. Views of the snapshot's; `provider` lives as long as the process.
struct AttemptTarget {
  std::int64_t account_id = 0;
  std::string_view account_name = {};
  std::string_view host = {};
  int port = 0;
  std::string_view provider = {};
  std::string_view model = {};
};

// What an upstream is told of it; empty = nothing.
struct TraceFields {
  std::string trace_parent;
  std::string trace_state;
};

// Null when nothing would come of it: traces are off, or nobody samples this one or hears of it.
// Without a client's trace the request begins one, of its own id (UUIDv7, 16 bytes).
std::unique_ptr<RequestTrace> BeginTrace(const TracePolicy& policy, const HeadFields& head,
                                         std::string_view request_id);

// Begins the span of the next attempt. `trace` may be null.
TraceFields BeginAttempt(const TracePolicy& policy, RequestTrace* trace,
                         const AttemptTarget& target);

}  // namespace weir::relay

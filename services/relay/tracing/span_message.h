// Finished requests as OTLP has them: a span of kind SERVER for each, below it one of kind CLIENT
// for each attempt, under OpenTelemetry's names for HTTP and generative AI, and ours (weir.*) for
// what these have no name for.
//
// gen_ai.* stands on the attempts alone, which are the calls of models; tokens on the one that was
// answered. Whoever counts calls or adds up tokens over all spans counts each once.
#pragma once

#include <string>

#include "services/relay/tracing/finished_trace.h"

namespace opentelemetry::proto::collector::trace::v1 {
class ResourceSpans;
class ScopeSpans;
}  // namespace opentelemetry::proto::collector::trace::v1

namespace weir::relay {

// Who tells: service.name, service.version, service.instance.id.
void WriteResource(const std::string& relay_id,
                   opentelemetry::proto::collector::trace::v1::ResourceSpans& out);

// Adds the request's spans.
void WriteSpans(const FinishedTrace& trace,
                opentelemetry::proto::collector::trace::v1::ScopeSpans& out);

}  // namespace weir::relay

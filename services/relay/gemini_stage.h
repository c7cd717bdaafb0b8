// Gemini's requests, of which the path tells more than the body: model, verb, kind of stream.
#pragma once

#include <string>

#include "absl/status/status.h"

#include "services/relay/http/exchange.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Reads the path and the body into context.facts, with the errors of ScanRequest.
absl::Status ScanGeminiRequest(RequestContext& context, const Exchange& exchange);

// The client wants a stream, but not as events: one JSON array.
bool AsksForArray(const RequestContext& context, const RequestHead& head);

// What an attempt asks of the upstream.
struct GeminiTarget {
  std::string path;
  std::string query;
};

// The client's own, but for another model, or a stream that the route forces on or off.
GeminiTarget GeminiTargetFor(const RequestContext& context, const RequestHead& head);

}  // namespace weir::relay

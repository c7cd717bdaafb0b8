#include "services/relay/gemini_stage.h"

#include <string_view>
#include <utility>

#include "libs/common/text.h"
#include "services/relay/dialects/gemini_path.h"
#include "services/relay/dialects/request_media.h"

namespace weir::relay {
namespace {

constexpr std::string_view kAlt = "alt=";
constexpr std::string_view kEvents = "alt=sse";

// The query with or without the wish for events.
std::string QueryFor(std::string_view query, bool events) {
  std::string out;
  for (const std::string_view part : Split(query, '&')) {
    if (part.empty() || part.starts_with(kAlt)) continue;
    StrAppend(out, out.empty() ? "" : "&", part);
  }
  if (events) StrAppend(out, out.empty() ? "" : "&", kEvents);
  return out;
}

}  // namespace

absl::Status ScanGeminiRequest(RequestContext& context, const Exchange& exchange) {
  // The endpoint was found by it.
  const GeminiPath path = *ReadGeminiPath(exchange.head().path());
  const absl::StatusOr<std::string> model = ModelOf(path);
  if (!model.ok()) return model.status();
  absl::StatusOr<RequestFacts> facts = ScanRequest(context.dialect, exchange.body(), *model);
  if (!facts.ok()) return facts.status();
  if (!facts->named_models.empty() && facts->named_model != *model) {
    return absl::InvalidArgumentError("'model' is another one than the path names");
  }
  context.facts = *std::move(facts);
  // A stream without events is one JSON array, which passes as any whole answer does.
  context.facts.stream = path.verb == kStreamVerb && AsksForEvents(exchange.head().query());
  const BodyMeasure measure = MeasureGeminiBody(exchange.body());
  context.estimated_input_tokens = measure.estimated_tokens;
  context.non_ascii_bytes = measure.non_ascii_bytes;
  return absl::OkStatus();
}

bool AsksForArray(const RequestContext& context, const RequestHead& head) {
  if (context.dialect != Dialect::kGemini || context.forced_stream.has_value()) return false;
  const std::optional<GeminiPath> path = ReadGeminiPath(head.path());
  return path.has_value() && path->verb == kStreamVerb && !AsksForEvents(head.query());
}

GeminiTarget GeminiTargetFor(const RequestContext& context, const RequestHead& head) {
  const GeminiPath path = *ReadGeminiPath(head.path());
  const bool talks = path.verb == kGenerateVerb || path.verb == kStreamVerb;
  const std::string_view asked = context.facts.model;
  if (!talks || !context.forced_stream.has_value()) {
    return {GeminiPathFor(path, asked, context.upstream_model, path.verb),
            std::string(head.query())};
  }
  const bool stream = *context.forced_stream;
  const std::string_view verb = stream ? kStreamVerb : kGenerateVerb;
  return {GeminiPathFor(path, asked, context.upstream_model, verb), QueryFor(head.query(), stream)};
}

}  // namespace weir::relay

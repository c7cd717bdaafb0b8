#include "services/relay/request_end.h"

#include <string>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/relay/access_log.h"
#include "services/relay/access_policy.h"
#include "services/relay/trace_stage.h"
#include "services/relay/tracing/trace_context.h"

namespace weir::relay {
namespace {

// Of what a client chose: names of models are longer than that in nobody's configuration.
constexpr std::size_t kTextBytesMax = 128;

std::string Bounded(std::string_view text) {
  std::string bounded;
  AssignValidUtf8(bounded, text, kTextBytesMax);
  return bounded;
}

std::string TraceIdOf(const RequestContext& context) {
  std::string id;
  if (context.trace != nullptr) {
    AppendHex(context.trace->trace_id.data(), context.trace->trace_id.size(), id);
  }
  return id;
}

// The same fields in each line, so that whoever reads them needs no exceptions.
std::string AccessLine(const RequestContext& context, std::string_view unknown_path,
                       std::int64_t took_ms) {
  const UsageRecord& record = context.record;
  const Endpoint* endpoint = context.endpoint;
  return LogLine(LogLevel::kInfo, "request",
                 {{"request_id", context.request_id},
                  {"trace_id", TraceIdOf(context)},
                  {"method", endpoint == nullptr ? std::string_view() : endpoint->method},
                  {"path", endpoint == nullptr ? Bounded(unknown_path) : StrCat(endpoint->path)},
                  {"status", record.status},
                  {"error_class", record.error_class},
                  {"complete", record.complete},
                  {"stream", record.stream},
                  {"model", Bounded(record.model)},
                  {"served_model", Bounded(record.served_model)},
                  {"key_id", record.key_id},
                  {"user_id", record.user_id},
                  {"group_id", record.group_id},
                  {"account_id", record.account_id},
                  {"attempts", record.attempts.size()},
                  {"client_ip", record.client_ip},
                  {"took_ms", took_ms},
                  {"first_token_ms", record.first_token_ms},
                  {"overhead_us", record.overhead_us},
                  {"input_tokens", TotalInputTokens(record.tokens)},
                  {"output_tokens", record.tokens.output},
                  {"cost_nano_usd", record.cost_nano_usd}});
}

void NoteAccess(RelayEnvironment& environment, const RequestContext& context,
                std::string_view unknown_path) {
  if (!environment.access_policy.on || !LogsAt(LogLevel::kInfo)) return;
  const std::int64_t took_ms = (SteadyNs() - context.began_ns) / kNsPerMs;
  if (!HasAccessLine(environment.access_policy, context.record, took_ms)) return;
  environment.access_log.Add(AccessLine(context, unknown_path, took_ms));
}

}  // namespace

RequestEnd::~RequestEnd() {
  EndTrace(environment_, context_);
  NoteAccess(environment_, context_, unknown_path_);
}

}  // namespace weir::relay

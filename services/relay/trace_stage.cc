#include "services/relay/trace_stage.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "libs/common/clock.h"
#include "services/relay/metering/traffic_figures.h"
#include "services/relay/provider_label.h"
#include "services/relay/tracing/trace_exporter.h"

namespace weir::relay {
namespace {

// As weir.v1.AttemptAction has them.
constexpr std::array<std::string_view, 9> kActionWords = {"",        "served",      "passed_on",
                                                          "retried", "failed_over", "fell_back",
                                                          "gave_up", "client_left", "broke_off"};

// What the conventions have no word for goes by the endpoint's own name.
std::string_view OperationOf(std::string_view endpoint_name) {
  const std::size_t label = OperationLabelOf(endpoint_name);
  return label + 1 == kOperationLabels.size() ? endpoint_name : kOperationLabels[label];
}

void Fill(const AttemptRecord& record, AttemptSpan& span) {
  span.http_status = record.http_status;
  span.error_class = record.error_class;
  span.action = kActionWords[static_cast<std::size_t>(record.action)];
  span.began_unix_ms = record.started_at_unix_ms;
  span.end_ms = record.end_ms;
  span.connect_ms = record.connect_ms;
  span.first_byte_ms = record.first_byte_ms;
}

// The spans of the attempts, in the order of the record's.
std::vector<AttemptSpan> FinishedAttempts(RequestContext& context) {
  std::vector<AttemptSpan> spans = std::move(context.trace->attempts);
  const UsageRecord& record = context.record;
  const std::size_t both = std::min(spans.size(), record.attempts.size());
  for (std::size_t i = 0; i < both; ++i) Fill(record.attempts[i], spans[i]);
  // What broke off after its answer had begun was good until then.
  if (!spans.empty() && spans.back().error_class.empty() && !record.complete) {
    spans.back().error_class = record.error_class;
  }
  return spans;
}

}  // namespace

TraceFields BeginAttemptSpan(const RelayEnvironment& environment, RequestContext& context,
                             const Account& account) {
  if (context.trace == nullptr) return {};
  return BeginAttempt(environment.tracing, context.trace.get(),
                      {.account_id = account.id,
                       .account_name = account.name,
                       .host = account.url.host,
                       .port = account.url.port,
                       .provider = kProviderLabels[ProviderLabelOf(account.platform)],
                       .model = context.upstream_model});
}

void EndTrace(RelayEnvironment& environment, RequestContext& context) {
  if (context.trace == nullptr || !context.trace->sampled || environment.traces == nullptr) return;
  const UsageRecord& record = context.record;
  auto trace = std::make_unique<FinishedTrace>();
  trace->trace_id = context.trace->trace_id;
  trace->span_id = context.trace->span_id;
  trace->parent_id = context.trace->parent_id;
  trace->trace_state = std::move(context.trace->trace_state);
  trace->attempts = FinishedAttempts(context);
  trace->request_id = context.request_id;
  trace->method = context.endpoint->method;
  trace->path = context.endpoint->path;
  trace->operation = OperationOf(context.endpoint->name);
  trace->began_unix_ms = record.started_at_unix_ms;
  trace->duration_ns = SteadyNs() - context.began_ns;
  trace->status = record.status;
  trace->error_class = record.error_class;
  trace->complete = record.complete;
  trace->stream = record.stream;
  trace->cache_hit = record.cache_hit;
  trace->has_usage = record.usage_source != UsageSource::kNone;
  trace->model = record.model;
  trace->key_id = record.key_id;
  trace->user_id = record.user_id;
  trace->group_id = record.group_id;
  trace->tokens = record.tokens;
  trace->cost_nano_usd = record.cost_nano_usd;
  trace->first_token_ms = record.first_token_ms;
  trace->overhead_us = record.overhead_us;
  environment.traces->Submit(std::move(trace));
}

}  // namespace weir::relay

#include "services/relay/tracing/request_trace.h"

#include <cstring>
#include <optional>
#include <utility>

#include "absl/random/random.h"

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kTraceParent = "traceparent";
constexpr std::string_view kTraceState = "tracestate";

// The client's, if there is just one: of two nobody could say which is meant.
std::optional<TraceParent> ClientsParent(const HeadFields& head) {
  std::optional<TraceParent> parent;
  bool found = false;
  for (const HeaderField& field : head.all()) {
    if (!EqualsIgnoreCase(field.name, kTraceParent)) continue;
    if (found) return std::nullopt;
    found = true;
    parent = ParseTraceParent(field.value);
  }
  return parent;
}

// Fields of that name are one list.
std::string ClientsState(const HeadFields& head) {
  std::string state;
  for (const HeaderField& field : head.all()) {
    if (!EqualsIgnoreCase(field.name, kTraceState)) continue;
    if (state.size() + field.value.size() > kTraceStateBytesMax) return {};
    StrAppend(state, state.empty() ? "" : ",", field.value);
  }
  return IsTraceState(state) ? std::move(state) : std::string();
}

// Random, as the recommendation asks; nobody is kept out by it.
SpanId NewSpanId() {
  thread_local absl::InsecureBitGen random;
  const auto bits = absl::Uniform<std::uint64_t>(absl::IntervalClosed, random, 1, UINT64_MAX);
  SpanId id;
  std::memcpy(id.data(), &bits, id.size());
  return id;
}

}  // namespace

std::unique_ptr<RequestTrace> BeginTrace(const TracePolicy& policy, const HeadFields& head,
                                         std::string_view request_id) {
  if (!policy.on()) return nullptr;
  const std::optional<TraceParent> parent = ClientsParent(head);
  if (!parent.has_value()) {
    const bool sampled = policy.exported && IsSampled(request_id, policy.sample_ppm);
    const bool heard = policy.exported && !policy.propagate_to.empty();
    if (!sampled && !heard) return nullptr;
    auto trace = std::make_unique<RequestTrace>();
    std::memcpy(trace->trace_id.data(), request_id.data(), trace->trace_id.size());
    trace->span_id = NewSpanId();
    trace->sampled = sampled;
    return trace;
  }
  auto trace = std::make_unique<RequestTrace>();
  trace->trace_id = parent->trace_id;
  trace->parent_id = parent->span_id;
  trace->span_id = policy.exported ? NewSpanId() : parent->span_id;
  trace->sampled = parent->sampled;
  trace->trace_state = ClientsState(head);
  return trace;
}

TraceFields BeginAttempt(const TracePolicy& policy, RequestTrace* trace,
                         const AttemptTarget& target) {
  if (trace == nullptr) return {};
  const SpanId id = policy.exported ? NewSpanId() : trace->span_id;
  if (policy.exported && trace->sampled) {
    trace->attempts.push_back({.id = id,
                               .account_id = target.account_id,
                               .account_name = std::string(target.account_name),
                               .host = std::string(target.host),
                               .port = target.port,
                               .provider = target.provider,
                               .model = std::string(target.model)});
  }
  if (!policy.propagate_to.Has(target.host)) return {};
  return {TraceParentText({trace->trace_id, id, trace->sampled}), trace->trace_state};
}

}  // namespace weir::relay

#include "services/relay/tracing/request_trace.h"

#include <optional>
#include <utility>

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

}  // namespace

std::unique_ptr<RequestTrace> BeginTrace(const TracePolicy& policy, const HeadFields& head) {
  if (!policy.on()) return nullptr;
  const std::optional<TraceParent> parent = ClientsParent(head);
  if (!parent.has_value()) return nullptr;
  auto trace = std::make_unique<RequestTrace>();
  trace->parent = *parent;
  trace->trace_state = ClientsState(head);
  return trace;
}

TraceFields FieldsFor(const TracePolicy& policy, const RequestTrace* trace, std::string_view host) {
  if (trace == nullptr || !policy.propagate_to.Has(host)) return {};
  return {TraceParentText(trace->parent), trace->trace_state};
}

}  // namespace weir::relay

#include "services/relay/tracing/span_message.h"

#include <algorithm>
#include <string_view>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "libs/common/version.h"
#include "opentelemetry/trace_service.pb.h"

namespace weir::relay {
namespace {

namespace otlp = opentelemetry::proto::collector::trace::v1;
using Pairs = google::protobuf::RepeatedPtrField<otlp::KeyValue>;

// A collector refuses a message with text that is no UTF-8, whole.
constexpr std::size_t kTextBytesMax = 256;
constexpr int kFirstServerError = 500;

otlp::AnyValue& Add(Pairs& pairs, std::string_view name) {
  otlp::KeyValue& pair = *pairs.Add();
  pair.mutable_key()->assign(name);
  return *pair.mutable_value();
}

// What is empty says nothing, and is left out.
void AddText(Pairs& pairs, std::string_view name, std::string_view text) {
  if (!text.empty()) AssignValidUtf8(*Add(pairs, name).mutable_string_value(), text, kTextBytesMax);
}

void AddNumber(Pairs& pairs, std::string_view name, std::int64_t number) {
  Add(pairs, name).set_int_value(number);
}

void AddFlag(Pairs& pairs, std::string_view name, bool flag) {
  if (flag) Add(pairs, name).set_bool_value(true);
}

template <typename Id>
std::string Bytes(const Id& id) {
  return std::string(id.begin(), id.end());
}

bool IsZero(const SpanId& id) { return id == SpanId{}; }

otlp::Span& AddSpan(const FinishedTrace& trace, const SpanId& id, otlp::ScopeSpans& out) {
  constexpr std::uint32_t kSampled = 1;
  otlp::Span& span = *out.add_spans();
  span.set_trace_id(Bytes(trace.trace_id));
  span.set_span_id(Bytes(id));
  span.set_trace_state(trace.trace_state);
  span.set_flags(kSampled);
  return span;
}

// Nobody's fault is a client that leaves.
bool Failed(const FinishedTrace& trace) {
  if (trace.status >= kFirstServerError) return true;
  return trace.status < 400 && !trace.complete && trace.error_class != reason::kClientGone &&
         !trace.error_class.empty();
}

void WriteRequest(const FinishedTrace& trace, otlp::Span& span) {
  if (!IsZero(trace.parent_id)) span.set_parent_span_id(Bytes(trace.parent_id));
  span.set_name(StrCat(trace.method, " ", trace.path));
  span.set_kind(otlp::Span::SPAN_KIND_SERVER);
  Pairs& pairs = *span.mutable_attributes();
  AddText(pairs, "http.request.method", trace.method);
  AddText(pairs, "http.route", trace.path);
  if (trace.status != 0) AddNumber(pairs, "http.response.status_code", trace.status);
  AddText(pairs, "error.type", trace.error_class);
  AddText(pairs, "weir.request.id", trace.request_id);
  AddNumber(pairs, "weir.key.id", trace.key_id);
  AddNumber(pairs, "weir.user.id", trace.user_id);
  AddNumber(pairs, "weir.group.id", trace.group_id);
  AddText(pairs, "weir.model", trace.model);
  AddFlag(pairs, "weir.stream", trace.stream);
  AddFlag(pairs, "weir.cache_hit", trace.cache_hit);
  AddNumber(pairs, "weir.cost_nano_usd", trace.cost_nano_usd);
  if (trace.first_token_ms >= 0) AddNumber(pairs, "weir.first_token_ms", trace.first_token_ms);
  AddNumber(pairs, "weir.overhead_us", trace.overhead_us);
  if (Failed(trace)) span.mutable_status()->set_code(otlp::Status::STATUS_CODE_ERROR);
}

void WriteUsage(const TokenCounts& tokens, Pairs& pairs) {
  AddNumber(pairs, "gen_ai.usage.input_tokens", TotalInputTokens(tokens));
  AddNumber(pairs, "gen_ai.usage.output_tokens", tokens.output);
  AddNumber(pairs, "gen_ai.usage.cache_read.input_tokens", tokens.cache_read);
  AddNumber(pairs, "gen_ai.usage.cache_creation.input_tokens",
            tokens.cache_write_5m + tokens.cache_write_1h);
  if (tokens.reasoning > 0) {
    AddNumber(pairs, "gen_ai.usage.reasoning.output_tokens", tokens.reasoning);
  }
}

void WriteAttempt(const FinishedTrace& trace, const AttemptSpan& attempt, otlp::Span& span) {
  span.set_parent_span_id(Bytes(trace.span_id));
  AssignValidUtf8(*span.mutable_name(), StrCat(trace.operation, " ", attempt.model), kTextBytesMax);
  span.set_kind(otlp::Span::SPAN_KIND_CLIENT);
  Pairs& pairs = *span.mutable_attributes();
  AddText(pairs, "gen_ai.operation.name", trace.operation);
  AddText(pairs, "gen_ai.provider.name", attempt.provider);
  AddText(pairs, "gen_ai.request.model", attempt.model);
  AddFlag(pairs, "gen_ai.request.stream", trace.stream);
  AddText(pairs, "server.address", attempt.host);
  AddNumber(pairs, "server.port", attempt.port);
  if (attempt.http_status != 0) {
    AddNumber(pairs, "http.response.status_code", attempt.http_status);
  }
  AddText(pairs, "error.type", attempt.error_class);
  AddNumber(pairs, "weir.account.id", attempt.account_id);
  AddText(pairs, "weir.account.name", attempt.account_name);
  AddText(pairs, "weir.attempt.action", attempt.action);
  if (attempt.connect_ms > 0) AddNumber(pairs, "weir.connect_ms", attempt.connect_ms);
  if (attempt.first_byte_ms >= 0) AddNumber(pairs, "weir.first_byte_ms", attempt.first_byte_ms);
  if (!attempt.error_class.empty()) {
    span.mutable_status()->set_code(otlp::Status::STATUS_CODE_ERROR);
  }
}

std::uint64_t Nanoseconds(std::int64_t ns) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
}

// Attempts are timed by the loop's clock, which stands still for a turn: they are kept within their
// request.
void SetTimes(std::int64_t began_ns, std::int64_t end_ns, otlp::Span& span) {
  span.set_start_time_unix_nano(Nanoseconds(began_ns));
  span.set_end_time_unix_nano(Nanoseconds(std::max(began_ns, end_ns)));
}

}  // namespace

void WriteResource(const std::string& relay_id, otlp::ResourceSpans& out) {
  Pairs& pairs = *out.mutable_resource()->mutable_attributes();
  AddText(pairs, "service.name", "weir-relay");
  AddText(pairs, "service.version", kVersion);
  AddText(pairs, "service.instance.id", relay_id);
}

void WriteSpans(const FinishedTrace& trace, otlp::ScopeSpans& out) {
  const std::int64_t began_ns = trace.began_unix_ms * kNsPerMs;
  const std::int64_t end_ns = began_ns + std::max<std::int64_t>(trace.duration_ns, 0);
  otlp::Span& request = AddSpan(trace, trace.span_id, out);
  SetTimes(began_ns, end_ns, request);
  WriteRequest(trace, request);
  for (std::size_t i = 0; i < trace.attempts.size(); ++i) {
    const AttemptSpan& attempt = trace.attempts[i];
    otlp::Span& span = AddSpan(trace, attempt.id, out);
    const std::int64_t attempt_ns = attempt.began_unix_ms * kNsPerMs;
    SetTimes(std::clamp(attempt_ns, began_ns, end_ns),
             std::clamp(attempt_ns + attempt.end_ms * kNsPerMs, began_ns, end_ns), span);
    WriteAttempt(trace, attempt, span);
    if (trace.has_usage && i + 1 == trace.attempts.size()) {
      WriteUsage(trace.tokens, *span.mutable_attributes());
    }
  }
}

}  // namespace weir::relay

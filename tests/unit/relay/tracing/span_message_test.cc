#include "services/relay/tracing/span_message.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/reason.h"
#include "opentelemetry/trace_service.pb.h"

namespace weir::relay {
namespace {

namespace otlp = opentelemetry::proto::collector::trace::v1;

// The attribute as text; "-" where there is none.
std::string Of(const otlp::Span& span, std::string_view name) {
  for (const otlp::KeyValue& pair : span.attributes()) {
    if (pair.key() != name) continue;
    if (pair.value().has_string_value()) return pair.value().string_value();
    if (pair.value().has_bool_value()) return pair.value().bool_value() ? "true" : "false";
    return std::to_string(pair.value().int_value());
  }
  return "-";
}

// A stream that failed over once and was answered.
FinishedTrace Streamed() {
  FinishedTrace trace;
  trace.trace_id = {1};
  trace.span_id = {2};
  trace.parent_id = {3};
  trace.method = "POST";
  trace.path = "/v1/messages";
  trace.operation = "chat";
  trace.began_unix_ms = 1'000;
  trace.duration_ns = 500'000'000;
  trace.status = 200;
  trace.complete = true;
  trace.stream = true;
  trace.has_usage = true;
  trace.tokens.input = 10;
  trace.tokens.cache_read = 5;
  trace.tokens.output = 7;
  AttemptSpan failed;
  failed.id = {4};
  failed.http_status = 529;
  failed.error_class = reason::kUpstreamOverloaded;
  failed.began_unix_ms = 999;  // by a clock that is behind
  failed.end_ms = 100;
  AttemptSpan served;
  served.id = {5};
  served.model = "claude-x";
  served.http_status = 200;
  served.began_unix_ms = 1'100;
  served.end_ms = 5'000;
  trace.attempts = {failed, served};
  return trace;
}

otlp::ScopeSpans Written(const FinishedTrace& trace) {
  otlp::ScopeSpans scope;
  WriteSpans(trace, scope);
  return scope;
}

TEST(SpanMessageTest, AttemptsAreBelowTheirRequest) {
  const otlp::ScopeSpans scope = Written(Streamed());
  ASSERT_EQ(scope.spans_size(), 3);
  EXPECT_EQ(scope.spans(0).kind(), otlp::Span::SPAN_KIND_SERVER);
  EXPECT_EQ(scope.spans(0).name(), "POST /v1/messages");
  EXPECT_EQ(scope.spans(0).parent_span_id(), std::string("\3\0\0\0\0\0\0\0", 8));
  for (int i = 1; i < 3; ++i) {
    EXPECT_EQ(scope.spans(i).kind(), otlp::Span::SPAN_KIND_CLIENT);
    EXPECT_EQ(scope.spans(i).parent_span_id(), scope.spans(0).span_id());
    EXPECT_EQ(scope.spans(i).trace_id(), scope.spans(0).trace_id());
  }
  EXPECT_EQ(scope.spans(2).name(), "chat claude-x");
}

TEST(SpanMessageTest, TokensAreToldOnceWhereTheyWereUsed) {
  const otlp::ScopeSpans scope = Written(Streamed());
  EXPECT_EQ(Of(scope.spans(0), "gen_ai.usage.input_tokens"), "-");
  EXPECT_EQ(Of(scope.spans(0), "gen_ai.request.model"), "-");
  EXPECT_EQ(Of(scope.spans(1), "gen_ai.usage.input_tokens"), "-");
  EXPECT_EQ(Of(scope.spans(2), "gen_ai.usage.input_tokens"), "15") << "with what caches gave";
  EXPECT_EQ(Of(scope.spans(2), "gen_ai.usage.output_tokens"), "7");
  EXPECT_EQ(Of(scope.spans(2), "gen_ai.usage.cache_read.input_tokens"), "5");
}

TEST(SpanMessageTest, AttemptsAreWithinTheirRequest) {
  const otlp::ScopeSpans scope = Written(Streamed());
  const otlp::Span& request = scope.spans(0);
  EXPECT_EQ(request.end_time_unix_nano() - request.start_time_unix_nano(), 500'000'000U);
  for (const otlp::Span& span : scope.spans()) {
    EXPECT_GE(span.start_time_unix_nano(), request.start_time_unix_nano());
    EXPECT_LE(span.start_time_unix_nano(), span.end_time_unix_nano());
    EXPECT_LE(span.end_time_unix_nano(), request.end_time_unix_nano());
  }
}

TEST(SpanMessageTest, WhoFailedIsSaid) {
  const otlp::ScopeSpans scope = Written(Streamed());
  EXPECT_EQ(scope.spans(0).status().code(), otlp::Status::STATUS_CODE_UNSPECIFIED);
  EXPECT_EQ(Of(scope.spans(1), "error.type"), "upstream_overloaded");
  EXPECT_EQ(scope.spans(1).status().code(), otlp::Status::STATUS_CODE_ERROR);
  EXPECT_EQ(scope.spans(2).status().code(), otlp::Status::STATUS_CODE_UNSPECIFIED);
}

// Our status is an error for what we or providers broke, not for what callers did.
TEST(SpanMessageTest, ACallersFaultIsNotOurs) {
  struct Case {
    int status;
    bool complete;
    std::string_view error_class;
    bool failed;
  };
  const Case cases[] = {{200, true, {}, false},
                        {400, false, reason::kBadParameter, false},
                        {499, false, reason::kClientGone, false},
                        {200, false, reason::kClientGone, false},
                        {200, false, reason::kStreamIncomplete, true},
                        {502, false, reason::kUpstreamConnect, true}};
  for (const Case& each : cases) {
    FinishedTrace trace;
    trace.status = each.status;
    trace.complete = each.complete;
    trace.error_class = each.error_class;
    const bool failed = Written(trace).spans(0).status().code() == otlp::Status::STATUS_CODE_ERROR;
    EXPECT_EQ(failed, each.failed) << each.status << each.error_class;
  }
}

TEST(SpanMessageTest, WhatIsNoTextIsMadeOne) {
  FinishedTrace trace;
  trace.model = "m\xff" + std::string(1'000, 'x');
  const std::string model = Of(Written(trace).spans(0), "weir.model");
  EXPECT_EQ(model.substr(0, 3), "m?x");
  EXPECT_EQ(model.size(), 256U);
}

}  // namespace
}  // namespace weir::relay

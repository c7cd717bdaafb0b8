#include "services/relay/tracing/request_trace.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view kHost = "gpu.internal";
// A UUIDv7 whose random part is 0x80…: in the upper half.
constexpr std::string_view kId("\x01\x95\x00\x00\x00\x00\x70\x00\x80\x80\x00\x00\x00\x00\x00\x07",
                               16);

TracePolicy Propagating() {
  TracePolicy policy;
  policy.propagate_to = *HostList::Parse(kHost);
  return policy;
}

HeadFields Head(const std::vector<HeaderField>& fields) {
  HeadFields head;
  for (const HeaderField& field : fields) head.storage[head.count++] = field;
  return head;
}

TraceFields Passed(const std::vector<HeaderField>& fields, std::string_view host = kHost) {
  const TracePolicy policy = Propagating();
  const auto trace = BeginTrace(policy, Head(fields), kId);
  return BeginAttempt(policy, trace.get(), {.host = host});
}

TEST(RequestTraceTest, WithoutSettingsThereIsNone) {
  EXPECT_EQ(BeginTrace(TracePolicy{}, Head({{"traceparent", kParent}}), kId), nullptr);
}

TEST(RequestTraceTest, PassesTheClientsOnToThoseWhoAreNamed) {
  const std::vector<HeaderField> fields = {{"TraceParent", kParent}, {"tracestate", "a=1"}};
  EXPECT_EQ(Passed(fields).trace_parent, kParent);
  EXPECT_EQ(Passed(fields).trace_state, "a=1");
  EXPECT_EQ(Passed(fields, "api.openai.com").trace_parent, "");
  EXPECT_EQ(Passed(fields, "api.openai.com").trace_state, "");
}

TEST(RequestTraceTest, JoinsStatesInTheirOrder) {
  const TraceFields passed =
      Passed({{"tracestate", "a=1"}, {"traceparent", kParent}, {"tracestate", "b=2,c=3"}});
  EXPECT_EQ(passed.trace_state, "a=1,b=2,c=3");
}

TEST(RequestTraceTest, WithoutAGoodParentTheStateMeansNothing) {
  EXPECT_EQ(Passed({{"tracestate", "a=1"}}).trace_state, "");
  EXPECT_EQ(Passed({{"traceparent", "00-1-2-01"}, {"tracestate", "a=1"}}).trace_state, "");
  EXPECT_EQ(Passed({{"traceparent", kParent}, {"traceparent", kParent}}).trace_parent, "");
}

TEST(RequestTraceTest, ABadStateLeavesTheParent) {
  const TraceFields passed = Passed({{"traceparent", kParent}, {"tracestate", "A=1"}});
  EXPECT_EQ(passed.trace_parent, kParent);
  EXPECT_EQ(passed.trace_state, "");
  const std::string half = "a=" + std::string(254, 'v');
  EXPECT_EQ(Passed({{"traceparent", kParent}, {"tracestate", half}}).trace_state, half);
  EXPECT_EQ(
      Passed({{"traceparent", kParent}, {"tracestate", half}, {"tracestate", half}}).trace_state,
      "");
}

TracePolicy Exporting(std::int64_t sample_ppm) {
  TracePolicy policy;
  policy.exported = true;
  policy.sample_ppm = sample_ppm;
  return policy;
}

TEST(RequestTraceTest, BeginsATraceOfTheRequestsOwnId) {
  const auto trace = BeginTrace(Exporting(1'000'000), Head({}), kId);
  ASSERT_NE(trace, nullptr);
  EXPECT_EQ(std::string(trace->trace_id.begin(), trace->trace_id.end()), kId);
  EXPECT_EQ(trace->parent_id, SpanId{});
  EXPECT_NE(trace->span_id, SpanId{});
  EXPECT_TRUE(trace->sampled);
}

TEST(RequestTraceTest, TheRatioDecidesWhereTheClientDoesNot) {
  EXPECT_EQ(BeginTrace(Exporting(0), Head({}), kId), nullptr);
  EXPECT_EQ(BeginTrace(Exporting(499'999), Head({}), kId), nullptr);
  EXPECT_NE(BeginTrace(Exporting(500'000), Head({}), kId), nullptr);
}

TEST(RequestTraceTest, TheClientDecidesWhereItDoes) {
  const auto traced = BeginTrace(Exporting(0), Head({{"traceparent", kParent}}), kId);
  ASSERT_NE(traced, nullptr);
  EXPECT_TRUE(traced->sampled);
  EXPECT_EQ(traced->trace_id, ParseTraceParent(kParent)->trace_id);
  EXPECT_EQ(traced->parent_id, ParseTraceParent(kParent)->span_id);
  EXPECT_NE(traced->span_id, traced->parent_id);
  const std::string unsampled = std::string(kParent.substr(0, 53)) + "00";
  const auto untold = BeginTrace(Exporting(1'000'000), Head({{"traceparent", unsampled}}), kId);
  EXPECT_FALSE(untold->sampled);
}

TEST(RequestTraceTest, EachAttemptIsASpanThatItsUpstreamHearsOf) {
  TracePolicy policy = Exporting(1'000'000);
  policy.propagate_to = *HostList::Parse(kHost);
  const auto trace = BeginTrace(policy, Head({{"traceparent", kParent}}), kId);
  const auto first = ParseTraceParent(
      BeginAttempt(policy, trace.get(), {.account_name = "a", .host = kHost}).trace_parent);
  const auto hidden = BeginAttempt(policy, trace.get(), {.host = "api.openai.com"});
  const auto third =
      ParseTraceParent(BeginAttempt(policy, trace.get(), {.host = kHost}).trace_parent);
  ASSERT_EQ(trace->attempts.size(), 3U);
  EXPECT_EQ(trace->attempts[0].account_name, "a");
  EXPECT_EQ(first->span_id, trace->attempts[0].id);
  EXPECT_EQ(third->span_id, trace->attempts[2].id);
  EXPECT_NE(first->span_id, third->span_id);
  EXPECT_EQ(first->trace_id, trace->trace_id);
  EXPECT_TRUE(first->sampled);
  EXPECT_EQ(hidden.trace_parent, "");
}

TEST(RequestTraceTest, WhatIsNotSampledIsHeardOfAsSuch) {
  TracePolicy policy = Exporting(0);
  policy.propagate_to = *HostList::Parse(kHost);
  const auto trace = BeginTrace(policy, Head({}), kId);
  ASSERT_NE(trace, nullptr);
  const auto heard =
      ParseTraceParent(BeginAttempt(policy, trace.get(), {.host = kHost}).trace_parent);
  ASSERT_TRUE(heard.has_value());
  EXPECT_FALSE(heard->sampled);
  EXPECT_TRUE(trace->attempts.empty()) << "nobody is told of them";
}

}  // namespace
}  // namespace weir::relay

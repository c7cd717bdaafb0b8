#include "services/relay/tracing/request_trace.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view kHost = "gpu.internal";

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
  return FieldsFor(policy, BeginTrace(policy, Head(fields)).get(), host);
}

TEST(RequestTraceTest, WithoutSettingsThereIsNone) {
  EXPECT_EQ(BeginTrace(TracePolicy{}, Head({{"traceparent", kParent}})), nullptr);
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

}  // namespace
}  // namespace weir::relay

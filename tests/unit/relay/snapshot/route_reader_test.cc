#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/relay/snapshot/chunk_merger.h"
#include "services/relay/snapshot/resource_reader.h"
#include "services/relay/snapshot/snapshot_builder.h"
#include "tests/unit/relay/snapshot/samples.h"

namespace weir::relay {
namespace {

using namespace testing;  // NOLINT: the samples read as words
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Route WholeRoute() {
  v1::Route route = RouteOf(7, "claude-*").route();
  for (const std::int64_t group : {3, 1}) route.add_group_ids(group);
  route.set_position(5);
  route.set_upstream_model("glm-4.6");
  v1::RouteRule& rule = *route.add_rules();
  rule.set_input_tokens_above(1'000);
  rule.set_input_tokens_below(9'000);
  rule.set_thinking(v1::PRESENCE_PRESENT);
  rule.set_tools(v1::PRESENCE_ABSENT);
  rule.set_upstream_model("glm-4.6-thinking");
  route.add_fallbacks("gpt-5");
  route.set_max_tokens_min(16);
  route.set_max_tokens_default(512);
  route.set_max_tokens_max(4'096);
  route.set_temperature_default_milli(0);
  route.set_stream_mode(v1::STREAM_MODE_OFF);
  route.mutable_timeouts()->set_total_ms(60'000);
  route.set_attempts_max(2);
  route.set_on_disconnect(v1::ON_DISCONNECT_DRAIN);
  route.set_drain_ms_max(30'000);
  route.set_drain_nano_usd_max(1'000'000);
  return route;
}

TEST(ReadRoute, ReadsEveryField) {
  const ModelRoute route = ReadRoute(WholeRoute()).value();
  EXPECT_EQ(route.id, 7);
  EXPECT_TRUE(route.model.Matches("claude-x"));
  EXPECT_THAT(route.group_ids, ElementsAre(1, 3));
  EXPECT_EQ(route.position, 5);
  EXPECT_TRUE(route.enabled);
  EXPECT_EQ(route.upstream_model, "glm-4.6");
  ASSERT_EQ(route.rules.size(), 1U);
  EXPECT_EQ(route.rules[0].input_tokens_above, 1'000);
  EXPECT_EQ(route.rules[0].input_tokens_below, 9'000);
  EXPECT_EQ(route.rules[0].thinking, Presence::kPresent);
  EXPECT_EQ(route.rules[0].tools, Presence::kAbsent);
  EXPECT_EQ(route.rules[0].images, Presence::kAny);
  EXPECT_EQ(route.rules[0].upstream_model, "glm-4.6-thinking");
  EXPECT_THAT(route.fallbacks, ElementsAre("gpt-5"));
  EXPECT_EQ(route.max_tokens.min, 16);
  EXPECT_EQ(route.max_tokens.standard, 512);
  EXPECT_EQ(route.max_tokens.max, 4'096);
  EXPECT_EQ(route.temperature_default_milli, 0);
  EXPECT_EQ(route.stream_mode, StreamMode::kOff);
  EXPECT_EQ(route.timeouts.total_ms, 60'000);
  EXPECT_EQ(route.timeouts.connect_ms, 0);
  EXPECT_EQ(route.attempts_max, 2U);
  EXPECT_EQ(route.on_disconnect, OnDisconnect::kDrain);
  EXPECT_EQ(route.drain_ms_max, 30'000);
  EXPECT_EQ(route.drain_nano_usd_max, 1'000'000);
  EXPECT_FALSE(ReadRoute(RouteOf(1, "m").route())->temperature_default_milli.has_value());
}

TEST(ReadRoute, RefusesWithTheFieldsName) {
  const std::vector<std::pair<std::string, std::function<void(v1::Route&)>>> cases = {
      {"model", [](v1::Route& r) { r.set_model("family:"); }},
      {"position", [](v1::Route& r) { r.set_position(1'001); }},
      {"upstream_model", [](v1::Route& r) { r.set_upstream_model("a*"); }},
      {"rules.upstream_model", [](v1::Route& r) { r.mutable_rules(0)->set_upstream_model(""); }},
      {"rules", [](v1::Route& r) { r.mutable_rules(0)->set_input_tokens_below(1'001); }},
      {"rules.tools",
       [](v1::Route& r) { r.mutable_rules(0)->set_tools(static_cast<v1::Presence>(9)); }},
      {"fallbacks", [](v1::Route& r) { r.add_fallbacks("family:x"); }},
      {"max_tokens", [](v1::Route& r) { r.set_max_tokens_min(5'000); }},
      {"temperature_default", [](v1::Route& r) { r.set_temperature_default_milli(2'001); }},
      {"stream_mode", [](v1::Route& r) { r.set_stream_mode(static_cast<v1::StreamMode>(9)); }},
      {"timeouts", [](v1::Route& r) { r.mutable_timeouts()->set_idle_ms(-1); }},
      {"attempts_max", [](v1::Route& r) { r.set_attempts_max(11); }},
      {"drain_nano_usd_max", [](v1::Route& r) { r.set_drain_nano_usd_max(-1); }},
  };
  for (const auto& [field, spoil] : cases) {
    v1::Route route = WholeRoute();
    spoil(route);
    EXPECT_THAT(ReadRoute(route).status().ToString(), HasSubstr("route 7: " + field)) << field;
  }
}

class RoutesInSnapshots : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const Snapshot>> Apply(const Snapshot* base, Chunks chunks) {
    return ApplyChunks(base, chunks, health_);
  }
  AccountHealthRegistry health_;
};

TEST_F(RoutesInSnapshots, ComeChangeAndGo) {
  std::vector<v1::Resource> world = SmallWorld();
  world.push_back(RouteOf(1, "m"));
  const auto first = Apply(nullptr, {ChunkOf(0, 1, world)}).value();
  ASSERT_NE(first->FindRoute("m", 1), nullptr);
  const auto second = Apply(first.get(), {ChunkOf(1, 2, {RouteOf(1, "n"), RouteOf(2, "m*")})});
  EXPECT_EQ((*second)->FindRoute("m", 1)->id, 2);
  EXPECT_EQ((*second)->FindRoute("n", 1)->id, 1);
  EXPECT_EQ(first->FindRoute("n", 1), nullptr);
  const auto third = Apply(second->get(), {ChunkOf(2, 3, {}, {RefTo(v1::RESOURCE_KIND_ROUTE, 2)})});
  EXPECT_EQ((*third)->FindRoute("m", 1), nullptr);
  EXPECT_EQ((*third)->FindRoute("n", 1)->id, 1);
}

TEST_F(RoutesInSnapshots, AreRefusedWithoutTheirGroup) {
  std::vector<v1::Resource> world = SmallWorld();
  v1::Resource route = RouteOf(1, "m");
  route.mutable_route()->add_group_ids(2);
  world.push_back(route);
  EXPECT_THAT(Apply(nullptr, {ChunkOf(0, 1, world)}).status().ToString(),
              HasSubstr("route 1: its group 2 is not there"));
  world.push_back(GroupOf(2));
  const auto first = Apply(nullptr, {ChunkOf(0, 1, world)}).value();
  EXPECT_THAT(Apply(first.get(), {ChunkOf(1, 2, {}, {RefTo(v1::RESOURCE_KIND_GROUP, 2)})})
                  .status()
                  .ToString(),
              HasSubstr("route 1: its group 2 is not there"));
}

TEST_F(RoutesInSnapshots, AreKeptInTheCopyOnDisk) {
  ChunkMerger merger;
  merger.Add(ChunkOf(0, 1, {RouteOf(1, "m"), RouteOf(2, "n")}));
  merger.Add(ChunkOf(1, 2, {RouteOf(1, "x")}, {RefTo(v1::RESOURCE_KIND_ROUTE, 2)}));
  const auto merged = Apply(nullptr, merger.Finish()).value();
  EXPECT_NE(merged->FindRoute("x", 1), nullptr);
  EXPECT_EQ(merged->FindRoute("m", 1), nullptr);
  EXPECT_EQ(merged->FindRoute("n", 1), nullptr);
}

}  // namespace
}  // namespace weir::relay

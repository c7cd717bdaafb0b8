#include "services/relay/route/route_resolver.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/support/snapshots.h"

namespace weir::relay {
namespace {

using ::testing::ElementsAre;
using testing::SnapshotMaker;

ModelRoute RouteFor(std::int64_t id, const char* model, std::string upstream = "") {
  ModelRoute route;
  route.id = id;
  route.model = ModelPattern(model);
  route.upstream_model = std::move(upstream);
  return route;
}

RouteQuestion Ask(const char* model, std::int64_t input_tokens = 0, bool thinks = false,
                  bool has_tools = false) {
  return {model, input_tokens, thinks, has_tools};
}

RouteRule& AddRule(ModelRoute& route, const char* upstream) {
  RouteRule& rule = route.rules.emplace_back();
  rule.upstream_model = upstream;
  return rule;
}

class ResolveRouteTest : public ::testing::Test {
 protected:
  Group& group() { return maker_.groups[0]; }

  RoutePlan Resolve(RouteQuestion question) {
    snapshot_ = maker_.Make();
    images_asked_ = 0;
    return ResolveRoute(*snapshot_, *snapshot_->FindGroup(1), question, [this] {
      ++images_asked_;
      return has_images_;
    });
  }
  std::vector<std::string> Models(RouteQuestion question) {
    std::vector<std::string> models;
    for (const RouteStep& step : Resolve(question).steps) models.emplace_back(step.model);
    return models;
  }

  SnapshotMaker maker_;
  std::shared_ptr<const Snapshot> snapshot_;  // the plan's names live in it
  bool has_images_ = false;
  int images_asked_ = 0;
};

TEST_F(ResolveRouteTest, WithoutRoutesTheModelStays) {
  const RoutePlan plan = Resolve(Ask("m"));
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(plan.steps[0].model, "m");
  EXPECT_EQ(plan.steps[0].route, nullptr);
  EXPECT_EQ(plan.route, nullptr);
  EXPECT_EQ(images_asked_, 0);
}

TEST_F(ResolveRouteTest, EachLevelMapsWhatTheLevelAboveGave) {
  maker_.routes.push_back(RouteFor(1, "family:haiku", "small"));
  group().model_mapping.entries.emplace_back(ModelPattern("small"), "glm-air");
  EXPECT_THAT(Models(Ask("claude-haiku-4-5")), ElementsAre("glm-air"));
  EXPECT_THAT(Models(Ask("small")), ElementsAre("glm-air"));
  EXPECT_THAT(Models(Ask("claude-opus-4")), ElementsAre("claude-opus-4"));
}

TEST_F(ResolveRouteTest, TheFirstRuleThatHoldsDecides) {
  ModelRoute route = RouteFor(1, "m", "plain");
  AddRule(route, "long").input_tokens_above = 1'000;
  AddRule(route, "short").input_tokens_below = 10;
  RouteRule& thinker = AddRule(route, "thinker");
  thinker.thinking = Presence::kPresent;
  thinker.tools = Presence::kAbsent;
  AddRule(route, "tools").tools = Presence::kPresent;
  AddRule(route, "eyes").images = Presence::kPresent;
  maker_.routes.push_back(route);
  EXPECT_THAT(Models(Ask("m", 1'001)), ElementsAre("long"));
  EXPECT_THAT(Models(Ask("m", 1'000)), ElementsAre("plain"));
  EXPECT_THAT(Models(Ask("m", 9)), ElementsAre("short"));
  EXPECT_THAT(Models(Ask("m", 10)), ElementsAre("plain"));
  EXPECT_THAT(Models(Ask("m", 2'000, true, true)), ElementsAre("long"));
  EXPECT_THAT(Models(Ask("m", 100, true, false)), ElementsAre("thinker"));
  EXPECT_EQ(images_asked_, 0) << "nothing that comes before depends on images";
  EXPECT_THAT(Models(Ask("m", 100, true, true)), ElementsAre("tools"));
  EXPECT_THAT(Models(Ask("m", 100, false, false)), ElementsAre("plain"));
  EXPECT_EQ(images_asked_, 1);
  has_images_ = true;
  EXPECT_THAT(Models(Ask("m", 100, false, false)), ElementsAre("eyes"));
}

TEST_F(ResolveRouteTest, ImagesAreLookedForOnce) {
  ModelRoute route = RouteFor(1, "m");
  AddRule(route, "a").images = Presence::kPresent;
  RouteRule& both = AddRule(route, "b");
  both.tools = Presence::kPresent;
  both.images = Presence::kPresent;
  AddRule(route, "c").images = Presence::kAbsent;
  maker_.routes.push_back(route);
  EXPECT_THAT(Models(Ask("m", 1, false, true)), ElementsAre("c"));
  EXPECT_EQ(images_asked_, 1);
}

TEST_F(ResolveRouteTest, FallbacksOfTheRouteThenOfTheGroupEachOnce) {
  ModelRoute route = RouteFor(1, "m", "up");
  route.fallbacks = {"b", "up", "c"};
  maker_.routes.push_back(route);
  group().fallbacks = {"c", "d", "m"};
  EXPECT_THAT(Models(Ask("m")), ElementsAre("up", "b", "c", "d", "m"));
  EXPECT_THAT(Models(Ask("x")), ElementsAre("x", "c", "d", "m"));
}

TEST_F(ResolveRouteTest, AFallbackKeepsItsOwnBoundsAndNothingElseOfItsRoute) {
  ModelRoute route = RouteFor(1, "m");
  route.fallbacks = {"b", "c"};
  ModelRoute own = RouteFor(2, "b", "elsewhere");
  own.fallbacks = {"m", "z"};
  maker_.routes = {route, own};
  group().model_mapping.entries.emplace_back(ModelPattern("b"), "mapped");
  const RoutePlan plan = Resolve(Ask("m"));
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.route->id, 1);
  EXPECT_EQ(plan.steps[0].route->id, 1);
  EXPECT_EQ(plan.steps[1].model, "b");
  EXPECT_EQ(plan.steps[1].route->id, 2);
  EXPECT_EQ(plan.steps[2].model, "c");
  EXPECT_EQ(plan.steps[2].route->id, 1);
}

TEST_F(ResolveRouteTest, ThePlanIsBounded) {
  for (int i = 0; i < 100; ++i) group().fallbacks.push_back("m" + std::to_string(i));
  EXPECT_EQ(Models(Ask("m")).size(), kStepsMax);
}

TEST(TimeoutsForTest, TheRoutesGoBeforeTheAccounts) {
  Account account;
  account.timeouts = {1, 2, 3, 4};
  ModelRoute route;
  route.timeouts = {0, 20, 0, 40};
  const Timeouts both = TimeoutsFor(&route, account);
  EXPECT_EQ(both.connect_ms, 1);
  EXPECT_EQ(both.first_byte_ms, 20);
  EXPECT_EQ(both.idle_ms, 3);
  EXPECT_EQ(both.total_ms, 40);
  EXPECT_EQ(TimeoutsFor(nullptr, account).total_ms, 4);
}

}  // namespace
}  // namespace weir::relay

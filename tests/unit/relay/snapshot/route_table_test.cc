#include "services/relay/snapshot/route_table.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

struct Sample {
  std::int64_t id;
  const char* model;
  std::int32_t position = 0;
  std::vector<std::int64_t> groups = {};
  bool enabled = true;
};

RouteTable TableOf(const std::vector<Sample>& samples) {
  RouteTable::ById by_id;
  for (const Sample& sample : samples) {
    ModelRoute route;
    route.id = sample.id;
    route.model = ModelPattern(sample.model);
    route.position = sample.position;
    route.group_ids = sample.groups;
    route.enabled = sample.enabled;
    by_id[sample.id] = std::make_shared<const ModelRoute>(std::move(route));
  }
  return RouteTable(std::move(by_id));
}

// The id of the route that is found; 0 = none.
std::int64_t Found(const RouteTable& table, std::string_view model, std::int64_t group = 1) {
  const ModelRoute* route = table.Find(model, group);
  return route == nullptr ? 0 : route->id;
}

TEST(RouteTable, TheMostTellingPatternWins) {
  const RouteTable table = TableOf({{1, "family:haiku"},
                                    {2, "*"},
                                    {3, "claude-*"},
                                    {4, "claude-haiku-4-5"},
                                    {5, "claude-haiku-*"}});
  EXPECT_EQ(Found(table, "claude-haiku-4-5"), 4);
  EXPECT_EQ(Found(table, "claude-haiku-3"), 5);
  EXPECT_EQ(Found(table, "claude-opus-4"), 3);
  EXPECT_EQ(Found(table, "other-haiku"), 2);
  EXPECT_EQ(Found(TableOf({{1, "family:haiku"}, {2, "gpt-*"}}), "other-haiku"), 1);
}

TEST(RouteTable, PositionGoesBeforeThePattern) {
  const RouteTable table = TableOf({{1, "m", 5}, {2, "*", 1}, {3, "m", 1, {7}}, {4, "n", 1}});
  EXPECT_EQ(Found(table, "m"), 2);
  EXPECT_EQ(Found(table, "m", 7), 3);  // a name before a head, at the same position
  EXPECT_EQ(Found(table, "n"), 4);
  EXPECT_EQ(Found(table, "x"), 2);
}

TEST(RouteTable, AGroupsOwnRouteGoesBeforeAllGroups) {
  const RouteTable table = TableOf({{1, "m"}, {2, "m", 0, {2, 3}}, {3, "m"}, {4, "*", 0, {9}}});
  EXPECT_EQ(Found(table, "m", 1), 1);  // of equals the smaller id
  EXPECT_EQ(Found(table, "m", 2), 2);
  EXPECT_EQ(Found(table, "m", 3), 2);
  EXPECT_EQ(Found(table, "x", 9), 4);
  EXPECT_EQ(Found(table, "x", 8), 0);
}

TEST(RouteTable, NamesAreThoseOfTheGroup) {
  const RouteTable table =
      TableOf({{1, "b"}, {2, "a", 0, {2}}, {3, "c*"}, {4, "b", 1}, {5, "d", 0, {}, false}});
  EXPECT_EQ(table.NamesFor(1), (std::vector<std::string>{"b"}));
  EXPECT_EQ(table.NamesFor(2), (std::vector<std::string>{"a", "b"}));
}

TEST(RouteTable, DisabledRoutesAreNotThere) {
  const RouteTable table = TableOf({{1, "m", 0, {}, false}, {2, "*"}});
  EXPECT_EQ(Found(table, "m"), 2);
  EXPECT_EQ(Found(TableOf({}), "m"), 0);
}

}  // namespace
}  // namespace weir::relay

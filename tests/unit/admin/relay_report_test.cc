#include "services/admin/publish/relay_report.h"

#include <gtest/gtest.h>

#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

v1::RedisFigures Server(v1::RedisUse use) {
  v1::RedisFigures server;
  server.set_use(use);
  server.set_state(v1::REDIS_STATE_UP);
  return server;
}

TEST(RelayReportTest, ARedisIsReadAsItWasTold) {
  v1::RelayFigures told;
  v1::RedisFigures& server = *told.add_redis_servers();
  server = Server(v1::REDIS_USE_LIMITS);
  server.set_role(v1::REDIS_ROLE_REPLICA);
  server.set_mode(v1::REDIS_MODE_CLUSTER);
  server.set_latency_us(312);
  server.set_away_policy(v1::REDIS_AWAY_POLICY_CLOSED);
  *told.add_redis_servers() = Server(v1::REDIS_USE_ANSWERS);
  told.set_redis(v1::REDIS_STATE_UP);
  const RelayFigures figures = FiguresOf(told);
  ASSERT_TRUE(figures.redis_servers.has_value());
  ASSERT_EQ(figures.redis_servers->size(), 2U);
  const RedisFigures& limits = figures.redis_servers->front();
  EXPECT_EQ(limits.use, RedisUse::kLimits);
  EXPECT_EQ(limits.state, RedisState::kUp);
  EXPECT_EQ(limits.role, "replica");
  EXPECT_EQ(limits.mode, "cluster");
  EXPECT_EQ(limits.latency_us, 312);
  EXPECT_EQ(limits.away_policy, "closed");
  EXPECT_EQ(figures.redis_servers->back().role, "") << "it did not say";
  EXPECT_EQ(figures.redis_servers->back().away_policy, "");
}

TEST(RelayReportTest, AnOlderRelayIsNotOneWithoutRedis) {
  v1::RelayFigures told;
  EXPECT_TRUE(FiguresOf(told).redis_servers.has_value()) << "it uses none";
  told.set_redis(v1::REDIS_STATE_AWAY);
  EXPECT_FALSE(FiguresOf(told).redis_servers.has_value()) << "it has one and says nothing of it";
}

TEST(RelayReportTest, WordsThatNobodyKnowsAreLeftOut) {
  v1::RelayFigures told;
  *told.add_redis_servers() = Server(static_cast<v1::RedisUse>(77));
  for (int i = 0; i < 1'000; ++i) *told.add_redis_servers() = Server(v1::REDIS_USE_LIMITS);
  v1::RedisFigures& first = *told.mutable_redis_servers(1);
  first.set_role(static_cast<v1::RedisRole>(77));
  first.set_latency_us(-5);
  const RelayFigures figures = FiguresOf(told);
  ASSERT_EQ(figures.redis_servers->size(), 1U) << "each use once";
  EXPECT_EQ(figures.redis_servers->front().role, "");
  EXPECT_EQ(figures.redis_servers->front().latency_us, 0);
}

}  // namespace
}  // namespace weir::admin

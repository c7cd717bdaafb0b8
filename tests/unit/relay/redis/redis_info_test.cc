#include "services/relay/redis/redis_info.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(RedisInfoTest, ReadsWhatBothSectionsSay) {
  const RedisInfo server =
      ReadRedisInfo("# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\nos:Linux\r\n", {});
  EXPECT_EQ(server, (RedisInfo{RedisRole::kUnknown, RedisMode::kCluster}));
  EXPECT_EQ(ReadRedisInfo("# Replication\r\nrole:slave\r\nmaster_host:10.0.0.1\r\n", server),
            (RedisInfo{RedisRole::kReplica, RedisMode::kCluster}));
}

TEST(RedisInfoTest, NewerWordsAndLinesWithoutReturnAreKnown) {
  EXPECT_EQ(ReadRedisInfo("role:primary\nredis_mode:standalone", {}),
            (RedisInfo{RedisRole::kPrimary, RedisMode::kStandalone}));
  EXPECT_EQ(ReadRedisInfo("role:replica\n", {}).role, RedisRole::kReplica);
}

TEST(RedisInfoTest, WhatNobodyKnowsChangesNothing) {
  const RedisInfo known{RedisRole::kPrimary, RedisMode::kStandalone};
  for (const char* text : {"", "\r\n", "role:sentinel\r\n", "redis_mode:sentinel\r\n",
                           "role:", "xrole:slave\r\n", "role:slave \r\n", "role:master:slave"}) {
    EXPECT_EQ(ReadRedisInfo(text, known), known) << text;
  }
}

}  // namespace
}  // namespace weir::relay

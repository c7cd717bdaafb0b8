#include "services/relay/redis/redis_url.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

TEST(RedisUrl, TakesAllParts) {
  const auto url = ParseRedisUrl("redis://we%69r:p%40ss%3A@redis.internal:6380/2");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "redis.internal");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->username, "weir");
  EXPECT_EQ(url->password.Reveal(), "p@ss:");
  EXPECT_EQ(url->database, 2);
}

TEST(RedisUrl, AllButTheHostMayBeLeftOut) {
  const auto url = ParseRedisUrl("redis://127.0.0.1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->port, 6379);
  EXPECT_TRUE(url->username.empty() && url->password.empty());
  EXPECT_EQ(url->database, 0);
  EXPECT_TRUE(ParseRedisUrl("redis://127.0.0.1:6379/").ok());
}

TEST(RedisUrl, APasswordAloneAndAnAddressInBrackets) {
  const auto url = ParseRedisUrl("redis://:secret@[::1]:7000");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 7000);
  EXPECT_EQ(url->username, "");
  EXPECT_EQ(url->password.Reveal(), "secret");
}

TEST(RedisUrl, SaysWhatIsWrongAndNeverTheSecret) {
  for (const std::string_view text :
       {"", "localhost:6379", "rediss://h", "redis://", "redis://h:0", "redis://h:99999",
        "redis://h/x", "redis://h/-1", "redis://h/1/2", "redis://secret@h", "redis://u:@h",
        "redis://u:secret%zz@h", "redis://:secret@", "http://u:secret@h", "redis://h:port"}) {
    const auto url = ParseRedisUrl(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(View(url.status().message()).find("secret"), std::string_view::npos) << text;
  }
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/shared_cache/shared_cache.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/cache/answer_text.h"
#include "tests/unit/relay/support/fake_redis.h"
#include "tests/unit/relay/support/loop_fixture.h"

namespace weir::relay {
namespace {

using testing::FakeRedis;

std::string Bulk(std::string_view text) { return StrCat("$", text.size(), "\r\n", text, "\r\n"); }

// A store as Redis is one, on the fake's thread.
class Store {
 public:
  std::string operator()(const FakeRedis::Words& words) {
    const std::lock_guard lock(mutex_);
    if (words[0] == "SET") {
      texts_[words[1]] = words[2];
      return "+OK\r\n";
    }
    if (words[0] != "GETRANGE") return "+PONG\r\n";
    const auto last = static_cast<std::size_t>(std::stoull(words[3]));
    return Bulk(std::string_view(texts_[words[1]]).substr(0, last + 1));
  }
  void Put(const std::string& name, const std::string& text) {
    const std::lock_guard lock(mutex_);
    texts_[name] = text;
  }
  std::string Get(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return texts_[name];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> texts_;
};

CachedAnswer AnswerOf(std::size_t body_bytes) {
  CachedAnswer answer;
  answer.head_fields = "content-type: application/json\r\n";
  answer.body = std::string(body_bytes, 'b');
  answer.served_model = "m";
  return answer;
}

// Public, since coroutines of the tests are lambdas that are handed the test.
class SharedCacheTest : public testing::LoopTest {
 public:
  static constexpr std::size_t kBytesMax = 10'000;
  const std::string name_ = StrCat("t:cache:1:", std::string(62, '0'), "2a");

  SharedCacheTest() { key_.back() = 0x2a; }

  FakeRedis::Handler Stored() {
    return [this](const FakeRedis::Words& words) { return store_(words); };
  }
  void Use(FakeRedis& redis) {
    options_.redis.url.host = "127.0.0.1";
    options_.redis.url.port = redis.port();
    options_.redis.retry_ms = 100;
    options_.answer_bytes_max = kBytesMax;
    cache_ = std::make_unique<SharedCache>(loop_, resolver_, &options_, "t", counters_);
    cache_->Start();
  }
  template <typename Condition>
  Task<bool> Until(Condition condition, std::int64_t limit_ms = 5'000) {
    const std::int64_t end_ms = loop_.now_ms() + limit_ms;
    while (!condition() && loop_.now_ms() < end_ms) co_await SleepUntil(loop_, In(5));
    co_return condition();
  }
  Task<bool> UntilUp() {
    const bool up = co_await Until([this] { return cache_->up(); });
    co_return up;
  }
  Task<std::shared_ptr<const CachedAnswer>> Find() {
    SharedCacheLookup lookup(*cache_, key_);
    std::shared_ptr<const CachedAnswer> answer = co_await lookup;
    co_return answer;
  }
  // From the loop itself: a test that was woken by the cache must not take it away under it.
  Task<void> Stop() {
    co_await SleepUntil(loop_, In(1));
    cache_.reset();
  }

  using LoopTest::loop_;

  CacheKey key_{};
  Store store_;
  Resolver resolver_;
  SharedCacheOptions options_;
  RedisCounters counters_;
  std::unique_ptr<SharedCache> cache_;
};

TEST_F(SharedCacheTest, TellsWhatRedisSaysOfItselfAndHowFarItIs) {
  FakeRedis redis(Stored());
  const std::string info = "role:slave\r\nredis_mode:standalone\r\n";
  redis.SetInfo(StrCat("$", info.size(), "\r\n", info, "\r\n"));
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    const bool up = co_await t.UntilUp();
    EXPECT_TRUE(up);
    EXPECT_EQ(t.counters_.role.load(), RedisRole::kReplica);
    EXPECT_EQ(t.counters_.mode.load(), RedisMode::kStandalone);
    EXPECT_GE(t.counters_.round_trip_us.load(), 1U);
    fake.SetHandler([](const FakeRedis::Words&) -> std::string { return FakeRedis::kHangUp; });
    const bool away = co_await t.Until([&t] { return !t.cache_->up(); });
    EXPECT_TRUE(away);
    EXPECT_EQ(t.counters_.round_trip_us.load(), 0U) << "of what is away nobody knows";
    co_await t.Stop();
  }(*this, redis));
}

// What Redis says of itself is for eyes alone: a user who may not ask, or a proxy that hangs up on
// the question, is used all the same.
TEST_F(SharedCacheTest, WhoDoesNotSayWhatItIsIsUsedAllTheSame) {
  for (const std::string& answer :
       {std::string("-NOPERM no\r\n"), std::string(FakeRedis::kHangUp)}) {
    FakeRedis redis(Stored());
    redis.SetInfo(answer);
    Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
      t.Use(fake);
      const bool up = co_await t.UntilUp();
      EXPECT_TRUE(up);
      EXPECT_EQ(t.counters_.role.load(), RedisRole::kUnknown);
      co_await t.Stop();
    }(*this, redis));
  }
}

TEST_F(SharedCacheTest, WhatIsStoredIsFound) {
  FakeRedis redis(Stored());
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    const bool up = co_await t.UntilUp();
    EXPECT_TRUE(up);
    const auto nothing = co_await t.Find();
    EXPECT_EQ(nothing, nullptr);
    t.cache_->Store(t.key_, AnswerOf(100), 7'000);
    const auto found = co_await t.Find();
    EXPECT_TRUE(found != nullptr && found->body == std::string(100, 'b'));
    co_await t.Stop();
  }(*this, redis));
  const auto commands = redis.commands();
  ASSERT_EQ(commands.size(), 4U);
  EXPECT_EQ(commands[0], FakeRedis::Words{"PING"});
  EXPECT_EQ(commands[1], (FakeRedis::Words{"GETRANGE", name_, "0", "12048"}));
  EXPECT_EQ(commands[2],
            (FakeRedis::Words{"SET", name_, WriteAnswer(AnswerOf(100)), "PX", "7000"}));
  EXPECT_EQ(counters_.answers.load(), 2U);
}

TEST_F(SharedCacheTest, WhatIsTooLargeIsNeitherWrittenNorRead) {
  FakeRedis redis(Stored());
  store_.Put(name_, WriteAnswer(AnswerOf(1'000'000)));
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.UntilUp();
    const auto cut = co_await t.Find();
    EXPECT_EQ(cut, nullptr);
    t.cache_->Store(t.key_, AnswerOf(kBytesMax + 2'048), 7'000);
    co_await t.Find();
    EXPECT_EQ(t.store_.Get(t.name_).size(), WriteAnswer(AnswerOf(1'000'000)).size());
    t.cache_->Store(t.key_, AnswerOf(kBytesMax), 7'000);
    const auto found = co_await t.Find();
    EXPECT_TRUE(found != nullptr && found->body.size() == kBytesMax);
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedCacheTest, WhatIsNoAnswerIsAMissAndNoFailure) {
  FakeRedis redis(Stored());
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.UntilUp();
    for (int i = 0; i < 10; ++i) {
      t.store_.Put(t.name_, StrCat("nonsense ", i));
      const auto answer = co_await t.Find();
      EXPECT_EQ(answer, nullptr);
    }
    EXPECT_TRUE(t.cache_->up());
    co_await t.Stop();
  }(*this, redis));
  EXPECT_EQ(counters_.fallbacks.load(), 0U);
}

TEST_F(SharedCacheTest, NobodyWaitsForARedisThatHangs) {
  FakeRedis redis([](const FakeRedis::Words& words) -> std::string {
    return words[0] == "PING" ? "+PONG\r\n" : "";
  });
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.UntilUp();
    for (int i = 0; i < t.options_.redis.failures_max; ++i) {
      const std::int64_t began_ns = SteadyNs();
      const auto answer = co_await t.Find();
      EXPECT_EQ(answer, nullptr);
      EXPECT_GE(SteadyNs() - began_ns, t.options_.redis.reply_timeout_ms * kNsPerMs);
    }
    EXPECT_FALSE(t.cache_->up());
    const std::size_t asked = fake.commands().size();
    const auto answer = co_await t.Find();
    EXPECT_EQ(answer, nullptr);
    t.cache_->Store(t.key_, AnswerOf(10), 7'000);
    EXPECT_EQ(fake.commands().size(), asked);
    co_await t.Stop();
  }(*this, redis));
  EXPECT_EQ(counters_.fallbacks.load(), 4U);
}

// Its answer comes when nobody waits any more, and is taken for nobody else's.
TEST_F(SharedCacheTest, ALateAnswerIsForNobody) {
  FakeRedis redis([this](const FakeRedis::Words& words) {
    if (words[0] == "GETRANGE") std::this_thread::sleep_for(std::chrono::milliseconds(120));
    return store_(words);
  });
  options_.redis.failures_max = 100;
  store_.Put(name_, WriteAnswer(AnswerOf(10)));
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.UntilUp();
    const auto late = co_await t.Find();
    EXPECT_EQ(late, nullptr);
    CacheKey other = t.key_;
    other[0] = 1;
    t.options_.redis.reply_timeout_ms = 5'000;
    {
      SharedCacheLookup lookup(*t.cache_, other);
      const std::shared_ptr<const CachedAnswer> answer = co_await lookup;
      EXPECT_EQ(answer, nullptr);
    }
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedCacheTest, WhatRedisHasNotTakenIsBounded) {
  options_.redis.failures_max = 1'000'000;
  FakeRedis redis([](const FakeRedis::Words& words) -> std::string {
    return words[0] == "PING" ? "+PONG\r\n" : "";  // takes all, answers nothing
  });
  BufferCap cap(1 << 30);
  loop_.buffers().SetCap(cap);
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.UntilUp();
    const CachedAnswer answer = AnswerOf(kBytesMax);
    for (int i = 0; i < 2'000; ++i) t.cache_->Store(t.key_, answer, 7'000);
    const auto held = static_cast<std::size_t>(t.loop_.buffers().charged());
    EXPECT_LE(held, SharedCache::kUnderWayBytesMax);
    EXPECT_GT(held, SharedCache::kUnderWayBytesMax - 2 * kBytesMax);
    co_await t.Stop();
    EXPECT_EQ(t.loop_.buffers().charged(), 0);
  }(*this, redis));
}

// A found answer is memory of the process; where there is none, it is a miss.
TEST_F(SharedCacheTest, WithoutMemoryItIsAMiss) {
  FakeRedis redis(Stored());
  store_.Put(name_, WriteAnswer(AnswerOf(5'000)));
  BufferCap cap(4'000);
  loop_.buffers().SetCap(cap);
  Run([](SharedCacheTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.UntilUp();
    const auto answer = co_await t.Find();
    EXPECT_EQ(answer, nullptr);
    EXPECT_TRUE(t.cache_->up());
    co_await t.Stop();
  }(*this, redis));
}

}  // namespace
}  // namespace weir::relay

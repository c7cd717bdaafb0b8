#include "services/relay/shared_limits/shared_limiter.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/shared_limits/redis_scripts.h"
#include "tests/unit/relay/support/fake_redis.h"
#include "tests/unit/relay/support/loop_fixture.h"

namespace weir::relay {
namespace {

using testing::FakeRedis;

std::string Numbers(const std::vector<std::int64_t>& numbers) {
  std::string text = StrCat("*", numbers.size(), "\r\n");
  for (const std::int64_t number : numbers) StrAppend(text, ":", number, "\r\n");
  return text;
}

bool Calls(const FakeRedis::Words& words, const RedisScript& script) {
  return words.size() > 1 && (words[1] == script.sha1 || words[1] == script.text);
}

// Scripts are known, beats are answered, settlements too; admissions get `admission`.
FakeRedis::Handler Answering(std::string admission) {
  return [admission](const FakeRedis::Words& words) -> std::string {
    if (words[0] == "SCRIPT" || words[0] == "AUTH" || words[0] == "SELECT") return "+OK\r\n";
    if (Calls(words, AdmitScript())) return admission;
    return ":1\r\n";
  };
}

// Public, since coroutines of the tests are lambdas that are handed the test.
class SharedLimiterTest : public testing::LoopTest {
 public:
  // The limits of a key: 10 requests, 1,000 tokens, 3 places.
  const LimitedSubject key_{SubjectKind::kKey, 7, 10, 1'000, 3};
  const std::string admitted_ = Numbers({0, 0, 0, 4, 250, 1'763'700'000, 60'500});

  // Sets up `limiter_` for the loop that runs now.
  void Use(FakeRedis& redis) {
    options_.url.host = "127.0.0.1";
    options_.url.port = redis.port();
    options_.retry_ms = 100;
    limiter_ =
        std::make_unique<SharedLimiter>(loop_, resolver_, &options_, "t", "relay.1", counters_);
    limiter_->Start();
  }

  template <typename Condition>
  Task<bool> Until(Condition condition, std::int64_t limit_ms = 5'000) {
    const std::int64_t end_ms = loop_.now_ms() + limit_ms;
    while (!condition() && loop_.now_ms() < end_ms) co_await SleepUntil(loop_, In(5));
    co_return condition();
  }

  // From the loop itself: a test that was woken by the limiter must not take it away under it.
  Task<void> Stop() {
    co_await SleepUntil(loop_, In(1));
    limiter_.reset();
  }

  Task<SharedAnswer> Ask(SharedPermit& permit) {
    SharedAdmission admission(*limiter_, {&key_, 1}, 100, permit);
    SharedAnswer answer = co_await admission;
    co_return answer;
  }

  Resolver resolver_;
  RedisOptions options_;
  RedisCounters counters_;
  std::unique_ptr<SharedLimiter> limiter_;
};

TEST_F(SharedLimiterTest, GreetsThenAsksAndSettles) {
  FakeRedis redis(Answering(admitted_));
  options_.url.username = "weir";
  options_.url.password = Secret("hush");
  options_.url.database = 4;
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    EXPECT_FALSE(t.limiter_->up());
    const bool up = co_await t.Until([&t] { return t.limiter_->up(); });
    EXPECT_TRUE(up);
    SharedPermit permit;
    const SharedAnswer answer = co_await t.Ask(permit);
    EXPECT_FALSE(answer.away);
    EXPECT_FALSE(answer.denial.has_value());
    EXPECT_EQ(answer.report.requests.remaining, 6);
    EXPECT_EQ(answer.report.requests.reset_ms, 60'500);
    EXPECT_EQ(answer.report.tokens.remaining, 750);
    permit.Release(42);
    const RedisScript& settle = SettleScript();
    const bool settled = co_await t.Until(
        [&fake, &settle] { return !fake.CallsOf(settle.sha1, settle.text).empty(); });
    EXPECT_TRUE(settled);
    co_await t.Stop();
  }(*this, redis));
  const auto commands = redis.commands();
  EXPECT_EQ(commands[0], (FakeRedis::Words{"AUTH", "weir", "hush"}));
  EXPECT_EQ(commands[1], (FakeRedis::Words{"SELECT", "4"}));
  EXPECT_EQ(commands[2][0], "SCRIPT");
  const auto admits = redis.CallsOf(AdmitScript().sha1, AdmitScript().text);
  ASSERT_EQ(admits.size(), 1U);
  EXPECT_EQ(admits[0],
            (FakeRedis::Words{"EVALSHA", std::string(AdmitScript().sha1), "3", "t:relays", "t:k7",
                              "t:k7:p", "relay.1.1", "100", "10", "1000", "3"}));
  const auto settles = redis.CallsOf(SettleScript().sha1, SettleScript().text);
  EXPECT_EQ(settles[0],
            (FakeRedis::Words{"EVALSHA", std::string(SettleScript().sha1), "2", "t:k7", "t:k7:p",
                              "relay.1.1", "100", "42", "1763700000", "1", "1"}));
  EXPECT_EQ(counters_.answers.load(), 1U);
}

TEST_F(SharedLimiterTest, ReadsWhoRefusesAndUntilWhen) {
  FakeRedis redis(Answering(Numbers({1, 1, 12'345, 4, 950, 1'763'700'000, 60'500})));
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    SharedPermit permit;
    const SharedAnswer answer = co_await t.Ask(permit);
    EXPECT_TRUE(answer.denial.has_value());
    if (!answer.denial.has_value()) co_return;
    EXPECT_EQ(answer.denial->subject, SubjectKind::kKey);
    EXPECT_EQ(answer.denial->limit, LimitKind::kTokens);
    EXPECT_EQ(answer.denial->cap, 1'000);
    EXPECT_EQ(answer.denial->retry_after_ms, 12'345);
    permit.Release(0);
    co_await t.Stop();
  }(*this, redis));
  EXPECT_TRUE(redis.CallsOf(SettleScript().sha1, SettleScript().text).empty());
}

// Redis reads connections in no order: the place may have been given back on another one before.
TEST_F(SharedLimiterTest, ARefusalForWantOfAPlaceIsAskedAboutOnceMore) {
  const std::string no_place = Numbers({1, 2, 1'000, 4, 250, 1'763'700'000, 60'500});
  std::atomic<int> asked{0};
  FakeRedis redis([this, &no_place, &asked](const FakeRedis::Words& words) -> std::string {
    const bool refuse = Calls(words, AdmitScript()) && ++asked != 2;
    return Answering(refuse ? no_place : admitted_)(words);
  });
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    SharedPermit first;
    const SharedAnswer found = co_await t.Ask(first);
    EXPECT_FALSE(found.denial.has_value());
    EXPECT_FALSE(found.away);
    SharedPermit second;
    const SharedAnswer full = co_await t.Ask(second);
    EXPECT_TRUE(full.denial.has_value());
    first.Release(0);
    second.Release(0);
    co_await t.Stop();
  }(*this, redis));
  EXPECT_EQ(asked.load(), 4);
}

TEST_F(SharedLimiterTest, NobodyWaitsForARedisThatHangs) {
  FakeRedis redis(Answering(""));
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    for (int i = 0; i < t.options_.failures_max; ++i) {
      EXPECT_TRUE(t.limiter_->up());
      SharedPermit permit;
      const std::int64_t began_ns = SteadyNs();
      const SharedAnswer answer = co_await t.Ask(permit);
      EXPECT_TRUE(answer.away);
      EXPECT_GE(SteadyNs() - began_ns, t.options_.reply_timeout_ms * kNsPerMs);
    }
    EXPECT_FALSE(t.limiter_->up());
    const std::size_t asked = fake.CallsOf(AdmitScript().sha1, AdmitScript().text).size();
    SharedPermit permit;
    const SharedAnswer answer = co_await t.Ask(permit);
    EXPECT_TRUE(answer.away);
    EXPECT_EQ(fake.CallsOf(AdmitScript().sha1, AdmitScript().text).size(), asked);
    permit.Release(0);
    co_await t.Stop();
  }(*this, redis));
  EXPECT_EQ(counters_.fallbacks.load(), 4U);
  EXPECT_EQ(counters_.up.load(), 0U);
}

TEST_F(SharedLimiterTest, ASlowRedisIsNoBetterThanNone) {
  // Each answer comes, but after its request has gone on.
  FakeRedis redis([this](const FakeRedis::Words& words) -> std::string {
    if (Calls(words, AdmitScript())) std::this_thread::sleep_for(std::chrono::milliseconds(120));
    return Answering(admitted_)(words);
  });
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    for (int i = 0; i < t.options_.failures_max; ++i) {
      SharedPermit permit;
      const SharedAnswer answer = co_await t.Ask(permit);
      EXPECT_TRUE(answer.away);
    }
    EXPECT_FALSE(t.limiter_->up());
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedLimiterTest, AnAnswerAfterTheEndIsSettledAllTheSame) {
  FakeRedis redis([this](const FakeRedis::Words& words) -> std::string {
    if (Calls(words, AdmitScript())) std::this_thread::sleep_for(std::chrono::milliseconds(120));
    return Answering(admitted_)(words);
  });
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    {
      SharedPermit permit;
      const SharedAnswer answer = co_await t.Ask(permit);
      EXPECT_TRUE(answer.away);
      permit.Release(5);
    }
    const RedisScript& settle = SettleScript();
    const bool settled = co_await t.Until(
        [&fake, &settle] { return !fake.CallsOf(settle.sha1, settle.text).empty(); });
    EXPECT_TRUE(settled);
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedLimiterTest, ABrokenConnectionTellsAllThatWaitAtOnce) {
  FakeRedis redis(Answering(FakeRedis::kHangUp));
  options_.reply_timeout_ms = 5'000;
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    SharedPermit permit;
    const std::int64_t began_ns = SteadyNs();
    const SharedAnswer answer = co_await t.Ask(permit);
    EXPECT_TRUE(answer.away);
    EXPECT_LT(SteadyNs() - began_ns, 2'000 * kNsPerMs);
    EXPECT_FALSE(t.limiter_->up());
    permit.Release(0);
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedLimiterTest, ARedisThatIsBackLearnsWhatIsHeld) {
  FakeRedis redis(Answering(admitted_));
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    SharedPermit before;
    co_await t.Ask(before);
    fake.SetHandler(Answering(FakeRedis::kHangUp));
    SharedPermit meanwhile;
    const SharedAnswer answer = co_await t.Ask(meanwhile);
    EXPECT_TRUE(answer.away);
    fake.SetHandler(Answering(t.admitted_));
    const bool back = co_await t.Until([&t] { return t.limiter_->up(); });
    EXPECT_TRUE(back);
    const RedisScript& take = TakeScript();
    const bool told =
        co_await t.Until([&fake, &take] { return fake.CallsOf(take.sha1, take.text).size() == 2; });
    EXPECT_TRUE(told);
    const auto calls = fake.CallsOf(take.sha1, take.text);
    EXPECT_EQ(calls[0][3], "t:k7:p");
    EXPECT_EQ(calls[0][4], "relay.1.2") << "a new member, so that nothing old is counted twice";
    const auto beats = fake.CallsOf(BeatScript().sha1, BeatScript().text);
    EXPECT_EQ(beats.back().back(), "relay.1.1") << "the old one goes";
    // What was told anew is settled, its tokens were not counted there.
    before.Release(10);
    const RedisScript& settle = SettleScript();
    co_await t.Until([&fake, &settle] { return !fake.CallsOf(settle.sha1, settle.text).empty(); });
    EXPECT_EQ(fake.CallsOf(settle.sha1, settle.text).back()[8], "0");
    meanwhile.Release(0);
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedLimiterTest, ScriptsThatWereFlushedAreSentWhole) {
  FakeRedis redis([this](const FakeRedis::Words& words) -> std::string {
    if (words[0] == "EVALSHA" && Calls(words, AdmitScript())) {
      return "-NOSCRIPT No matching script. Please use EVAL.\r\n";
    }
    return Answering(admitted_)(words);
  });
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    SharedPermit permit;
    const SharedAnswer answer = co_await t.Ask(permit);
    EXPECT_FALSE(answer.away);
    permit.Release(0);
    co_await t.Stop();
  }(*this, redis));
  EXPECT_EQ(redis.CallsOf(AdmitScript().sha1, AdmitScript().text).size(), 2U);
}

TEST_F(SharedLimiterTest, ARedisThatRefusesIsAway) {
  FakeRedis redis(Answering("-OOM command not allowed when used memory > 'maxmemory'.\r\n"));
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    for (int i = 0; i < t.options_.failures_max; ++i) {
      SharedPermit permit;
      const SharedAnswer answer = co_await t.Ask(permit);
      EXPECT_TRUE(answer.away);
    }
    const bool down = co_await t.Until([&t] { return !t.limiter_->up(); }, 100);
    EXPECT_TRUE(down);
    co_await t.Stop();
  }(*this, redis));
}

TEST_F(SharedLimiterTest, ANonsenseAnswerDecidesNothing) {
  Run([](SharedLimiterTest& t) -> Task<void> {
    const std::vector<std::string> nonsense = {
        "+OK\r\n", Numbers({0}), Numbers({9, 9, 9, 9, 9, 9, 9}), "$-1\r\n", "*-1\r\n"};
    for (const std::string& answer : nonsense) {
      FakeRedis fake(Answering(answer));
      t.Use(fake);
      co_await t.Until([&t] { return t.limiter_->up(); });
      SharedPermit permit;
      const SharedAnswer decided = co_await t.Ask(permit);
      EXPECT_TRUE(decided.away) << answer;
      permit.Release(0);
      co_await t.Stop();
    }
  }(*this));
}

TEST_F(SharedLimiterTest, AWrongPasswordIsNeverUp) {
  FakeRedis redis([this](const FakeRedis::Words& words) -> std::string {
    if (words[0] == "AUTH") return "-WRONGPASS invalid username-password pair\r\n";
    return Answering(admitted_)(words);
  });
  options_.url.password = Secret("wrong");
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    const bool up = co_await t.Until([&t] { return t.limiter_->up(); }, 300);
    EXPECT_FALSE(up);
    SharedPermit permit;
    const SharedAnswer answer = co_await t.Ask(permit);
    EXPECT_TRUE(answer.away);
    permit.Release(0);
    co_await t.Stop();
  }(*this, redis));
  EXPECT_GE(counters_.errors.load(), 1U);
}

TEST_F(SharedLimiterTest, ManyAtOnceGoInOnePipeline) {
  FakeRedis redis(Answering(admitted_));
  options_.reply_timeout_ms = 5'000;
  Run([](SharedLimiterTest& t, FakeRedis& fake) -> Task<void> {
    t.Use(fake);
    co_await t.Until([&t] { return t.limiter_->up(); });
    constexpr int kMany = 2'000;  // more than a socket takes at once
    int answered = 0;
    const auto one = [](SharedLimiterTest& test, int& count) -> DetachedTask {
      SharedPermit permit;
      const SharedAnswer answer = co_await test.Ask(permit);
      count += answer.away ? 0 : 1;
    };
    for (int i = 0; i < kMany; ++i) one(t, answered);
    const bool all = co_await t.Until([&answered] { return answered == kMany; });
    EXPECT_TRUE(all) << answered;
    co_await t.Stop();
  }(*this, redis));
}

}  // namespace
}  // namespace weir::relay

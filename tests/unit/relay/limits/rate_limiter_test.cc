#include "services/relay/limits/rate_limiter.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kStartMs = 5'000'000;

LimitedSubject Key(std::int64_t id, std::int64_t rpm, std::int64_t tpm = 0,
                   std::int64_t concurrency = 0) {
  return {SubjectKind::kKey, id, rpm, tpm, concurrency};
}
LimitedSubject Group(std::int64_t id, std::int64_t rpm, std::int64_t tpm = 0,
                     std::int64_t concurrency = 0) {
  return {SubjectKind::kGroup, id, rpm, tpm, concurrency};
}

class RateLimiterTest : public testing::Test {
 protected:
  struct Outcome {
    RatePermit permit;
    std::optional<Denial> denial;
    LimitReport report;
  };

  Outcome Admit(const std::vector<LimitedSubject>& subjects, std::int64_t tokens = 0,
                RateLimiter::Mode mode = RateLimiter::Mode::kEnforce) {
    Outcome outcome;
    outcome.denial =
        limiter_.Admit(subjects, tokens, now_ms_, mode, outcome.permit, outcome.report);
    return outcome;
  }

  RateLimiter limiter_;
  std::int64_t now_ms_ = kStartMs;
};

TEST_F(RateLimiterTest, NeverMoreThanTheLimitInAnyMinute) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Admit({Key(1, 3)}).denial.has_value());
  now_ms_ += 59'999;
  const auto denied = Admit({Key(1, 3)});
  ASSERT_TRUE(denied.denial.has_value());
  EXPECT_EQ(denied.denial->subject, SubjectKind::kKey);
  EXPECT_EQ(denied.denial->limit, LimitKind::kRequests);
  EXPECT_EQ(denied.denial->cap, 3);
  now_ms_ += denied.denial->retry_after_ms - 1;
  EXPECT_TRUE(Admit({Key(1, 3)}).denial.has_value()) << "a moment before its time";
  now_ms_ += 1;
  EXPECT_FALSE(Admit({Key(1, 3)}).denial.has_value()) << "the time that was told";
}

TEST_F(RateLimiterTest, TellsWhatTheLastMinuteUsed) {
  const auto used = [&] { return limiter_.Used(SubjectKind::kKey, 1, now_ms_); };
  EXPECT_EQ(used(), MinuteUse{}) << "nobody has seen it";
  EXPECT_EQ(limiter_.size(), 0U) << "asking makes no counters";
  auto running = Admit({Key(1, 5, 1'000)}, 600);
  EXPECT_EQ(used(), (MinuteUse{.requests = 1, .tokens = 600})) << "what is set aside counts";
  EXPECT_EQ(limiter_.Used(SubjectKind::kGroup, 1, now_ms_), MinuteUse{}) << "another subject";
  running.permit.Release(100, now_ms_);
  EXPECT_EQ(used(), (MinuteUse{.requests = 1, .tokens = 100}));
  now_ms_ += 61'000;
  EXPECT_EQ(used(), MinuteUse{}) << "it is over, though nobody has come since";
}

TEST_F(RateLimiterTest, WithoutSuchALimitNothingIsCounted) {
  auto running = Admit({Key(1, 0, 0, 3)}, 600);
  EXPECT_EQ(limiter_.Used(SubjectKind::kKey, 1, now_ms_), MinuteUse{});
}

TEST_F(RateLimiterTest, TokensAreReservedAndThenTrue) {
  auto first = Admit({Key(1, 0, 1'000)}, 600);
  EXPECT_FALSE(first.denial.has_value());
  EXPECT_EQ(first.report.tokens.remaining, 400);
  EXPECT_EQ(Admit({Key(1, 0, 1'000)}, 600).denial->limit, LimitKind::kTokens);
  first.permit.Release(100, now_ms_);
  auto second = Admit({Key(1, 0, 1'000)}, 600);
  EXPECT_EQ(second.report.tokens.remaining, 300);
  second.permit.Release(2'000, now_ms_);  // more than thought: then nothing until it is over
  const auto denied = Admit({Key(1, 0, 1'000)}, 1);
  ASSERT_TRUE(denied.denial.has_value());
  EXPECT_EQ(denied.report.tokens.remaining, 0);
}

TEST_F(RateLimiterTest, MoreTokensThanThoughtCountFromTheEndOfTheAnswer) {
  auto long_one = Admit({Key(1, 0, 1'000)}, 100);
  now_ms_ += 300'000;
  long_one.permit.Release(900, now_ms_);
  now_ms_ += 30'000;
  EXPECT_EQ(Admit({Key(1, 0, 1'000)}, 100).report.tokens.remaining, 100);
}

TEST_F(RateLimiterTest, ARequestLargerThanTheLimitIsToldSo) {
  const auto denied = Admit({Key(1, 0, 1'000)}, 1'001);
  ASSERT_TRUE(denied.denial.has_value());
  EXPECT_EQ(denied.denial->retry_after_ms, 0);
}

TEST_F(RateLimiterTest, PlacesInFlightComeBackOnEveryWay) {
  auto released = Admit({Key(1, 0, 0, 2)});
  {
    auto dropped = Admit({Key(1, 0, 0, 2)});
    const auto denied = Admit({Key(1, 0, 0, 2)});
    ASSERT_TRUE(denied.denial.has_value());
    EXPECT_EQ(denied.denial->limit, LimitKind::kConcurrency);
    EXPECT_GT(denied.denial->retry_after_ms, 0);
  }
  auto third = Admit({Key(1, 0, 0, 2)});
  EXPECT_FALSE(third.denial.has_value());
  released.permit.Release(0, now_ms_);
  released.permit.Release(0, now_ms_);  // once only
  RatePermit moved = std::move(third.permit);
  auto fourth = Admit({Key(1, 0, 0, 2)});
  EXPECT_FALSE(fourth.denial.has_value());
  EXPECT_TRUE(Admit({Key(1, 0, 0, 2)}).denial.has_value());
  moved = RatePermit();
  EXPECT_FALSE(Admit({Key(1, 0, 0, 2)}).denial.has_value());
}

TEST_F(RateLimiterTest, ARefusalByTheGroupCostsTheKeyNothing) {
  auto held = Admit({Group(9, 1)});
  for (int i = 0; i < 5; ++i) {
    const auto denied = Admit({Key(1, 2, 50, 1), Group(9, 1)}, 50);
    ASSERT_TRUE(denied.denial.has_value());
    EXPECT_EQ(denied.denial->subject, SubjectKind::kGroup);
  }
  EXPECT_FALSE(Admit({Key(1, 2, 50, 1)}, 50).denial.has_value());
}

TEST_F(RateLimiterTest, TheLongestWaitIsTold) {
  auto early = Admit({Group(9, 1)});
  now_ms_ += 30'000;
  auto late = Admit({Key(1, 1)});
  const auto denied = Admit({Key(1, 1), Group(9, 1)});
  EXPECT_EQ(denied.denial->subject, SubjectKind::kKey);
  EXPECT_EQ(denied.denial->retry_after_ms, 61'000);
  const auto other = Admit({Key(2, 1), Group(9, 1)});
  EXPECT_EQ(other.denial->subject, SubjectKind::kGroup);
  EXPECT_EQ(other.denial->retry_after_ms, 31'000);
}

TEST_F(RateLimiterTest, WhatIsTakenBackWasNeverThere) {
  auto taken = Admit({Key(1, 1, 100, 1)}, 100);
  taken.permit.TakeBack();
  const auto again = Admit({Key(1, 1, 100, 1)}, 100);
  EXPECT_FALSE(again.denial.has_value());
  EXPECT_EQ(again.report.requests.remaining, 0);
}

TEST_F(RateLimiterTest, TheTightestOfAllIsReported) {
  Admit({Key(1, 10, 0), Group(9, 1'000, 500)}, 100);
  const auto second = Admit({Key(1, 10, 900), Group(9, 1'000, 500)}, 100);
  EXPECT_EQ(second.report.requests.limit, 10);
  EXPECT_EQ(second.report.requests.remaining, 8);
  EXPECT_EQ(second.report.requests.reset_ms, 61'000);
  EXPECT_EQ(second.report.tokens.limit, 500);
  EXPECT_EQ(second.report.tokens.remaining, 300);
}

TEST_F(RateLimiterTest, CountingOnlyLetsAllInAndStillCounts) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(Admit({Key(1, 2)}, 0, RateLimiter::Mode::kCountOnly).denial.has_value());
  }
  EXPECT_TRUE(Admit({Key(1, 2)}).denial.has_value());
}

TEST_F(RateLimiterTest, ALimitThatWasLoweredWaitsForEnoughToLeave) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(Admit({Key(1, 5)}).denial.has_value());
    now_ms_ += 10'000;
  }
  EXPECT_EQ(Admit({Key(1, 2)}).denial->retry_after_ms, 41'000);  // four of them must have left
}

TEST_F(RateLimiterTest, IdleSubjectsAreForgottenAndBusyOnesAreNot) {
  auto stream = Admit({Key(1'000'000, 0, 0, 1)});
  for (std::int64_t id = 0; id < 20'000; ++id) Admit({Key(id, 5)});
  EXPECT_EQ(limiter_.size(), 20'001U);
  now_ms_ += 62'000;
  for (std::int64_t id = 30'000; id < 50'000; ++id) Admit({Key(id, 5)});
  EXPECT_LE(limiter_.size(), 20'400U) << "two leave for each that comes";
  EXPECT_TRUE(Admit({Key(1'000'000, 0, 0, 1)}).denial.has_value()) << "a long stream still counts";
}

TEST_F(RateLimiterTest, NoWindowOfSixtySecondsHoldsMoreThanTheLimit) {
  std::mt19937 random(5);
  std::deque<std::int64_t> window_ms;  // admissions of the last 60,000 ms, to the millisecond
  std::size_t fullest = 0;
  for (int i = 0; i < 50'000; ++i) {
    now_ms_ += static_cast<std::int64_t>(random() % 700);
    if (Admit({Key(1, 40)}).denial.has_value()) continue;
    while (!window_ms.empty() && window_ms.front() <= now_ms_ - 60'000) window_ms.pop_front();
    window_ms.push_back(now_ms_);
    fullest = std::max(fullest, window_ms.size());
  }
  EXPECT_EQ(fullest, 40U);
}

// --- the same, told naively: a list of all that ever happened

struct NaiveEvent {
  std::int64_t second;
  std::int64_t requests;
  std::int64_t tokens;
};

struct NaiveSubject {
  std::deque<NaiveEvent> events;
  std::int64_t in_flight = 0;

  std::int64_t Requests(std::int64_t second) const {
    std::int64_t sum = 0;
    for (const NaiveEvent& event : events) sum += event.second + 61 > second ? event.requests : 0;
    return sum;
  }
  std::int64_t Tokens(std::int64_t second) const {
    std::int64_t sum = 0;
    for (const NaiveEvent& event : events) sum += event.second + 61 > second ? event.tokens : 0;
    return sum;
  }
};

struct NaiveHeld {
  RatePermit permit;
  std::vector<LimitedSubject> subjects;
  std::vector<std::size_t> places;  // in `events` of its subject
  std::int64_t tokens;
};

using NaiveKey = std::pair<SubjectKind, std::int64_t>;

bool NaiveAdmits(std::map<NaiveKey, NaiveSubject>& naive,
                 const std::vector<LimitedSubject>& subjects, std::int64_t tokens,
                 std::int64_t second) {
  return std::all_of(subjects.begin(), subjects.end(), [&](const LimitedSubject& subject) {
    const NaiveSubject& known = naive[{subject.kind, subject.id}];
    const bool requests = subject.requests_per_minute == 0 ||
                          known.Requests(second) + 1 <= subject.requests_per_minute;
    const bool tokens_fit = subject.tokens_per_minute == 0 ||
                            known.Tokens(second) + tokens <= subject.tokens_per_minute;
    const bool places = subject.concurrency == 0 || known.in_flight < subject.concurrency;
    return requests && tokens_fit && places;
  });
}

TEST_F(RateLimiterTest, DecidesAsTheNaiveModelDoes) {
  std::mt19937 random(42);
  std::map<NaiveKey, NaiveSubject> naive;
  std::vector<NaiveHeld> held;
  const auto one_of = [&random](std::int64_t n) { return static_cast<std::int64_t>(random()) % n; };
  int admitted = 0;
  int denied = 0;
  for (int step = 0; step < 30'000; ++step) {
    now_ms_ += one_of(3) == 0 ? one_of(1'500) : 0;
    const std::int64_t second = now_ms_ / 1'000;
    if (one_of(2) == 0 && !held.empty()) {
      const auto which = static_cast<std::size_t>(one_of(static_cast<std::int64_t>(held.size())));
      NaiveHeld ended = std::move(held[which]);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
      const std::int64_t used = one_of(400);
      ended.permit.Release(used, now_ms_);
      for (std::size_t i = 0; i < ended.subjects.size(); ++i) {
        NaiveSubject& known = naive[{ended.subjects[i].kind, ended.subjects[i].id}];
        --known.in_flight;
        if (used <= ended.tokens) known.events[ended.places[i]].tokens = used;
        if (used > ended.tokens) known.events.push_back({second, 0, used - ended.tokens});
      }
      continue;
    }
    const std::vector<LimitedSubject> subjects = {
        Key(one_of(4), 6, 2'000, 3),
        {SubjectKind::kUser, one_of(2), 9, 3'000, 5},
        Group(one_of(2), 12, 0, 0),
    };
    const std::int64_t tokens = one_of(300);
    const bool expected = NaiveAdmits(naive, subjects, tokens, second);
    auto outcome = Admit(subjects, tokens);
    ASSERT_EQ(!outcome.denial.has_value(), expected) << "step " << step;
    (expected ? admitted : denied) += 1;
    if (!expected) continue;
    NaiveHeld entry{std::move(outcome.permit), subjects, {}, tokens};
    for (const LimitedSubject& subject : subjects) {
      NaiveSubject& known = naive[{subject.kind, subject.id}];
      ++known.in_flight;
      known.events.push_back({second, 1, subject.tokens_per_minute > 0 ? tokens : 0});
      entry.places.push_back(known.events.size() - 1);
    }
    held.push_back(std::move(entry));
  }
  EXPECT_GT(admitted, 300);
  EXPECT_GT(denied, 3'000);
}

TEST_F(RateLimiterTest, PeekSaysWhatAdmitWouldAndCountsNothing) {
  const LimitedSubject key = Key(1, 2, 1'000, 2);
  EXPECT_FALSE(limiter_.Peek(key, 1'000, now_ms_).has_value());
  const std::optional<Denial> never = limiter_.Peek(key, 1'001, now_ms_);
  ASSERT_TRUE(never.has_value());
  EXPECT_EQ(never->limit, LimitKind::kTokens);
  EXPECT_EQ(never->retry_after_ms, 0) << "no waiting helps";
  EXPECT_EQ(limiter_.size(), 0U) << "looking makes no counters";

  const auto first = Admit({key}, 900);
  EXPECT_FALSE(limiter_.Peek(key, 100, now_ms_).has_value());
  EXPECT_EQ(limiter_.Peek(key, 101, now_ms_)->limit, LimitKind::kTokens);
  const auto second = Admit({key}, 100);
  for (int i = 0; i < 3; ++i) {
    const std::optional<Denial> peeked = limiter_.Peek(key, 0, now_ms_);
    const auto denied = Admit({key}, 0);
    ASSERT_TRUE(peeked.has_value() && denied.denial.has_value());
    EXPECT_EQ(peeked->limit, denied.denial->limit);
    EXPECT_EQ(peeked->retry_after_ms, denied.denial->retry_after_ms);
  }
  now_ms_ += 62'000;
  EXPECT_EQ(limiter_.Peek(key, 0, now_ms_)->limit, LimitKind::kConcurrency) << "both still run";
}

}  // namespace
}  // namespace weir::relay

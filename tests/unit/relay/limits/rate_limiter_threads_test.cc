// Many threads on the same few subjects; also what the thread sanitizer looks at.
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/relay/limits/rate_limiter.h"

namespace weir::relay {
namespace {

constexpr int kThreads = 8;
constexpr std::int64_t kNowMs = 9'000'000;

template <typename Work>
void OnAllThreads(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(RateLimiterThreads, ExactlyTheLimitIsLetIn) {
  RateLimiter limiter;
  const std::array subjects = {LimitedSubject{SubjectKind::kKey, 1, 5'000, 0, 0},
                               LimitedSubject{SubjectKind::kUser, 1, 3'000, 900'000, 0},
                               LimitedSubject{SubjectKind::kGroup, 1, 4'000, 0, 0}};
  std::atomic<int> admitted{0};
  OnAllThreads([&](int) {
    for (int i = 0; i < 2'000; ++i) {
      RatePermit permit;
      LimitReport report;
      if (!limiter.Admit(subjects, 1, kNowMs, RateLimiter::Mode::kEnforce, permit, report)) {
        ++admitted;
      }
    }
  });
  EXPECT_EQ(admitted.load(), 3'000);
}

TEST(RateLimiterThreads, NeverMoreInFlightThanAllowed) {
  RateLimiter limiter;
  std::array<std::atomic<int>, 3> in_flight{};
  std::atomic<int> most{0};
  OnAllThreads([&](int thread) {
    for (int i = 0; i < 5'000; ++i) {
      const std::size_t key = static_cast<std::size_t>(thread + i) % in_flight.size();
      const std::array subjects = {
          LimitedSubject{SubjectKind::kKey, static_cast<std::int64_t>(key), 0, 0, 2},
          LimitedSubject{SubjectKind::kGroup, 7, 0, 1'000'000, 5}};
      RatePermit permit;
      LimitReport report;
      if (limiter.Admit(subjects, 10, kNowMs, RateLimiter::Mode::kEnforce, permit, report)) {
        continue;
      }
      const int now = ++in_flight[key];
      int known = most.load();
      while (known < now && !most.compare_exchange_weak(known, now)) {
      }
      --in_flight[key];
      permit.Release(i % 2 == 0 ? 0 : 3, kNowMs);
    }
  });
  EXPECT_LE(most.load(), 2);
  // All places and all tokens but those that were used have come back.
  RatePermit permit;
  LimitReport report;
  const std::array group = {LimitedSubject{SubjectKind::kGroup, 7, 0, 1'000'000, 1}};
  EXPECT_FALSE(limiter.Admit(group, 0, kNowMs, RateLimiter::Mode::kEnforce, permit, report));
  EXPECT_EQ(report.tokens.remaining % 3, 1'000'000 % 3);
}

TEST(RateLimiterThreads, SubjectsComeAndGoMeanwhile) {
  RateLimiter limiter;
  std::atomic<std::int64_t> now_ms{kNowMs};
  OnAllThreads([&](int thread) {
    for (std::int64_t i = 0; i < 4'000; ++i) {
      const std::array subjects = {
          LimitedSubject{SubjectKind::kKey, i * kThreads + thread, 5, 5, 5},
          LimitedSubject{SubjectKind::kGroup, i % 3, 1'000'000, 0, 0}};
      RatePermit permit;
      LimitReport report;
      limiter.Admit(subjects, 1, now_ms.fetch_add(30), RateLimiter::Mode::kEnforce, permit, report);
    }
  });
  EXPECT_LT(limiter.size(), 16'000U);
}

}  // namespace
}  // namespace weir::relay

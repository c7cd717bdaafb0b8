// What an admission with its settlement costs.
#include <array>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "services/relay/limits/rate_limiter.h"

namespace weir::relay {
namespace {

// Key, user and group, each with all three limits; `range` keys in turn, as many users, one group.
void BM_AdmitAndRelease(benchmark::State& state) {
  static RateLimiter limiter;
  const std::int64_t keys = state.range(0);
  std::int64_t request = state.thread_index() * 7'919;
  constexpr std::int64_t kMany = 1'000'000'000;
  for (auto _ : state) {
    const std::int64_t key = ++request % keys;
    const std::int64_t now_ms = 1'000'000 + request / 100;
    const std::array subjects = {LimitedSubject{SubjectKind::kKey, key, kMany, kMany, kMany},
                                 LimitedSubject{SubjectKind::kUser, key, kMany, kMany, kMany},
                                 LimitedSubject{SubjectKind::kGroup, 1, kMany, kMany, kMany}};
    RatePermit permit;
    LimitReport report;
    benchmark::DoNotOptimize(
        limiter.Admit(subjects, 5'000, now_ms, RateLimiter::Mode::kEnforce, permit, report));
    permit.Release(700, now_ms);
  }
}
BENCHMARK(BM_AdmitAndRelease)->Arg(10)->Arg(1'000)->Arg(100'000);
BENCHMARK(BM_AdmitAndRelease)->Arg(1'000)->Threads(2);

}  // namespace
}  // namespace weir::relay

BENCHMARK_MAIN();

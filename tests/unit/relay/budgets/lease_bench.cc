// Reserve and settle of a request with budgets of money on its key, user and group.
#include <benchmark/benchmark.h>

#include "services/relay/budgets/lease_desk.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'750'000'000'000;

// Usage that grants whatever is asked for.
absl::StatusOr<LeaseAnswer> GrantAll(const LeaseRound& round) {
  LeaseAnswer answer;
  for (const LeaseState& lease : round.leases) {
    answer.grants.push_back({.granted = lease.granted + lease.want, .left = lease.cap});
  }
  return answer;
}

LeaseDesk& Desk() {
  static LeaseDesk* const desk = [] {
    auto* made = new LeaseDesk(LeaseDeskOptions{}, GrantAll, [] { return true; });
    made->Start();
    return made;
  }();
  return *desk;
}

// One key, user and group, as one busy caller has them; or `keys` that take turns.
void BM_ReserveAndSettle(benchmark::State& state) {
  const Limits limits{.nano_usd_per_day = 1'000'000'000'000};
  std::int64_t key = 0;
  std::int64_t waited = 0;
  for (auto _ : state) {
    key = key % state.range(0) + 1;
    BudgetLines lines;
    lines.Add(SubjectKind::kKey, key, limits, kNow);
    lines.Add(SubjectKind::kUser, key, limits, kNow);
    lines.Add(SubjectKind::kGroup, 1, limits, kNow);
    Reservation reservation;
    BudgetKey which;
    std::shared_ptr<LeaseTicket> ticket;
    const BudgetVerdict verdict =
        Desk().Reserve(lines, 5'000'000, 3'000'000, reservation, which, ticket);
    if (verdict == BudgetVerdict::kReserved) {
      reservation.Settle(/*used=*/true, 1'000'000);
    } else {
      if (ticket != nullptr) Desk().Abandon(*ticket);
      ++waited;
    }
  }
  state.counters["waited"] = static_cast<double>(waited);
}
BENCHMARK(BM_ReserveAndSettle)->Arg(1)->Arg(1'000)->Arg(100'000);
BENCHMARK(BM_ReserveAndSettle)->Arg(1)->Threads(2);

}  // namespace
}  // namespace weir::relay

BENCHMARK_MAIN();

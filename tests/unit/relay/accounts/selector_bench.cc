// What choosing an account costs, by how many there are.
#include <cstdint>
#include <memory>

#include <benchmark/benchmark.h>

#include "services/relay/accounts/account_selector.h"
#include "tests/unit/relay/support/snapshots.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::size_t kWanted = 32;  // as account_choice.cc asks for

void Choose(benchmark::State& state, const testing::SnapshotMaker& maker) {
  const auto snapshot = maker.Make();
  SelectionRequest request;
  request.group_id = 1;
  request.model = "claude-sonnet-4-5";
  request.now_unix_ms = kNow;
  for (auto _ : state) {
    ++request.seed;
    benchmark::DoNotOptimize(SelectAccounts(*snapshot, request, kWanted).accounts.data());
  }
}

void BM_ChooseAmong(benchmark::State& state) {
  testing::SnapshotMaker maker;
  for (std::int64_t id = 1; id <= state.range(0); ++id) {
    maker.AddAccount(id).models = {ModelPattern("claude-*")};
  }
  Choose(state, maker);
}
BENCHMARK(BM_ChooseAmong)->Arg(1)->Arg(3)->Arg(10)->Arg(64)->Arg(1'000)->Arg(10'000);

// Nine of ten rest: their healths have to be asked.
void BM_ChooseAmongResting(benchmark::State& state) {
  testing::SnapshotMaker maker;
  for (std::int64_t id = 1; id <= state.range(0); ++id) {
    Account& account = maker.AddAccount(id);
    if (id % 10 != 0) account.health->Follow({}, RestCause::kOverloaded, kNow + 1'000, kNow);
  }
  Choose(state, maker);
}
BENCHMARK(BM_ChooseAmongResting)->Arg(10)->Arg(10'000);

}  // namespace
}  // namespace weir::relay

BENCHMARK_MAIN();

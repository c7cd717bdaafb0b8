#include "services/usage/latency_bars.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace weir::usage {
namespace {

// Round numbers for people: below 10 ms there is one bar, beyond 1,000 s another.
constexpr std::int64_t kEdgesMs[] = {
    0,      10,     15,     20,      30,      50,      70,      100,     150,     200,      300,
    500,    700,    1'000,  1'500,   2'000,   3'000,   5'000,   7'000,   10'000,  15'000,   20'000,
    30'000, 50'000, 70'000, 100'000, 150'000, 200'000, 300'000, 500'000, 700'000, 1'000'000};

std::size_t BarOf(std::int64_t ms) {
  const auto* next = std::upper_bound(std::begin(kEdgesMs) + 1, std::end(kEdgesMs), ms);
  return static_cast<std::size_t>(std::distance(std::begin(kEdgesMs), next)) - 1;
}

bool IsEmpty(const LatencyBar& bar) { return bar.answers == 0 && bar.first_tokens == 0; }

}  // namespace

std::vector<LatencyBar> BarsOf(const Counts& latencies, const Counts& first_tokens) {
  std::vector<LatencyBar> bars(std::size(kEdgesMs));
  for (std::size_t i = 0; i < bars.size(); ++i) {
    bars[i].from_ms = kEdgesMs[i];
    if (i + 1 < bars.size()) bars[i].below_ms = kEdgesMs[i + 1];
  }
  for (const auto& [ms, count] : latencies) bars[BarOf(ms)].answers += count;
  for (const auto& [ms, count] : first_tokens) bars[BarOf(ms)].first_tokens += count;
  while (!bars.empty() && IsEmpty(bars.back())) bars.pop_back();
  bars.erase(bars.begin(), std::find_if_not(bars.begin(), bars.end(), IsEmpty));
  return bars;
}

}  // namespace weir::usage

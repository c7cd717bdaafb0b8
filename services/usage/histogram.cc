#include "services/usage/histogram.h"

#include <bit>

namespace weir::usage {
namespace {

constexpr std::int64_t kPerDoubling = 16;
constexpr std::int64_t kExactBelow = 2 * kPerDoubling;

}  // namespace

std::int64_t BucketOf(std::int64_t ms) {
  if (ms < kExactBelow) return ms < 0 ? 0 : ms;
  // How often it must be halved until it lies between 16 and 32.
  const auto halvings =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(ms)) -
                       std::bit_width(static_cast<std::uint64_t>(kExactBelow - 1)));
  return halvings * kPerDoubling + (ms >> halvings);
}

std::int64_t MiddleOf(std::int64_t bucket) {
  if (bucket < kExactBelow) return bucket;
  const std::int64_t halvings = bucket / kPerDoubling - 1;
  const std::int64_t low = (bucket - halvings * kPerDoubling) << halvings;
  return low + ((std::int64_t{1} << halvings) - 1) / 2;
}

Percentiles PercentilesOf(const Counts& counts) {
  Percentiles result;
  for (const auto& [value, count] : counts) result.measured += count;
  const auto at = [&](std::int64_t percent) -> std::int64_t {
    const std::int64_t rank = (result.measured * percent + 99) / 100;
    std::int64_t seen = 0;
    for (const auto& [value, count] : counts) {
      seen += count;
      if (seen >= rank) return value;
    }
    return 0;
  };
  result.p50 = at(50);
  result.p95 = at(95);
  result.p99 = at(99);
  return result;
}

Percentiles PercentilesOfBuckets(const Counts& counts) {
  Percentiles result = PercentilesOf(counts);
  for (std::int64_t* value : {&result.p50, &result.p95, &result.p99}) *value = MiddleOf(*value);
  return result;
}

}  // namespace weir::usage

#include "services/usage/series_spans.h"

#include <cstddef>

#include "libs/common/text.h"
#include "services/usage/rollups.h"
#include "services/usage/usage_reports.h"

namespace weir::usage {

absl::StatusOr<std::vector<SeriesSpan>> SpansOf(const std::vector<std::int64_t>& edges_unix_ms) {
  const auto buckets = static_cast<std::int64_t>(edges_unix_ms.size()) - 1;
  if (buckets < 1 || buckets > kSeriesBucketsMax) {
    return absl::InvalidArgumentError(StrCat("a series has 1 to ", kSeriesBucketsMax, " buckets"));
  }
  std::vector<SeriesSpan> spans;
  const auto cut = [&](std::int64_t edge) {
    const std::int64_t unix_ms = edges_unix_ms[static_cast<std::size_t>(edge)];
    return unix_ms - unix_ms % kQuarterMs;
  };
  for (std::int64_t bucket = 0; bucket < buckets; ++bucket) {
    const std::int64_t begin = cut(bucket);
    const std::int64_t step = cut(bucket + 1) - begin;
    if (begin < 0 || step <= 0) {
      return absl::InvalidArgumentError("buckets must ascend by quarter-hours");
    }
    if (!spans.empty() && spans.back().step_ms == step) {
      ++spans.back().count;
    } else {
      spans.push_back({bucket, 1, begin, step});
    }
  }
  return spans;
}

}  // namespace weir::usage

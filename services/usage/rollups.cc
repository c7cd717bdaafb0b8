#include "services/usage/rollups.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace weir::usage {
namespace {

using QuarterKey =
    std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string>;
using DayKey = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

struct QuarterSums {
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t estimated_requests = 0;
  TokenCounts tokens;
  std::int64_t cost_nano_usd = 0;
};

struct DaySums {
  std::int64_t requests = 0;
  std::int64_t cost_nano_usd = 0;
  std::int64_t last_used_unix_ms = 0;
};

std::int64_t Floor(std::int64_t unix_ms, std::int64_t step_ms) {
  return unix_ms - unix_ms % step_ms;
}

void Add(const UsageEvent& event, QuarterSums& sums) {
  sums.requests += 1;
  sums.errors += event.failed() ? 1 : 0;
  sums.estimated_requests += event.usage_source == kSourceEstimated ? 1 : 0;
  sums.tokens.input += event.tokens.input;
  sums.tokens.cache_read += event.tokens.cache_read;
  sums.tokens.cache_write_5m += event.tokens.cache_write_5m;
  sums.tokens.cache_write_1h += event.tokens.cache_write_1h;
  sums.tokens.output += event.tokens.output;
  sums.tokens.reasoning += event.tokens.reasoning;
  sums.cost_nano_usd += event.cost_nano_usd;
}

void Add(const UsageEvent& event, DaySums& sums) {
  sums.requests += 1;
  sums.cost_nano_usd += event.cost_nano_usd;
  sums.last_used_unix_ms = std::max(sums.last_used_unix_ms, event.started_at_unix_ms);
}

}  // namespace

RollupRows QuarterRows(const std::vector<const UsageEvent*>& events) {
  std::map<QuarterKey, QuarterSums> quarters;
  for (const UsageEvent* event : events) {
    Add(*event, quarters[{Floor(event->started_at_unix_ms, kQuarterMs), event->key_id,
                          event->user_id, event->group_id, event->account_id, event->model}]);
  }
  RollupRows result{
      .table = "usage_quarters",
      .keys = {"quarter_unix_ms", "key_id", "user_id", "group_id", "account_id", "model"},
      .sums = {"requests", "errors", "estimated_requests", "input_tokens", "cache_read_tokens",
               "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
               "reasoning_tokens", "cost_nano_usd"},
      .latests = {},
      .rows = {}};
  for (const auto& [key, sums] : quarters) {
    const auto& [quarter_unix_ms, key_id, user_id, group_id, account_id, model] = key;
    const TokenCounts& tokens = sums.tokens;
    result.rows.push_back({quarter_unix_ms, key_id, user_id, group_id, account_id, model,
                           sums.requests, sums.errors, sums.estimated_requests, tokens.input,
                           tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h,
                           tokens.output, tokens.reasoning, sums.cost_nano_usd});
  }
  return result;
}

RollupRows DayRows(const std::vector<const UsageEvent*>& events) {
  std::map<DayKey, DaySums> days;
  for (const UsageEvent* event : events) {
    const std::int64_t day_unix_ms = Floor(event->started_at_unix_ms, kDayMs);
    const std::pair<SubjectKind, std::int64_t> subjects[] = {
        {SubjectKind::kKey, event->key_id},
        {SubjectKind::kUser, event->user_id},
        {SubjectKind::kGroup, event->group_id},
        {SubjectKind::kAccount, event->account_id},
    };
    for (const auto& [kind, id] : subjects) {
      if (id != 0) Add(*event, days[{static_cast<std::int64_t>(kind), id, day_unix_ms}]);
    }
  }
  RollupRows result{.table = "usage_days",
                    .keys = {"subject_kind", "subject_id", "day_unix_ms"},
                    .sums = {"requests", "cost_nano_usd"},
                    .latests = {"last_used_unix_ms"},
                    .rows = {}};
  for (const auto& [key, sums] : days) {
    const auto& [kind, id, day_unix_ms] = key;
    result.rows.push_back(
        {kind, id, day_unix_ms, sums.requests, sums.cost_nano_usd, sums.last_used_unix_ms});
  }
  return result;
}

}  // namespace weir::usage

#include "services/usage/rollups.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "services/usage/sum_model.h"

namespace weir::usage {
namespace {

using CubeKey =
    std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string>;
using SubjectKey = std::tuple<SumPart, std::int64_t, std::int64_t, std::int64_t>;
using PartKey = std::tuple<SumPart, std::int64_t, std::int64_t, std::int64_t, std::string>;
using DayKey = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

struct Sums {
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t estimated_requests = 0;
  std::int64_t cache_hits = 0;
  TokenCounts tokens;
  std::int64_t cost_nano_usd = 0;
};

struct DaySums {
  std::int64_t requests = 0;
  std::int64_t used_requests = 0;
  std::int64_t cost_nano_usd = 0;
  std::int64_t last_used_unix_ms = 0;
};

std::int64_t Floor(std::int64_t unix_ms, std::int64_t step_ms) {
  return unix_ms - unix_ms % step_ms;
}

void Add(const UsageEvent& event, Sums& sums) {
  sums.requests += 1;
  sums.errors += event.failed() ? 1 : 0;
  sums.estimated_requests += event.has_estimates() ? 1 : 0;
  sums.cache_hits += event.cache_hit ? 1 : 0;
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
  sums.used_requests += event.used_tokens() ? 1 : 0;
  sums.cost_nano_usd += event.cost_nano_usd;
  sums.last_used_unix_ms = std::max(sums.last_used_unix_ms, event.started_at_unix_ms);
}

// A correction adds no request.
void Add(const CostChange& change, Sums& sums) { sums.cost_nano_usd += change.cost_nano_usd; }

void Add(const CostChange& change, DaySums& sums) { sums.cost_nano_usd += change.spend_nano_usd; }

const UsageEvent& EventOf(const UsageEvent* event) { return *event; }
const UsageEvent& EventOf(const CostChange& change) { return *change.event; }

const UsageEvent& AddedOf(const UsageEvent* event) { return *event; }
const CostChange& AddedOf(const CostChange& change) { return change; }

std::vector<std::string_view> SumNames() {
  return {"requests",
          "errors",
          "estimated_requests",
          "cache_hits",
          "input_tokens",
          "cache_read_tokens",
          "cache_write_5m_tokens",
          "cache_write_1h_tokens",
          "output_tokens",
          "reasoning_tokens",
          "cost_nano_usd"};
}

// In the order of SumNames.
void AppendSums(const Sums& sums, std::vector<sql::Value>& row) {
  const TokenCounts& tokens = sums.tokens;
  for (const std::int64_t value :
       {sums.requests, sums.errors, sums.estimated_requests, sums.cache_hits, tokens.input,
        tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h, tokens.output,
        tokens.reasoning, sums.cost_nano_usd}) {
    row.emplace_back(value);
  }
}

// One row for each step of time and all dimensions together.
template <typename Entry>
RollupRows CubeRows(std::string_view table, std::string_view time_column, std::int64_t step_ms,
                    const std::vector<Entry>& entries) {
  std::map<CubeKey, Sums> cube;
  for (const Entry& entry : entries) {
    const UsageEvent& event = EventOf(entry);
    Add(AddedOf(entry), cube[{Floor(event.started_at_unix_ms, step_ms), event.key_id, event.user_id,
                              event.group_id, event.account_id, std::string(SumModelOf(event))}]);
  }
  RollupRows result{.table = table,
                    .keys = {time_column, "key_id", "user_id", "group_id", "account_id", "model"},
                    .sums = SumNames(),
                    .latests = {},
                    .rows = {}};
  for (const auto& [key, sums] : cube) {
    const auto& [time_unix_ms, key_id, user_id, group_id, account_id, model] = key;
    std::vector<sql::Value>& row = result.rows.emplace_back(
        std::vector<sql::Value>{time_unix_ms, key_id, user_id, group_id, account_id, model});
    AppendSums(sums, row);
  }
  return result;
}

template <typename Entry>
RollupRows PartRowsOf(const std::vector<Entry>& entries) {
  std::map<PartKey, Sums> parts;
  for (const Entry& entry : entries) {
    const UsageEvent& event = EventOf(entry);
    const std::int64_t quarter = Floor(event.started_at_unix_ms, kQuarterMs);
    Add(AddedOf(entry), parts[{SumPart::kAll, quarter, 0, 0, ""}]);
    Add(AddedOf(entry), parts[{SumPart::kGroup, quarter, event.group_id, 0, ""}]);
    Add(AddedOf(entry), parts[{SumPart::kAccount, quarter, 0, event.account_id, ""}]);
    Add(AddedOf(entry), parts[{SumPart::kModel, quarter, 0, 0, std::string(SumModelOf(event))}]);
  }
  RollupRows result{.table = "usage_part_sums",
                    .keys = {"part", "quarter_unix_ms", "group_id", "account_id", "model"},
                    .sums = SumNames(),
                    .latests = {},
                    .rows = {}};
  for (const auto& [key, sums] : parts) {
    const auto& [part, quarter_unix_ms, group_id, account_id, model] = key;
    std::vector<sql::Value>& row = result.rows.emplace_back(std::vector<sql::Value>{
        static_cast<std::int64_t>(part), quarter_unix_ms, group_id, account_id, model});
    AppendSums(sums, row);
  }
  return result;
}

template <typename Entry>
RollupRows SubjectRowsOf(const std::vector<Entry>& entries) {
  std::map<SubjectKey, Sums> subjects;
  for (const Entry& entry : entries) {
    const UsageEvent& event = EventOf(entry);
    const std::int64_t quarter = Floor(event.started_at_unix_ms, kQuarterMs);
    Add(AddedOf(entry), subjects[{SumPart::kKey, event.key_id, 0, quarter}]);
    Add(AddedOf(entry), subjects[{SumPart::kUser, 0, event.user_id, quarter}]);
  }
  RollupRows result{.table = "usage_subject_sums",
                    .keys = {"part", "key_id", "user_id", "quarter_unix_ms"},
                    .sums = SumNames(),
                    .latests = {},
                    .rows = {}};
  for (const auto& [key, sums] : subjects) {
    const auto& [part, key_id, user_id, quarter_unix_ms] = key;
    std::vector<sql::Value>& row = result.rows.emplace_back(
        std::vector<sql::Value>{static_cast<std::int64_t>(part), key_id, user_id, quarter_unix_ms});
    AppendSums(sums, row);
  }
  return result;
}

template <typename Entry>
RollupRows DayRowsOf(const std::vector<Entry>& entries) {
  std::map<DayKey, DaySums> days;
  for (const Entry& entry : entries) {
    const UsageEvent& event = EventOf(entry);
    const std::int64_t day_unix_ms = Floor(event.started_at_unix_ms, kDayMs);
    const std::pair<SubjectKind, std::int64_t> subjects[] = {
        {SubjectKind::kKey, event.key_id},
        {SubjectKind::kUser, event.user_id},
        {SubjectKind::kGroup, event.group_id},
        {SubjectKind::kAccount, event.account_id},
    };
    for (const auto& [kind, id] : subjects) {
      if (id != 0) Add(AddedOf(entry), days[{static_cast<std::int64_t>(kind), id, day_unix_ms}]);
    }
  }
  RollupRows result{.table = "usage_days",
                    .keys = {"subject_kind", "subject_id", "day_unix_ms"},
                    .sums = {"requests", "used_requests", "cost_nano_usd"},
                    .latests = {"last_used_unix_ms"},
                    .rows = {}};
  for (const auto& [key, sums] : days) {
    const auto& [kind, id, day_unix_ms] = key;
    result.rows.push_back({kind, id, day_unix_ms, sums.requests, sums.used_requests,
                           sums.cost_nano_usd, sums.last_used_unix_ms});
  }
  return result;
}

}  // namespace

RollupRows QuarterRows(const std::vector<const UsageEvent*>& events) {
  return CubeRows("usage_quarters", "quarter_unix_ms", kQuarterMs, events);
}

RollupRows DaySumRows(const std::vector<const UsageEvent*>& events) {
  return CubeRows("usage_day_sums", "day_unix_ms", kDayMs, events);
}

RollupRows PartSumRows(const std::vector<const UsageEvent*>& events) { return PartRowsOf(events); }

RollupRows SubjectSumRows(const std::vector<const UsageEvent*>& events) {
  return SubjectRowsOf(events);
}

RollupRows DayRows(const std::vector<const UsageEvent*>& events) { return DayRowsOf(events); }

std::vector<RollupRows> CorrectionRows(const std::vector<CostChange>& changes) {
  std::vector<CostChange> costs;
  std::vector<CostChange> spends;
  for (const CostChange& change : changes) {
    if (change.cost_nano_usd != 0) costs.push_back(change);
    if (change.spend_nano_usd != 0) spends.push_back(change);
  }
  std::vector<RollupRows> rows;
  if (!costs.empty()) {
    rows = {CubeRows("usage_quarters", "quarter_unix_ms", kQuarterMs, costs),
            CubeRows("usage_day_sums", "day_unix_ms", kDayMs, costs), PartRowsOf(costs),
            SubjectRowsOf(costs)};
  }
  if (!spends.empty()) rows.push_back(DayRowsOf(spends));
  return rows;
}

}  // namespace weir::usage

#include "services/usage/unpriced.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "libs/common/cost.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/usage/event_filter.h"
#include "services/usage/sum_model.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kTellAgainMs = 3'600'000;
constexpr std::size_t kToldModelsMax = 1'000;
constexpr std::string_view kMetric = "weir_usage_unpriced_events_total";
constexpr std::string_view kMetricHelp =
    "Requests for models without a price, new to the ledger: served for nothing, or refused.";

// Day, model, served model, account.
using Key = std::tuple<std::int64_t, std::string, std::string, std::int64_t>;

void Add(const UsageEvent& event, UnpricedModel& sums) {
  const bool served = IsServedUnpriced(event);
  sums.served_requests += served ? 1 : 0;
  sums.refused_requests += served ? 0 : 1;
  sums.input_tokens += TotalInputTokens(event.tokens);
  sums.output_tokens += event.tokens.output;
  sums.last_seen_unix_ms = std::max(sums.last_seen_unix_ms, event.started_at_unix_ms);
}

// Of one day, at most so many.
absl::StatusOr<std::set<std::string>> RefusedNames(sql::Transaction& transaction, std::int64_t day,
                                                   std::size_t models_max) {
  absl::StatusOr<sql::Result> result = transaction.Execute(
      "SELECT model FROM usage_unpriced WHERE day_unix_ms = $1 AND served_model = '' LIMIT $2",
      {day, static_cast<std::int64_t>(models_max)});
  if (!result.ok()) return result.status();
  std::set<std::string> names;
  for (const sql::Row& row : result->rows) names.insert(row.Text(0));
  return names;
}

// Of UnpricedRows: four counts, and when it was last seen.
void AddRow(const std::vector<sql::Value>& row, std::vector<sql::Value>& sum) {
  constexpr std::size_t kFirstCount = 4;
  constexpr std::size_t kLastSeen = 8;
  for (std::size_t i = kFirstCount; i < kLastSeen; ++i) {
    std::get<std::int64_t>(sum[i]) += std::get<std::int64_t>(row[i]);
  }
  auto& last_seen = std::get<std::int64_t>(sum[kLastSeen]);
  last_seen = std::max(last_seen, std::get<std::int64_t>(row[kLastSeen]));
}

}  // namespace

bool IsServedUnpriced(const UsageEvent& event) {
  return event.price.price_id == 0 && event.used_tokens() && !event.cache_hit;
}

bool IsRefusedUnpriced(const UsageEvent& event) {
  return event.error_class == reason::kModelUnpriced;
}

RollupRows UnpricedRows(const std::vector<const UsageEvent*>& events) {
  std::map<Key, UnpricedModel> models;
  for (const UsageEvent* event : events) {
    const bool served = IsServedUnpriced(*event);
    if (!served && !IsRefusedUnpriced(*event)) continue;
    const std::int64_t day = DayOf(event->started_at_unix_ms).begin_unix_ms;
    Add(*event, models[{day, event->model, served ? event->served_model : std::string(),
                        served ? event->account_id : 0}]);
  }
  RollupRows rows{.table = "usage_unpriced",
                  .keys = {"day_unix_ms", "model", "served_model", "account_id"},
                  .sums = {"served_requests", "refused_requests", "input_tokens", "output_tokens"},
                  .latests = {"last_seen_unix_ms"},
                  .rows = {}};
  for (const auto& [key, sums] : models) {
    const auto& [day, model, served_model, account_id] = key;
    rows.rows.push_back({day, model, served_model, account_id, sums.served_requests,
                         sums.refused_requests, sums.input_tokens, sums.output_tokens,
                         sums.last_seen_unix_ms});
  }
  return rows;
}

absl::Status BoundRefusedModels(sql::Transaction& transaction, RollupRows& rows,
                                std::size_t models_max) {
  // By day: the names that are there, and those that come with these rows.
  std::map<std::int64_t, std::set<std::string>> names;
  std::map<Key, std::vector<sql::Value>> bounded;
  for (std::vector<sql::Value>& row : rows.rows) {
    const std::int64_t day = std::get<std::int64_t>(row[0]);
    if (std::get<std::string>(row[2]).empty()) {
      const auto [known, first] = names.try_emplace(day);
      if (first) {
        absl::StatusOr<std::set<std::string>> stored = RefusedNames(transaction, day, models_max);
        if (!stored.ok()) return stored.status();
        known->second = *std::move(stored);
      }
      auto& model = std::get<std::string>(row[1]);
      const bool fits = known->second.contains(model) || known->second.size() < models_max;
      if (!fits) model = kUnknownModel;
      if (fits) known->second.insert(model);
    }
    const Key key{day, std::get<std::string>(row[1]), std::get<std::string>(row[2]),
                  std::get<std::int64_t>(row[3])};
    const auto [there, is_new] = bounded.try_emplace(key, row);
    if (!is_new) AddRow(row, there->second);
  }
  rows.rows.clear();
  for (auto& [key, row] : bounded) rows.rows.push_back(std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<UnpricedModel>> ReadUnpriced(sql::Database& database,
                                                        std::int64_t from_unix_ms,
                                                        std::int64_t to_unix_ms) {
  WhereBuilder where;
  where.And(StrCat("day_unix_ms >= ", where.Parameter(DayOf(from_unix_ms).begin_unix_ms)));
  if (to_unix_ms != 0) where.And(StrCat("day_unix_ms < ", where.Parameter(to_unix_ms)));
  absl::StatusOr<sql::Result> result = database.Query(
      StrCat("SELECT model, served_model, account_id, CAST(SUM(served_requests) AS BIGINT), "
             "CAST(SUM(refused_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT), "
             "CAST(SUM(output_tokens) AS BIGINT), MAX(last_seen_unix_ms), MIN(last_seen_unix_ms) "
             "FROM usage_unpriced ",
             where.Clause(),
             " GROUP BY model, served_model, account_id ORDER BY SUM(served_requests) + "
             "SUM(refused_requests) DESC, model, served_model, account_id LIMIT ",
             kUnpricedModelsMax),
      where.parameters());
  if (!result.ok()) return result.status();
  std::vector<UnpricedModel> models;
  for (const sql::Row& row : result->rows) {
    models.push_back({.model = row.Text(0),
                      .served_model = row.Text(1),
                      .account_id = row.Int(2),
                      .served_requests = row.Int(3),
                      .refused_requests = row.Int(4),
                      .input_tokens = row.Int(5),
                      .output_tokens = row.Int(6),
                      .last_seen_unix_ms = row.Int(7),
                      .first_seen_unix_ms = row.Int(8)});
  }
  return models;
}

UnpricedWatch::UnpricedWatch(Metrics& metrics, const Clock& clock)
    : clock_(clock),
      served_(metrics.AddCounter(kMetric, kMetricHelp, {{"outcome", "served"}})),
      refused_(metrics.AddCounter(kMetric, kMetricHelp, {{"outcome", "refused"}})) {}

void UnpricedWatch::Note(const std::vector<const UsageEvent*>& events,
                         const std::vector<Stored>& outcomes) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (outcomes[i] != Stored::kNew) continue;
    const UsageEvent& event = *events[i];
    const bool served = IsServedUnpriced(event);
    if (!served && !IsRefusedUnpriced(event)) continue;
    Metrics::Increment(served ? served_ : refused_);
    Tell(event);
  }
}

void UnpricedWatch::Tell(const UsageEvent& event) {
  const bool served = IsServedUnpriced(event);
  const std::string& model = served ? event.served_model : event.model;
  const std::int64_t now_unix_ms = clock_.NowUnixMs();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Callers choose the names of refused requests: not more of them than that.
    if (told_at_unix_ms_.size() >= kToldModelsMax) told_at_unix_ms_.clear();
    std::int64_t& told_at = told_at_unix_ms_[model];
    if (told_at != 0 && now_unix_ms - told_at < kTellAgainMs) return;
    told_at = now_unix_ms;
  }
  LogWarning(served ? "a model without a price was served, for nothing"
                    : "a model without a price was refused",
             {{"model", model}, {"account_id", event.account_id}});
}

}  // namespace weir::usage

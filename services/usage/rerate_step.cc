#include "services/usage/rerate_step.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/common/text.h"
#include "services/usage/correction_store.h"
#include "services/usage/day_partition.h"
#include "services/usage/event_columns.h"
#include "services/usage/retention.h"
#include "services/usage/rollups.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Row;
using sql::Transaction;
using sql::Value;

using CountsByModel = std::map<std::string, RerateCounts>;

struct Piece {
  std::vector<UsageEvent> events = {};
  std::vector<NewCorrection> corrections = {};
  std::vector<CostChange> changes = {};
  RerateCounts counts = {};
  CountsByModel models = {};
};

// The next requests that used tokens, by their ids. The range is said of ids on SQLite too, where
// they are the key that is walked along.
absl::StatusOr<std::vector<UsageEvent>> ReadEvents(Transaction& transaction,
                                                   const RerateOrder& order, const RerateStep& step,
                                                   std::int64_t kept_from_unix_ms) {
  WhereBuilder where;
  // Not what retention is about to take away: a correction could outlive its request.
  const std::string after = std::max(step.last_id, LeastId(kept_from_unix_ms));
  where.And(StrCat("id > ", where.Parameter(Blob{after})));
  AddEventConditions(order.filter, sql::SqlDialect::kPostgres, where);
  where.And("usage_source <> 0");
  const std::string limit = where.Parameter(step.events_max);
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT ", EventColumnList(), " FROM usage_events ",
                                 where.Clause(), " ORDER BY id LIMIT ", limit),
                          where.parameters());
  if (!result.ok()) return result.status();
  std::vector<UsageEvent> events;
  events.reserve(result->rows.size());
  for (const Row& row : result->rows) events.push_back(EventFromRow(row));
  return events;
}

void RatePiece(const CorrectionsById& known, const RerateOrder& order, Piece& piece) {
  for (const UsageEvent& event : piece.events) {
    const auto found = known.find(event.id);
    const CorrectionSums sums = found == known.end() ? CorrectionSums{} : found->second;
    const Rating rating = RateAgain(event, order);
    piece.counts.Add(event, sums, rating);
    piece.models[event.served_model].Add(event, sums, rating);
    if (order.dry_run) continue;
    const auto correction = CorrectionFor(event, sums, rating, order.charge_budgets);
    if (!correction.has_value()) continue;
    piece.corrections.push_back({&event, *correction});
    piece.changes.push_back({&event, correction->cost_nano_usd, correction->spend_nano_usd});
  }
}

absl::Status WriteCorrections(Transaction& transaction, const RerateStep& step, Piece& piece) {
  for (NewCorrection& line : piece.corrections) {
    line.correction.rerate_id = step.run_id;
    line.correction.made_at_unix_ms = step.now_unix_ms;
  }
  absl::Status status = InsertCorrections(transaction, piece.corrections);
  for (const RollupRows& rows : CorrectionRows(piece.changes)) {
    if (status.ok()) status = AddRollups(transaction, rows);
  }
  return status;
}

constexpr std::string_view kCountColumns[] = {
    "events", "corrected", "unpriced", "unknown_provider", "before_nano_usd", "after_nano_usd"};

std::vector<Value> ValuesOf(const RerateCounts& counts) {
  return {counts.events,           counts.corrected,       counts.unpriced,
          counts.unknown_provider, counts.before_nano_usd, counts.after_nano_usd};
}

// Models beyond the bound become one.
absl::Status AddModels(Transaction& transaction, std::int64_t run_id, const CountsByModel& models) {
  absl::StatusOr<Result> known =
      transaction.Execute("SELECT model FROM usage_rerate_models WHERE rerate_id = $1", {run_id});
  if (!known.ok()) return known.status();
  std::set<std::string> names;
  for (const Row& row : known->rows) names.insert(row.Text(0));
  CountsByModel by_name;
  for (const auto& [model, counts] : models) {
    const bool fits = names.contains(model) || names.size() < kRerateModelsMax;
    if (fits) names.insert(model);
    by_name[fits ? model : std::string()].Add(counts);
  }
  RollupRows rows{.table = "usage_rerate_models",
                  .keys = {"rerate_id", "model"},
                  .sums = {std::begin(kCountColumns), std::end(kCountColumns)},
                  .latests = {},
                  .rows = {}};
  for (const auto& [model, counts] : by_name) {
    std::vector<Value>& row = rows.rows.emplace_back(std::vector<Value>{run_id, model});
    for (Value& value : ValuesOf(counts)) row.push_back(std::move(value));
  }
  return AddRollups(transaction, rows);
}

absl::Status Advance(Transaction& transaction, const RerateOrder& order, const RerateStep& step,
                     const Piece& piece, bool more) {
  std::string sql = "UPDATE usage_rerates SET ";
  std::vector<Value> values = ValuesOf(piece.counts);
  for (std::size_t i = 0; i < values.size(); ++i) {
    StrAppend(sql, kCountColumns[i], " = ", kCountColumns[i], " + $", i + 1, ", ");
  }
  const std::int64_t until =
      more ? piece.events.back().started_at_unix_ms : order.filter.to_unix_ms;
  values.insert(
      values.end(),
      {Blob{more ? piece.events.back().id : step.last_id}, until, step.now_unix_ms,
       more ? 0 : step.now_unix_ms,
       static_cast<std::int64_t>(more ? RerateState::kRunning : RerateState::kDone), step.run_id});
  StrAppend(sql,
            "last_id = $7, rated_until_unix_ms = $8, updated_at_unix_ms = $9, "
            "ended_at_unix_ms = $10, state = $11");
  if (!more) {
    // Nobody goes on with it, so nobody needs its list of prices.
    values.emplace_back(Blob{""});
    sql += ", order_bytes = $13";
  }
  sql += " WHERE id = $12";
  return transaction.Execute(sql, values).status();
}

}  // namespace

absl::StatusOr<bool> RunRerateStep(Transaction& transaction, const RerateOrder& order,
                                   const RerateStep& step) {
  if (absl::Status schema = HoldLedgerSchema(transaction); !schema.ok()) return schema;
  // Retention raises its bound before or behind this step, not within it.
  absl::StatusOr<std::int64_t> kept_from_unix_ms = HoldKeptFrom(transaction);
  if (!kept_from_unix_ms.ok()) return kept_from_unix_ms.status();
  absl::StatusOr<std::vector<UsageEvent>> events =
      ReadEvents(transaction, order, step, *kept_from_unix_ms);
  if (!events.ok()) return events.status();
  Piece piece{.events = *std::move(events)};
  if (!piece.events.empty()) {
    absl::StatusOr<CorrectionsById> known =
        ReadCorrectionSums(transaction, piece.events.front().id, piece.events.back().id);
    if (!known.ok()) return known.status();
    RatePiece(*known, order, piece);
  }
  const bool more = static_cast<std::int64_t>(piece.events.size()) == step.events_max;
  absl::Status status = WriteCorrections(transaction, step, piece);
  if (status.ok()) status = AddModels(transaction, step.run_id, piece.models);
  if (status.ok()) status = Advance(transaction, order, step, piece, more);
  if (!status.ok()) return status;
  return more;
}

}  // namespace weir::usage

#include "services/usage/tally_ledger.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/common/text.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;

}  // namespace

absl::StatusOr<RollupRows> MergedTallies(Transaction& transaction,
                                         std::map<TallyKey, Tally> tallies) {
  if (absl::Status locked = transaction.Lock("usage tallies"); !locked.ok()) return locked;
  std::set<std::int64_t> hours;
  for (const auto& [key, tally] : tallies) hours.insert(key.hour_unix_ms);
  WhereBuilder where;
  where.AndIn("hour_unix_ms", std::vector<std::int64_t>(hours.begin(), hours.end()));
  absl::StatusOr<Result> known = transaction.Execute(
      StrCat("SELECT hour_unix_ms, subject_kind, account_id, model, counts FROM usage_tallies ",
             where.Clause()),
      where.parameters());
  if (!known.ok()) return known.status();
  for (const sql::Row& row : known->rows) {
    const auto found =
        tallies.find({static_cast<TallyKind>(row.Int(1)), row.Int(2), row.Text(3), row.Int(0)});
    if (found == tallies.end()) continue;
    absl::StatusOr<Tally> stored = DecodeTally(row.Text(4));
    if (!stored.ok()) return stored.status();
    found->second.Add(*stored);
  }
  RollupRows rows{.table = "usage_tallies",
                  .keys = {"hour_unix_ms", "subject_kind", "account_id", "model"},
                  .sums = {},
                  .latests = {},
                  .rows = {},
                  .news = {"counts"}};
  for (const auto& [key, tally] : tallies) {
    rows.rows.push_back({key.hour_unix_ms, static_cast<std::int64_t>(key.kind), key.account_id,
                         key.model, EncodeTally(tally)});
  }
  return rows;
}

bool TalliesAnswer(const EventFilter& filter) {
  return filter.user_ids.empty() && filter.key_ids.empty() && filter.group_ids.empty() &&
         (filter.account_ids.empty() || filter.models.empty()) && !HasLogConditions(filter);
}

absl::Status VisitTallies(Transaction& transaction, const EventFilter& filter,
                          const TallyVisitor& visit) {
  WhereBuilder where;
  const TallyKind kind = !filter.account_ids.empty() ? TallyKind::kAccount
                         : !filter.models.empty()    ? TallyKind::kModel
                                                     : TallyKind::kAll;
  where.And(StrCat("subject_kind = ", where.Parameter(static_cast<std::int64_t>(kind))));
  where.AndIn("account_id", filter.account_ids);
  where.AndIn("model", filter.models);
  if (filter.from_unix_ms != 0) {
    const std::int64_t hour = filter.from_unix_ms - filter.from_unix_ms % kHourMs;
    where.And(StrCat("hour_unix_ms >= ", where.Parameter(hour)));
  }
  if (filter.to_unix_ms != 0) {
    where.And(StrCat("hour_unix_ms < ", where.Parameter(filter.to_unix_ms)));
  }
  absl::StatusOr<Result> rows =
      transaction.Execute(StrCat("SELECT hour_unix_ms, counts FROM usage_tallies ", where.Clause()),
                          where.parameters());
  if (!rows.ok()) return rows.status();
  for (const sql::Row& row : rows->rows) {
    absl::StatusOr<Tally> tally = DecodeTally(row.Text(1));
    if (!tally.ok()) return tally.status();
    visit(row.Int(0), *tally);
  }
  return absl::OkStatus();
}

absl::StatusOr<Tally> SumTallies(Transaction& transaction, const EventFilter& filter) {
  Tally sum;
  absl::Status visited =
      VisitTallies(transaction, filter, [&](std::int64_t, const Tally& tally) { sum.Add(tally); });
  if (!visited.ok()) return visited;
  return sum;
}

}  // namespace weir::usage

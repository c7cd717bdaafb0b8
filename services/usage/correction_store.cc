#include "services/usage/correction_store.h"

#include <string_view>
#include <utility>

#include "libs/common/text.h"
#include "services/usage/event_filter.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Row;
using sql::Transaction;

constexpr std::string_view kSums =
    "SELECT event_id, COUNT(*), CAST(SUM(cost_nano_usd) AS BIGINT), "
    "CAST(SUM(spend_nano_usd) AS BIGINT) FROM usage_corrections ";

constexpr std::string_view kColumns =
    "number, rerate_id, made_at_unix_ms, cost_nano_usd, spend_nano_usd, price_id, input_pico_usd, "
    "output_pico_usd, cache_read_pico_usd, cache_write_5m_pico_usd, cache_write_1h_pico_usd, "
    "multiplier_ppm";

// In the order of kColumns.
template <typename AnyCorrection, typename Visitor>
void VisitColumns(AnyCorrection& correction, const Visitor& visit) {
  auto& price = correction.price;
  for (auto* field : {&correction.number, &correction.rerate_id, &correction.made_at_unix_ms,
                      &correction.cost_nano_usd, &correction.spend_nano_usd, &price.price_id,
                      &price.prices.input_pico_usd, &price.prices.output_pico_usd,
                      &price.prices.cache_read_pico_usd, &price.prices.cache_write_5m_pico_usd,
                      &price.prices.cache_write_1h_pico_usd, &price.multiplier_ppm}) {
    visit(*field);
  }
}

CorrectionsById SumsOf(const std::vector<Row>& rows) {
  CorrectionsById sums;
  for (const Row& row : rows) {
    sums[row.Bytes(0)] = {
        .count = row.Int(1), .cost_nano_usd = row.Int(2), .spend_nano_usd = row.Int(3)};
  }
  return sums;
}

}  // namespace

absl::StatusOr<CorrectionsById> ReadCorrectionSums(Transaction& transaction,
                                                   const std::string& first_id,
                                                   const std::string& last_id) {
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat(kSums, "WHERE event_id >= $1 AND event_id <= $2 GROUP BY event_id"),
      {Blob{first_id}, Blob{last_id}});
  if (!result.ok()) return result.status();
  return SumsOf(result->rows);
}

absl::Status AddCorrectionSums(Transaction& transaction, std::vector<UsageEvent>& events) {
  if (events.empty()) return absl::OkStatus();
  WhereBuilder where;
  std::vector<Blob> ids;
  ids.reserve(events.size());
  for (const UsageEvent& event : events) ids.push_back({event.id});
  where.AndIn("event_id", ids);
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat(kSums, where.Clause(), " GROUP BY event_id"), where.parameters());
  if (!result.ok()) return result.status();
  const CorrectionsById sums = SumsOf(result->rows);
  if (sums.empty()) return absl::OkStatus();
  for (UsageEvent& event : events) {
    const auto found = sums.find(event.id);
    if (found != sums.end()) event.corrections_nano_usd = found->second.cost_nano_usd;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Correction>> ReadCorrections(Transaction& transaction,
                                                        const std::string& event_id) {
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT ", kColumns, " FROM usage_corrections WHERE event_id = $1 ORDER BY number"),
      {Blob{event_id}});
  if (!result.ok()) return result.status();
  std::vector<Correction> corrections;
  for (const Row& row : result->rows) {
    std::size_t column = 0;
    VisitColumns(corrections.emplace_back(),
                 [&](std::int64_t& field) { field = row.Int(column++); });
  }
  return corrections;
}

absl::Status InsertCorrections(Transaction& transaction,
                               const std::vector<NewCorrection>& corrections) {
  if (corrections.empty()) return absl::OkStatus();
  std::vector<std::string_view> columns = {"event_id"};
  for (const std::string_view name : Split(kColumns, ',')) columns.push_back(StripSpace(name));
  std::vector<std::vector<sql::Value>> rows;
  rows.reserve(corrections.size());
  for (const NewCorrection& line : corrections) {
    std::vector<sql::Value>& row = rows.emplace_back();
    row.emplace_back(Blob{line.event->id});
    VisitColumns(line.correction, [&](std::int64_t field) { row.emplace_back(field); });
  }
  return transaction.InsertMany("usage_corrections", columns, rows);
}

}  // namespace weir::usage

#include "services/usage/spend_ledger.h"

#include <algorithm>
#include <chrono>

#include "libs/common/ids.h"
#include "libs/common/text.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;
using sql::Value;

constexpr int kLeaseIdBytes = 16;
constexpr std::int64_t kDurationMsMin = 1'000;
constexpr std::int64_t kDurationMsMax = 600'000;

// usage_days has one row a day, so that even a lifetime is a sum over few rows.
absl::StatusOr<Spend> ReadSpend(Transaction& transaction, const Subject& subject,
                                std::int64_t at_unix_ms) {
  const MonthBounds month = MonthOf(at_unix_ms);
  absl::StatusOr<Result> result = transaction.Execute(
      "SELECT "
      "CAST(COALESCE(SUM(CASE WHEN day_unix_ms = $3 THEN cost_nano_usd ELSE 0 END), 0) AS BIGINT), "
      "CAST(COALESCE(SUM(CASE WHEN day_unix_ms >= $4 AND day_unix_ms < $5 THEN cost_nano_usd "
      "ELSE 0 END), 0) AS BIGINT), "
      "CAST(COALESCE(SUM(cost_nano_usd), 0) AS BIGINT), "
      "CAST(COALESCE(SUM(CASE WHEN day_unix_ms = $3 THEN requests ELSE 0 END), 0) AS BIGINT) "
      "FROM usage_days WHERE subject_kind = $1 AND subject_id = $2",
      {static_cast<std::int64_t>(subject.kind), subject.id, at_unix_ms - at_unix_ms % kDayMs,
       month.begin_unix_ms, month.end_unix_ms});
  if (!result.ok()) return result.status();
  const sql::Row& row = result->rows.at(0);
  return Spend{.day_nano_usd = row.Int(0),
               .month_nano_usd = row.Int(1),
               .total_nano_usd = row.Int(2),
               .day_requests = row.Int(3)};
}

std::int64_t SpentIn(Period period, const Spend& spend) {
  switch (period) {
    case Period::kDay:
      return spend.day_nano_usd;
    case Period::kMonth:
      return spend.month_nano_usd;
    case Period::kTotal:
      return spend.total_nano_usd;
  }
  return spend.total_nano_usd;
}

// Drops the subject's expired leases and sums up the others. Leases of the day before that are
// still out count for today as well: what they pay for may end today.
absl::StatusOr<std::int64_t> OutstandingNanoUsd(Transaction& transaction, const LeaseWish& wish,
                                                std::int64_t now_unix_ms) {
  const std::vector<Value> subject = {static_cast<std::int64_t>(wish.subject.kind), wish.subject.id,
                                      static_cast<std::int64_t>(wish.period)};
  std::vector<Value> expired = subject;
  expired.emplace_back(now_unix_ms);
  absl::StatusOr<Result> result = transaction.Execute(
      "DELETE FROM usage_leases WHERE subject_kind = $1 AND subject_id = $2 AND period = $3 "
      "AND expires_at_unix_ms <= $4",
      expired);
  if (!result.ok()) return result.status();
  result = transaction.Execute(
      "SELECT CAST(COALESCE(SUM(granted_nano_usd), 0) AS BIGINT) FROM usage_leases "
      "WHERE subject_kind = $1 AND subject_id = $2 AND period = $3",
      subject);
  if (!result.ok()) return result.status();
  return result->rows.at(0).Int(0);
}

// In steps, so that no sum can overflow.
std::int64_t Grant(const LeaseWish& wish, std::int64_t spent, std::int64_t outstanding) {
  if (spent >= wish.cap_nano_usd) return 0;
  const std::int64_t unspent = wish.cap_nano_usd - spent;
  if (outstanding >= unspent) return 0;
  return std::min(wish.amount_nano_usd, unspent - outstanding);
}

absl::Status StoreLease(Transaction& transaction, const LeaseWish& wish, const Lease& lease) {
  return transaction
      .Execute(
          "INSERT INTO usage_leases (id, relay_id, subject_kind, subject_id, period, "
          "granted_nano_usd, expires_at_unix_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {lease.id, wish.relay_id, static_cast<std::int64_t>(wish.subject.kind), wish.subject.id,
           static_cast<std::int64_t>(wish.period), lease.granted_nano_usd,
           lease.expires_at_unix_ms})
      .status();
}

absl::Status CheckWish(const LeaseWish& wish) {
  if (wish.subject.id <= 0) return absl::InvalidArgumentError("a lease needs a subject");
  if (wish.cap_nano_usd < 0) return absl::InvalidArgumentError("the cap must not be negative");
  if (wish.amount_nano_usd <= 0)
    return absl::InvalidArgumentError("the amount must be more than 0");
  if (wish.duration_ms < kDurationMsMin || wish.duration_ms > kDurationMsMax) {
    return absl::InvalidArgumentError(
        StrCat("duration_ms must be ", kDurationMsMin, " to ", kDurationMsMax));
  }
  return absl::OkStatus();
}

absl::Status AcquireIn(Transaction& transaction, const LeaseWish& wish, std::int64_t now_unix_ms,
                       Lease& lease) {
  // Two askers must not both be granted the same rest.
  absl::Status status = transaction.Lock(
      StrCat("weir_lease:", static_cast<std::int64_t>(wish.subject.kind), ":", wish.subject.id));
  if (!status.ok()) return status;
  absl::StatusOr<Spend> spend = ReadSpend(transaction, wish.subject, now_unix_ms);
  if (!spend.ok()) return spend.status();
  absl::StatusOr<std::int64_t> outstanding = OutstandingNanoUsd(transaction, wish, now_unix_ms);
  if (!outstanding.ok()) return outstanding.status();
  lease = Lease{};
  lease.spent_nano_usd = SpentIn(wish.period, *spend);
  lease.granted_nano_usd = Grant(wish, lease.spent_nano_usd, *outstanding);
  if (lease.granted_nano_usd == 0) return absl::OkStatus();
  lease.id = RandomHex(kLeaseIdBytes);
  lease.expires_at_unix_ms = now_unix_ms + wish.duration_ms;
  return StoreLease(transaction, wish, lease);
}

}  // namespace

MonthBounds MonthOf(std::int64_t unix_ms) {
  using std::chrono::floor;
  using std::chrono::milliseconds;
  using std::chrono::sys_days;
  using std::chrono::sys_time;
  const std::chrono::year_month_day day{
      floor<std::chrono::days>(sys_time<milliseconds>(milliseconds(unix_ms)))};
  const std::chrono::year_month_day first = day.year() / day.month() / 1;
  const auto to_unix_ms = [](sys_days moment) {
    return std::chrono::duration_cast<milliseconds>(moment.time_since_epoch()).count();
  };
  return {.begin_unix_ms = to_unix_ms(sys_days(first)),
          .end_unix_ms = to_unix_ms(sys_days(first + std::chrono::months(1)))};
}

absl::StatusOr<Spend> SpendLedger::GetSpend(const Subject& subject, std::int64_t at_unix_ms) {
  if (subject.id <= 0) return absl::InvalidArgumentError("spend needs a subject");
  if (at_unix_ms < 0) return absl::InvalidArgumentError("at_unix_ms must not be negative");
  if (at_unix_ms == 0) at_unix_ms = clock_.NowUnixMs();
  Spend spend;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<Spend> read = ReadSpend(transaction, subject, at_unix_ms);
    if (read.ok()) spend = *read;
    return read.status();
  });
  if (!status.ok()) return status;
  return spend;
}

absl::StatusOr<Lease> SpendLedger::Acquire(const LeaseWish& wish) {
  absl::Status status = CheckWish(wish);
  if (!status.ok()) return status;
  Lease lease;
  status = database_.Transact([&](Transaction& transaction) {
    return AcquireIn(transaction, wish, clock_.NowUnixMs(), lease);
  });
  if (!status.ok()) return status;
  return lease;
}

absl::Status SpendLedger::Return(const std::string& relay_id, const std::string& lease_id) {
  return database_
      .Execute("DELETE FROM usage_leases WHERE id = $1 AND relay_id = $2", {lease_id, relay_id})
      .status();
}

absl::Status SpendLedger::DropExpired() {
  return database_
      .Execute("DELETE FROM usage_leases WHERE expires_at_unix_ms <= $1", {clock_.NowUnixMs()})
      .status();
}

}  // namespace weir::usage

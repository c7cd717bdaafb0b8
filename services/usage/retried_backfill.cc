#include "services/usage/retried_backfill.h"

#include <chrono>
#include <string>
#include <vector>

#include "libs/common/log.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Transaction;

constexpr std::string_view kLockName = "weir_usage_backfill";
constexpr std::chrono::seconds kToldEach{10};

// The last request of the next piece; nothing behind `place` = no row. MAX knows no BYTEA.
constexpr std::string_view kPieceEnd = R"(
  SELECT event_id FROM (
    SELECT event_id FROM usage_attempts WHERE number = 2 AND event_id > $1
    ORDER BY event_id LIMIT $2) AS piece
  ORDER BY event_id DESC LIMIT 1)";
// The bounds stand twice: they tell which partitions of both tables have any.
constexpr std::string_view kMark = R"(
  UPDATE usage_events SET retried = 1
  WHERE retried = 0 AND id > $1 AND id <= $2 AND id IN (
    SELECT event_id FROM usage_attempts WHERE number = 2 AND event_id > $1 AND event_id <= $2))";

absl::Status MarkPiece(Transaction& transaction, std::int64_t at_once, bool& more) {
  more = false;
  if (absl::Status locked = transaction.Lock(kLockName); !locked.ok()) return locked;
  const absl::StatusOr<Result> place =
      transaction.Execute("SELECT place FROM usage_backfills WHERE name = 'retried'");
  if (!place.ok()) return place.status();
  if (place->rows.empty()) return absl::OkStatus();
  const Blob begin{place->rows.front().Bytes(0)};
  const absl::StatusOr<Result> piece = transaction.Execute(kPieceEnd, {begin, at_once});
  if (!piece.ok()) return piece.status();
  if (piece->rows.empty()) {
    return transaction.Execute("DELETE FROM usage_backfills WHERE name = 'retried'").status();
  }
  const Blob end{piece->rows.front().Bytes(0)};
  if (absl::Status marked = transaction.Execute(kMark, {begin, end}).status(); !marked.ok()) {
    return marked;
  }
  more = true;
  return transaction.Execute("UPDATE usage_backfills SET place = $1 WHERE name = 'retried'", {end})
      .status();
}

}  // namespace

absl::StatusOr<bool> MarkSomeRetried(sql::Database& database, std::int64_t at_once) {
  bool more = false;
  absl::Status marked = database.Transact(
      [&](Transaction& transaction) { return MarkPiece(transaction, at_once, more); });
  if (!marked.ok()) return marked;
  return more;
}

absl::Status MarkRetried(sql::Database& database) {
  auto told_at = std::chrono::steady_clock::now();
  for (std::int64_t pieces = 1;; ++pieces) {
    const absl::StatusOr<bool> more = MarkSomeRetried(database, kRetriedAtOnce);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    const auto now = std::chrono::steady_clock::now();
    if (now - told_at < kToldEach) continue;
    told_at = now;
    LogInfo("marking the requests of before that were retried",
            {{"requests_done", pieces * kRetriedAtOnce}});
  }
}

}  // namespace weir::usage

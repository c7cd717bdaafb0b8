#include "services/usage/lease_ledger.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "libs/common/text.h"
#include "services/usage/spend_ledger.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;
using sql::Value;

constexpr std::int64_t kAliveMsMin = 1'000;
constexpr std::int64_t kAliveMsMax = 3'600'000;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kLeasesMax = 1'000;
constexpr std::int64_t kForgetEveryMs = 60'000;
constexpr std::int64_t kShareOfRest = 4;

std::vector<Value> KeyOf(const Budget& budget) {
  return {static_cast<std::int64_t>(budget.subject.kind), budget.subject.id,
          static_cast<std::int64_t>(budget.period), static_cast<std::int64_t>(budget.unit),
          budget.window_unix_ms};
}

std::vector<Value> With(std::vector<Value> values, std::initializer_list<Value> more) {
  values.insert(values.end(), more);
  return values;
}

absl::Status CheckLease(const LeaseState& lease) {
  if (absl::Status status = CheckBudget(lease.budget); !status.ok()) return status;
  if (lease.granted < 0 || lease.cap < 0 || lease.least < 0 || lease.need < lease.least ||
      lease.want < lease.need) {
    return absl::InvalidArgumentError(
        "amounts of a lease must be 0 <= least <= need <= want, granted and cap >= 0");
  }
  if (lease.done && lease.want > 0) {
    return absl::InvalidArgumentError("a lease that is done asks for nothing");
  }
  return absl::OkStatus();
}

// The order in which a round touches leases; see LeaseCharges.
std::vector<std::size_t> ByBudget(const std::vector<LeaseState>& leases) {
  std::vector<std::size_t> order(leases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&leases](std::size_t a, std::size_t b) {
    return leases[a].budget < leases[b].budget;
  });
  return order;
}

absl::Status CheckRound(const LeaseRound& round) {
  for (const std::string* name : {&round.holder, &round.session}) {
    if (name->empty() || name->size() > kNameBytesMax) {
      return absl::InvalidArgumentError("holder and session must have 1 to 64 characters");
    }
  }
  if (round.number <= 0) return absl::InvalidArgumentError("number must be positive");
  if (round.alive_ms < kAliveMsMin || round.alive_ms > kAliveMsMax) {
    return absl::InvalidArgumentError(
        StrCat("alive_ms must be ", kAliveMsMin, " to ", kAliveMsMax));
  }
  if (round.leases.size() > kLeasesMax) {
    return absl::InvalidArgumentError(StrCat("a round has at most ", kLeasesMax, " leases"));
  }
  for (const LeaseState& lease : round.leases) {
    if (absl::Status status = CheckLease(lease); !status.ok()) return status;
  }
  const std::vector<std::size_t> order = ByBudget(round.leases);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (round.leases[order[i - 1]].budget == round.leases[order[i]].budget) {
      return absl::InvalidArgumentError("a round states each budget once");
    }
  }
  return absl::OkStatus();
}

// Locks the session's row to the end of the transaction, so that rounds of one session and its end
// follow each other. False: there is no such session (any more).
absl::StatusOr<bool> TakeRound(Transaction& transaction, const LeaseRound& round,
                               std::int64_t alive_until_unix_ms) {
  if (round.begins) {
    absl::StatusOr<Result> made = transaction.Execute(
        "INSERT INTO usage_lease_sessions (session, holder, number, alive_until_unix_ms) "
        "VALUES ($1, $2, 0, $3) ON CONFLICT (session) DO NOTHING",
        {round.session, round.holder, alive_until_unix_ms});
    if (!made.ok()) return made.status();
  }
  absl::StatusOr<Result> taken = transaction.Execute(
      "UPDATE usage_lease_sessions SET number = $2, alive_until_unix_ms = $3 "
      "WHERE session = $1 AND number < $2",
      {round.session, round.number, alive_until_unix_ms});
  if (!taken.ok()) return taken.status();
  if (taken->affected_rows > 0) return true;
  absl::StatusOr<Result> later = transaction.Execute(
      "SELECT number FROM usage_lease_sessions WHERE session = $1", {round.session});
  if (!later.ok()) return later.status();
  if (later->rows.empty()) return false;
  return absl::FailedPreconditionError("a later round of this session was taken already");
}

absl::Status DropLeasesOf(Transaction& transaction, const Result& sessions) {
  for (const sql::Row& row : sessions.rows) {
    absl::StatusOr<Result> dropped =
        transaction.Execute("DELETE FROM usage_leases WHERE session = $1", {row.Text(0)});
    if (!dropped.ok()) return dropped.status();
  }
  return absl::OkStatus();
}

absl::Status DropEarlierSessions(Transaction& transaction, const LeaseRound& round) {
  absl::StatusOr<Result> ended = transaction.Execute(
      "DELETE FROM usage_lease_sessions WHERE holder = $1 AND session <> $2 RETURNING session",
      {round.holder, round.session});
  if (!ended.ok()) return ended.status();
  return DropLeasesOf(transaction, *ended);
}

absl::Status State(Transaction& transaction, const LeaseRound& round, const LeaseState& lease) {
  return transaction
      .Execute(
          "INSERT INTO usage_leases (subject_kind, subject_id, period, unit, window_unix_ms, "
          "session, granted, used, done) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0) "
          "ON CONFLICT (subject_kind, subject_id, period, unit, window_unix_ms, session) "
          "DO UPDATE SET granted = excluded.granted, done = 0",
          With(KeyOf(lease.budget), {round.session, lease.granted}))
      .status();
}

// True: nothing of it is left to be told apart, and its row is gone; perhaps by an earlier round
// whose answer was lost.
absl::StatusOr<bool> Close(Transaction& transaction, const LeaseRound& round,
                           const LeaseState& lease) {
  absl::StatusOr<Result> left = transaction.Execute(
      "UPDATE usage_leases SET granted = $7, done = 1 WHERE subject_kind = $1 AND subject_id = $2 "
      "AND period = $3 AND unit = $4 AND window_unix_ms = $5 AND session = $6 AND used < $7",
      With(KeyOf(lease.budget), {round.session, lease.granted}));
  if (!left.ok()) return left.status();
  if (left->affected_rows > 0) return false;
  absl::StatusOr<Result> closed = transaction.Execute(
      "DELETE FROM usage_leases WHERE subject_kind = $1 AND subject_id = $2 AND period = $3 "
      "AND unit = $4 AND window_unix_ms = $5 AND session = $6",
      With(KeyOf(lease.budget), {round.session}));
  if (!closed.ok()) return closed.status();
  return true;
}

// In two halves, so that no relay can state so much that the sum overflows and nobody else is
// granted anything but errors.
absl::StatusOr<std::int64_t> ReadHeld(Transaction& transaction, const Budget& budget) {
  absl::StatusOr<Result> held = transaction.Execute(
      "SELECT CAST(COALESCE(SUM((granted - used) / 1048576), 0) AS BIGINT), "
      "CAST(COALESCE(SUM((granted - used) % 1048576), 0) AS BIGINT) FROM usage_leases "
      "WHERE subject_kind = $1 AND subject_id = $2 AND period = $3 AND unit = $4 "
      "AND window_unix_ms = $5 AND granted > used",
      KeyOf(budget));
  if (!held.ok()) return held.status();
  constexpr std::int64_t kHalf = 1'048'576;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t low = held->rows.at(0).Int(1);
  const std::int64_t high = held->rows.at(0).Int(0) + low / kHalf;
  return high > kMax / kHalf ? kMax : high * kHalf + low % kHalf;
}

// What is held is read before what is spent: an event that commits in between is then counted
// twice, on the safe side, and never not at all.
absl::Status GrantMore(Transaction& transaction, const LeaseRound& round, const LeaseState& lease,
                       LeaseGrant& grant) {
  absl::StatusOr<std::int64_t> held = ReadHeld(transaction, lease.budget);
  if (!held.ok()) return held.status();
  absl::StatusOr<std::int64_t> spent = ReadSpent(transaction, lease.budget);
  if (!spent.ok()) return spent.status();
  // In steps, so that no sum can overflow.
  const std::int64_t unspent = std::max<std::int64_t>(lease.cap - *spent, 0);
  const std::int64_t left = std::max<std::int64_t>(unspent - *held, 0);
  const std::int64_t room = std::numeric_limits<std::int64_t>::max() - lease.granted;
  const std::int64_t more = std::min(GrantOf(left, lease), room);
  grant.granted = lease.granted + more;
  grant.spent = *spent;
  grant.left = left - more;
  if (more == 0) return absl::OkStatus();
  return transaction
      .Execute(
          "UPDATE usage_leases SET granted = $7 WHERE subject_kind = $1 AND subject_id = $2 "
          "AND period = $3 AND unit = $4 AND window_unix_ms = $5 AND session = $6",
          With(KeyOf(lease.budget), {round.session, grant.granted}))
      .status();
}

absl::Status ExchangeOne(Transaction& transaction, const LeaseRound& round, const LeaseState& lease,
                         LeaseGrant& grant) {
  grant = {.granted = lease.granted};
  if (lease.want > 0) {
    // Two askers must not both be granted the same rest.
    const Subject& subject = lease.budget.subject;
    absl::Status status = transaction.Lock(
        StrCat("weir_lease:", static_cast<std::int64_t>(subject.kind), ":", subject.id));
    if (!status.ok()) return status;
  }
  if (lease.done) {
    absl::StatusOr<bool> closed = Close(transaction, round, lease);
    if (!closed.ok()) return closed.status();
    grant.closed = *closed;
    return absl::OkStatus();
  }
  if (absl::Status status = State(transaction, round, lease); !status.ok()) return status;
  if (lease.want == 0) return absl::OkStatus();
  return GrantMore(transaction, round, lease, grant);
}

absl::Status ExchangeIn(Transaction& transaction, const LeaseRound& round, std::int64_t now_unix_ms,
                        LeaseAnswer& answer) {
  answer = LeaseAnswer{};
  absl::StatusOr<bool> known = TakeRound(transaction, round, now_unix_ms + round.alive_ms);
  if (!known.ok()) return known.status();
  answer.session_known = *known;
  if (!answer.session_known) return absl::OkStatus();
  if (round.earlier_sessions_settled) {
    if (absl::Status status = DropEarlierSessions(transaction, round); !status.ok()) return status;
  }
  answer.grants.resize(round.leases.size());
  for (const std::size_t i : ByBudget(round.leases)) {
    absl::Status status = ExchangeOne(transaction, round, round.leases[i], answer.grants[i]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

std::int64_t GrantOf(std::int64_t left, const LeaseState& lease) {
  if (left <= 0 || left < lease.least) return 0;
  const std::int64_t share = (left + kShareOfRest - 1) / kShareOfRest;
  return std::max(std::min(lease.need, left), std::min(lease.want, share));
}

absl::StatusOr<LeaseAnswer> LeaseLedger::Exchange(const LeaseRound& round) {
  if (absl::Status status = CheckRound(round); !status.ok()) return status;
  const std::int64_t now_unix_ms = clock_.NowUnixMs();
  if (absl::Status status = ForgetSilentSessions(now_unix_ms); !status.ok()) return status;
  LeaseAnswer answer;
  absl::Status status = database_.Transact([&](Transaction& transaction) {
    return ExchangeIn(transaction, round, now_unix_ms, answer);
  });
  if (!status.ok()) return status;
  return answer;
}

absl::StatusOr<std::vector<BudgetStanding>> LeaseLedger::Peek(const std::vector<Budget>& budgets) {
  if (budgets.size() > kLeasesMax) {
    return absl::InvalidArgumentError(StrCat("at most ", kLeasesMax, " budgets are looked at"));
  }
  for (const Budget& budget : budgets) {
    if (absl::Status status = CheckBudget(budget); !status.ok()) return status;
  }
  std::vector<BudgetStanding> standings;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    standings.clear();
    for (const Budget& budget : budgets) {
      absl::StatusOr<std::int64_t> held = ReadHeld(transaction, budget);
      if (!held.ok()) return held.status();
      absl::StatusOr<std::int64_t> spent = ReadSpent(transaction, budget);
      if (!spent.ok()) return spent.status();
      standings.push_back({*spent, *held});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return standings;
}

absl::Status LeaseLedger::ForgetSilentSessions(std::int64_t now_unix_ms) {
  std::int64_t due_unix_ms = next_forget_unix_ms_.load();
  if (now_unix_ms < due_unix_ms) return absl::OkStatus();
  if (!next_forget_unix_ms_.compare_exchange_strong(due_unix_ms, now_unix_ms + kForgetEveryMs)) {
    return absl::OkStatus();
  }
  return database_.Transact([&](Transaction& transaction) {
    absl::StatusOr<Result> silent = transaction.Execute(
        "DELETE FROM usage_lease_sessions WHERE alive_until_unix_ms <= $1 RETURNING session",
        {now_unix_ms - hold_ms_});
    return silent.ok() ? DropLeasesOf(transaction, *silent) : silent.status();
  });
}

absl::Status ChargeLeases(Transaction& transaction, const LeaseCharges& charges) {
  for (const auto& [lease, amount] : charges) {
    const auto& [budget, session] = lease;
    absl::StatusOr<Result> charged = transaction.Execute(
        "UPDATE usage_leases SET used = used + $7 WHERE subject_kind = $1 AND subject_id = $2 "
        "AND period = $3 AND unit = $4 AND window_unix_ms = $5 AND session = $6",
        With(KeyOf(budget), {session, amount}));
    if (!charged.ok()) return charged.status();
  }
  return absl::OkStatus();
}

}  // namespace weir::usage

#include "services/relay/explain_obstacles.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "services/relay/budget_stage.h"
#include "services/relay/budgets/lease_policy.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kBudgetsMax = 1'000;  // that usage is asked about at once

std::string_view SubjectWord(SubjectKind kind) {
  return kind == SubjectKind::kKey ? "key" : SubjectName(kind);
}

v1::ExplainedObstacle& Add(ObstacleFinder::List& out, SubjectKind kind, std::int64_t id,
                           std::string_view limit, std::string_view reason) {
  v1::ExplainedObstacle& obstacle = *out.Add();
  obstacle.set_subject(std::string(SubjectWord(kind)));
  obstacle.set_subject_id(id);
  obstacle.set_limit(std::string(limit));
  obstacle.set_reason(std::string(reason));
  return obstacle;
}

void AddDenial(const SharedPeek& peek, const Denial& denial, ObstacleFinder::List& out) {
  v1::ExplainedObstacle& obstacle =
      Add(out, denial.subject, peek.subject.id, LimitName(denial.limit), reason::kRateLimited);
  obstacle.set_cap(denial.cap);
  // Nobody knows when a place is free, and what is larger than the limit never fits.
  const bool known = denial.limit != LimitKind::kConcurrency && denial.retry_after_ms > 0;
  if (known) obstacle.set_until_unix_ms(UnixMs() + denial.retry_after_ms);
}

std::string_view ReasonOf(BudgetVerdict verdict, const BudgetLine& line,
                          const BudgetStanding* standing) {
  if (verdict == BudgetVerdict::kExceeded) {
    return IsExhausted(line, standing->spent) ? reason::kKeyExhausted : reason::kBudgetExceeded;
  }
  return verdict == BudgetVerdict::kBusy ? reason::kBudgetBusy : reason::kServiceAway;
}

}  // namespace

void ObstacleFinder::AddRates(const RateNeed& need, List& out) {
  for (const LimitedSubject& subject : need.subjects.all()) {
    rates_.push_back({.subject = subject, .tokens = need.tokens});
    rates_out_.push_back(&out);
  }
}

void ObstacleFinder::AddBudgets(const BudgetNeed& need, List& out) {
  for (const BudgetLine& line : need.lines) {
    const bool money = line.key.unit == BudgetUnit::kNanoUsd;
    if (budgets_.size() < kBudgetsMax) budgets_.push_back({line, money ? need.least : 1, &out});
  }
}

void ObstacleFinder::Find(v1::Explanation& answer) {
  FindRates(answer);
  FindBudgets(answer);
}

void ObstacleFinder::FindRates(v1::Explanation& answer) {
  const bool shares = sources_.peek_shared != nullptr;
  std::vector<SharedPeek> shared = rates_;
  const bool asked = shares && sources_.peek_shared(shared);
  answer.set_limits_counted_by(!shares ? "relay" : asked ? "redis" : "redis_away");
  const RedisAwayPolicy policy =
      shares && !asked ? RedisPolicyOf(context_) : RedisAwayPolicy::kLocal;
  if (policy == RedisAwayPolicy::kOpen) return;
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    const SharedPeek& peek = rates_[i];
    // Whom this relay's own memory refuses, Redis is not asked about.
    std::optional<Denial> denial =
        sources_.rates.Peek(peek.subject, peek.tokens, SteadyNs() / kNsPerMs);
    if (!denial.has_value() && asked) denial = shared[i].denial;
    if (denial.has_value()) {
      AddDenial(peek, *denial, *rates_out_[i]);
    } else if (policy == RedisAwayPolicy::kClosed) {
      Add(*rates_out_[i], peek.subject.kind, peek.subject.id, {}, reason::kLimitsUnavailable);
    }
  }
}

void ObstacleFinder::FindBudgets(v1::Explanation& answer) {
  if (budgets_.empty()) return;
  std::vector<BudgetKey> keys;
  for (const BudgetLook& look : budgets_) keys.push_back(look.line.key);
  const absl::StatusOr<std::vector<BudgetStanding>> standings = sources_.peek_budgets(keys);
  answer.set_budgets_not_asked(!standings.ok());
  for (std::size_t i = 0; i < budgets_.size(); ++i) {
    const BudgetLook& look = budgets_[i];
    const BudgetKey& key = look.line.key;
    const BudgetStanding* standing = standings.ok() ? &(*standings)[i] : nullptr;
    const BudgetVerdict verdict =
        VerdictOf(look.least, look.line.cap, sources_.leases.AtHand(key), standing);
    if (verdict == BudgetVerdict::kReserved) continue;
    if (verdict == BudgetVerdict::kAway && ServesWhenAway(context_)) continue;
    v1::ExplainedObstacle& obstacle = Add(*look.out, key.subject, key.subject_id, BudgetName(key),
                                          ReasonOf(verdict, look.line, standing));
    obstacle.set_cap(look.line.cap);
    if (verdict == BudgetVerdict::kExceeded) obstacle.set_until_unix_ms(ResetsAtUnixMs(key));
  }
}

}  // namespace weir::relay

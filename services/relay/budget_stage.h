// Budgets: the stage of the path that reserves before a request runs, and what becomes of the
// reservation. Docs: docs/budgets.md.
#pragma once

#include <cstdint>
#include <memory>

#include "services/relay/accounts/account_selector.h"
#include "services/relay/budgets/budget_hold.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/request_stages.h"

namespace weir::relay {

// The one test that a request without budgets pays for: key, user or group has one.
bool CallerHasBudgets(const RequestContext& context);

// Sets aside the greatest plausible cost of the request, or refuses: a budget is spent, all that is
// left of it is reserved by others, or nobody can say. Waits for a lease when those that are here
// do not suffice. When the client leaves meanwhile nothing is reserved and nothing refused.
Task<Refusal> ReserveBudgets(RelayEnvironment& environment, RequestContext& context,
                             Exchange& exchange, const Selection& selection);

struct Cover {
  bool covered = true;
  Refusal refusal;  // not covered by a budget of the caller's: what to tell it; else the account's
};

// What the attempt on this account needs is reserved: of the account's own budgets, and of the
// caller's, should this account or this fallback be dearer than was thought, or should less be left
// than the request asked for, so that it is told to take less. Not covered: pass the account over.
Task<Cover> CoverAttempt(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                         const Account& account);

// When an account that was passed over may be asked again: what its requests under way give back.
inline constexpr std::int64_t kSpentAccountRestMs = 60'000;

// The test whether CoverAttempt is needed.
inline bool NeedsCover(const RequestContext& context, const Account& account) {
  return context.budget != nullptr ||
         (HasBudgets(account.limits) && context.endpoint->operation == Operation::kGenerate);
}

// The policy for when usage does not answer: true = serve all the same.
bool ServesWhenAway(const RequestContext& context);

// Into the record: whose leases will pay, should this process not live to settle.
void NoteCharge(RequestContext& context);

// Into the record: whose leases pay. `used` false: the request cost nothing and counts nowhere.
void SettleBudgets(RequestContext& context, bool used);

}  // namespace weir::relay

#include "services/relay/budget_stage.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/time.h"

#include "libs/common/money.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/budget_need.h"
#include "services/relay/budgets/await_ticket.h"
#include "services/relay/budgets/request_cost.h"

namespace weir::relay {
namespace {

// How long a request waits for a lease. Usage answers in milliseconds; the rest is for budgets of
// which all that is left is reserved by requests that may end soon.
constexpr std::int64_t kWaitMs = 2'000;
// For the lease of an attempt: another account may serve at once.
constexpr std::int64_t kAttemptWaitMs = 100;

const Limits& LimitsOf(const Caller& caller, SubjectKind kind) {
  if (kind == SubjectKind::kKey) return caller.key->limits;
  return kind == SubjectKind::kUser ? caller.user->limits : caller.group->limits;
}

// "The API key's budget of 1.00 USD per day"
std::string Name(const Caller& caller, const BudgetKey& key) {
  const std::int64_t cap = CapOf(LimitsOf(caller, key.subject), key);
  const std::string amount =
      key.unit == BudgetUnit::kRequests ? StrCat(cap, " requests") : StrCat(FormatUsd(cap), " USD");
  constexpr std::string_view kPeriods[] = {" per day", " per month", " in all"};
  return StrCat("The ", SubjectName(key.subject), "'s budget of ", amount,
                kPeriods[static_cast<std::size_t>(key.period)]);
}

std::string TimeText(std::int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(unix_ms), absl::UTCTimeZone());
}

LocalReply Exceeded(const Caller& caller, const BudgetKey& key) {
  const std::int64_t resets = ResetsAtUnixMs(key);
  LocalReply reply = MakeReply(reason::kBudgetExceeded, Name(caller, key),
                               resets == 0 ? "An administrator can raise it."
                                           : StrCat("It begins anew at ", TimeText(resets), "."));
  reply.limit = BudgetName(key);
  return reply;
}

LocalReply Exhausted(const BudgetKey& key) {
  LocalReply reply = MakeReply(reason::kKeyExhausted);
  reply.limit = BudgetName(key);
  return reply;
}

LocalReply RefusalOf(LeaseDesk& leases, const Caller& caller, BudgetVerdict verdict,
                     const BudgetKey& key) {
  if (verdict == BudgetVerdict::kExceeded) {
    const std::int64_t cap = CapOf(LimitsOf(caller, key.subject), key);
    const std::int64_t spent = cap - leases.Unspent(key).value_or(cap);
    return IsExhausted({key, cap}, spent) ? Exhausted(key) : Exceeded(caller, key);
  }
  if (verdict == BudgetVerdict::kAway) return MakeReply(reason::kServiceAway, Name(caller, key));
  LocalReply reply = MakeReply(reason::kBudgetBusy, Name(caller, key));
  reply.limit = BudgetName(key);
  return reply;
}

std::int64_t InputTokensBoundOf(const RequestContext& context, const Exchange& exchange) {
  return InputTokensBound(context.estimated_input_tokens,
                          static_cast<std::int64_t>(exchange.body().size()),
                          context.non_ascii_bytes);
}

// Reserves, waiting if need be. The ticket's figures are final afterwards.
Task<BudgetVerdict> Reserve(RelayEnvironment& environment, Exchange& exchange,
                            const BudgetLines& lines, std::int64_t full, std::int64_t least,
                            std::int64_t wait_ms, Reservation& reservation, BudgetKey& which) {
  std::shared_ptr<LeaseTicket> ticket;
  BudgetVerdict verdict =
      environment.leases.Reserve(lines, full, least, reservation, which, ticket);
  if (ticket == nullptr) co_return verdict;
  EventLoop& loop = exchange.loop();
  AwaitTicket waiting(loop, environment.leases, ticket, &exchange.stream().watch(),
                      loop.now_ms() + wait_ms);
  co_await waiting;
  which = ticket->which;
  if (ticket->verdict == BudgetVerdict::kReserved) reservation = std::move(ticket->reservation);
  co_return ticket->verdict;
}

}  // namespace

bool ServesWhenAway(const RequestContext& context) {
  return context.snapshot->settings().budgets_when_usage_away ==
         BudgetsWhenUsageAway::kSpendLeasesThenOpen;
}

bool CallerHasBudgets(const RequestContext& context) {
  const Caller& caller = context.caller;
  return context.endpoint->operation == Operation::kGenerate &&
         (HasBudgets(caller.key->limits) || HasBudgets(caller.user->limits) ||
          HasBudgets(caller.group->limits));
}

Task<Refusal> ReserveBudgets(RelayEnvironment& environment, RequestContext& context,
                             Exchange& exchange, const Selection& selection) {
  const Caller& caller = context.caller;
  auto hold = std::make_unique<BudgetHold>();
  hold->input_tokens = InputTokensBoundOf(context, exchange);
  const BudgetNeed need = CallerNeed(context, selection, hold->input_tokens);
  const bool open = ServesWhenAway(context);
  const std::int64_t wait_ms = open && environment.leases.away() ? 0 : kWaitMs;
  BudgetKey which;
  const BudgetVerdict verdict = co_await Reserve(environment, exchange, need.lines, need.full,
                                                 need.least, wait_ms, hold->caller, which);
  if (exchange.gone()) co_return std::nullopt;
  environment.leases.Count(verdict);
  if (verdict == BudgetVerdict::kAway && open) co_return std::nullopt;
  if (verdict != BudgetVerdict::kReserved) {
    co_return RefusalOf(environment.leases, caller, verdict, which);
  }
  context.budget = std::move(hold);
  co_return std::nullopt;
}

namespace {

// A budget that can never pay for so much, as far as is known; null = none.
const Lease* NeverPays(const Reservation& reservation, std::int64_t nano_usd) {
  for (const Lease* lease : reservation) {
    if (!lease->MayHave(Reservation::Amount(*lease, nano_usd))) return lease;
  }
  return nullptr;
}

// More of the caller's money, for a fallback that is dearer than what it was reserved for, or when
// less was left than was asked for. A refusal when not even the least is covered at this price.
Task<Refusal> GrowCaller(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                         const Tariff& tariff, const Ask& ask) {
  BudgetHold& hold = *context.budget;
  const std::int64_t held = hold.caller.nano_usd();
  const std::int64_t full = CostOf(tariff, hold.input_tokens, ask.full_output_tokens);
  const std::int64_t least = CostOf(tariff, hold.input_tokens, ask.least_output_tokens);
  LeaseDesk& leases = environment.leases;
  std::shared_ptr<LeaseTicket> ticket;
  const std::int64_t missing = std::max<std::int64_t>(least - held, 1);
  if (leases.Grow(hold.caller, full - held, missing, ticket)) co_return std::nullopt;
  // Who has the least goes on with what it has, and does not wait a second time.
  if (least > held && NeverPays(hold.caller, least) == nullptr) {
    EventLoop& loop = exchange.loop();
    AwaitTicket waiting(loop, leases, ticket, &exchange.stream().watch(),
                        loop.now_ms() + kAttemptWaitMs);
    co_await waiting;
  } else {
    leases.Abandon(*ticket);
  }
  BudgetVerdict verdict = ticket->verdict;
  const bool grown = verdict == BudgetVerdict::kReserved;
  if (grown) hold.caller.Absorb(std::move(ticket->reservation));
  const std::int64_t paid = tariff.OutputTokensFor(hold.caller.nano_usd(), hold.input_tokens);
  if (grown || paid >= ask.least_output_tokens) {
    if (!context.facts.stream && paid < ask.full_output_tokens) {
      hold.clamped_output_tokens = std::max<std::int64_t>(paid / ask.choices, 1);
    }
    co_return std::nullopt;
  }
  if (verdict == BudgetVerdict::kAway && ServesWhenAway(context)) co_return std::nullopt;
  BudgetKey which = ticket->which;
  if (const Lease* spent = NeverPays(hold.caller, least); spent != nullptr) {
    verdict = BudgetVerdict::kExceeded;
    which = spent->key();
  }
  if (!exchange.gone()) leases.Count(verdict);
  co_return RefusalOf(leases, context.caller, verdict, which);
}

// The account's own budgets: false when they do not pay for the attempt.
Task<bool> CoverAccount(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                        const BudgetNeed& need) {
  BudgetHold& hold = *context.budget;
  BudgetKey which;
  const BudgetVerdict verdict = co_await Reserve(environment, exchange, need.lines, need.full,
                                                 need.least, kAttemptWaitMs, hold.account, which);
  const bool same_session = hold.caller.empty() || hold.account.empty() ||
                            hold.caller.session() == hold.account.session();
  if (verdict == BudgetVerdict::kReserved && same_session) co_return true;
  hold.account.Clear();
  co_return verdict == BudgetVerdict::kAway&& ServesWhenAway(context);
}

}  // namespace

Task<Cover> CoverAttempt(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                         const Account& account) {
  if (context.budget == nullptr) {
    context.budget = std::make_unique<BudgetHold>();
    context.budget->input_tokens = InputTokensBoundOf(context, exchange);
  }
  BudgetHold& hold = *context.budget;
  hold.account.Clear();
  hold.clamped_output_tokens = 0;
  const Ask ask = AskOf(context);
  const Tariff tariff = TariffOf(context, account, hold.input_tokens);
  const std::int64_t full = CostOf(tariff, hold.input_tokens, ask.full_output_tokens);
  Cover cover;
  if (hold.caller.has_money() && hold.caller.nano_usd() < full) {
    cover.refusal = co_await GrowCaller(environment, context, exchange, tariff, ask);
    cover.covered = !cover.refusal.has_value();
  }
  if (!cover.covered || !HasBudgets(account.limits)) co_return cover;
  const BudgetNeed need = AccountNeed(context, account, hold.input_tokens);
  cover.covered = co_await CoverAccount(environment, context, exchange, need);
  co_return cover;
}

void NoteCharge(RequestContext& context) {
  if (context.budget == nullptr) return;
  const BudgetHold& hold = *context.budget;
  if (hold.caller.empty() && hold.account.empty()) return;
  UsageRecord& record = context.record;
  record.lease_session = (hold.caller.empty() ? hold.account : hold.caller).session();
  record.charged_budgets = hold.caller.Mask() | hold.account.Mask();
}

void ForgetCharge(RequestContext& context) {
  context.record.lease_session.clear();
  context.record.charged_budgets = 0;
}

void SettleBudgets(RequestContext& context, bool used) {
  ForgetCharge(context);
  if (context.budget == nullptr) return;
  BudgetHold& hold = *context.budget;
  const UsageRecord& record = context.record;
  if (used) NoteCharge(context);
  hold.caller.Settle(used, record.cost_nano_usd);
  hold.account.Settle(used, record.cost_nano_usd);
  context.budget.reset();
}

}  // namespace weir::relay

#include "services/relay/account_turns.h"

#include <optional>

#include "services/relay/accounts/retry_budget.h"
#include "services/relay/rate_stage.h"
#include "services/relay/route_stage.h"

namespace weir::relay {
const Account* AccountTurns::Next() {
  GiveAccountRoomBack(environment_, context_);
  while (!denied_ && next_ < accounts_.size() && tried_ < AttemptsMax(environment_, context_)) {
    const Account& account = *accounts_[next_++];
    if (!TakeTurn(account)) continue;
    // The budget is asked last; PassOver gives back what an account took that turned out full.
    const bool retry = !context_.record.attempts.empty();
    if (retry && !environment_.retries.Take(environment_.upstream.loop.now_ms())) {
      account.health->Released(context_.ticket, context_.upstream_model);
      GiveAccountRoomBack(environment_, context_);
      LoopCounters::Add(environment_.counters.retries_denied);
      denied_ = true;
      return nullptr;
    }
    if (retry) LoopCounters::Add(environment_.counters.retries);
    if (context_.ticket.probe) LoopCounters::Add(environment_.counters.account_probes);
    ++tried_;
    return &account;
  }
  return nullptr;
}

bool AccountTurns::Again(const Account& account) {
  GiveAccountRoomBack(environment_, context_);
  if (!TakeTurn(account)) return false;
  ++tried_;
  return true;
}

bool AccountTurns::TakeTurn(const Account& account) {
  context_.upstream_model = account.model_mapping.Map(context_.step().model);
  const std::int64_t now_unix_ms = environment_.upstream.loop.now_unix_ms();
  const std::optional<AccountHealth::Ticket> ticket =
      account.health->Begin(context_.upstream_model, now_unix_ms);
  if (!ticket.has_value()) {
    const AccountHealth::Look look = account.health->Check(context_.upstream_model, now_unix_ms);
    free_again_.Note(look.until_unix_ms - now_unix_ms);
    return false;
  }
  context_.ticket = *ticket;
  const std::int64_t full_for_ms = TakeAccountRoom(environment_, context_, account);
  if (full_for_ms == 0) return true;
  account.health->Released(*ticket, context_.upstream_model);
  free_again_.Note(full_for_ms);
  return false;
}

void AccountTurns::PassOver(const Account& account) {
  account.health->Released(context_.ticket, context_.upstream_model);
  if (!context_.record.attempts.empty()) environment_.retries.GiveBack();
  --tried_;
}

}  // namespace weir::relay

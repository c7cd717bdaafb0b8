#include "services/relay/stream_budget.h"

#include <algorithm>
#include <utility>

#include "services/relay/budget_need.h"
#include "services/relay/budget_stage.h"
#include "services/relay/budgets/await_ticket.h"
#include "services/relay/request_price.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kWaitMs = 2'000;
// More is asked for when less than this share of a part is left.
constexpr std::int64_t kLowShare = 4;
// A renewal smaller than this share of a part is of no use.
constexpr std::int64_t kLeastShare = 16;
constexpr std::uint64_t kLookEveryBytesMin = 64;
constexpr int kWaitsMax = 3;

}  // namespace

StreamBudget::StreamBudget(RelayEnvironment& environment, RequestContext& context,
                           bool metered_stream)
    : environment_(environment),
      context_(context),
      tariff_(context.caller.group == nullptr ? kPpmOne
                                              : context.caller.group->price_multiplier_ppm) {
  if (!metered_stream || context.budget == nullptr || !context.budget->caller.has_money()) return;
  price_ = PriceOf(context);
  if (price_ == nullptr) return;
  tariff_.Add(*price_, context.budget->input_tokens);
  active_ = !tariff_.free();
  part_nano_usd_ = std::max<std::int64_t>(tariff_.CostNanoUsd(0, kStreamOutputTokens), 1);
}

StreamBudget::~StreamBudget() {
  if (renewal_ != nullptr) environment_.leases.Abandon(*renewal_);
}

std::int64_t StreamBudget::NeededNanoUsd(const AnswerMeter& meter) const {
  TokenCounts tokens = meter.Tokens(context_.budget->input_tokens);
  if (!meter.output_reported()) {
    tokens.output = std::max(tokens.output, OutputTokensBound(meter.text_bytes()));
  }
  if (!meter.input_reported()) return tariff_.CostNanoUsd(tokens.input, tokens.output);
  return CostNanoUsd(tokens, price_->prices.For(tokens),
                     context_.caller.group->price_multiplier_ppm);
}

bool StreamBudget::Look(const AnswerMeter& meter) {
  TakeRenewal();
  Reservation& reserved = context_.budget->caller;
  const std::int64_t needed = NeededNanoUsd(meter);
  if (meter.input_reported() && !input_seen_) {
    // Its input costs less than it might have: cached, or fewer tokens.
    const std::int64_t spare = reserved.nano_usd() - needed - part_nano_usd_;
    if (spare > 0) reserved.Shrink(spare);
  }
  input_seen_ = meter.input_reported();
  RenewAhead(needed);
  const std::int64_t low = part_nano_usd_ / kLowShare;
  const std::int64_t left = reserved.nano_usd() - needed;
  const std::int64_t until_look = left > low ? left - low : left / 2;
  look_at_bytes_ = meter.text_bytes() +
                   std::max<std::uint64_t>(2 * static_cast<std::uint64_t>(tariff_.OutputTokensFor(
                                                   std::max<std::int64_t>(until_look, 0), 0)),
                                           kLookEveryBytesMin);
  return left >= 0;
}

void StreamBudget::TakeRenewal() {
  if (renewal_ == nullptr || !environment_.leases.Done(*renewal_)) return;
  if (renewal_->verdict == BudgetVerdict::kReserved) {
    context_.budget->caller.Absorb(std::move(renewal_->reservation));
  }
  renewal_.reset();
}

void StreamBudget::RenewAhead(std::int64_t needed) {
  Reservation& reserved = context_.budget->caller;
  if (renewal_ != nullptr || reserved.nano_usd() - needed > part_nano_usd_ / kLowShare) return;
  environment_.leases.Grow(reserved, part_nano_usd_, part_nano_usd_ / kLeastShare, renewal_);
}

Task<bool> StreamBudget::AwaitMore(EventLoop& loop, FdWatch* client, const AnswerMeter& meter) {
  for (int waits = 0; waits < kWaitsMax; ++waits) {
    if (client != nullptr && (client->ready & ready::kHangup) != 0) co_return false;
    const std::int64_t missing = NeededNanoUsd(meter) - context_.budget->caller.nano_usd();
    if (missing <= 0) break;
    // One for all that is missing, in place of a smaller one that may be under way.
    if (renewal_ != nullptr) environment_.leases.Abandon(*renewal_);
    TakeRenewal();
    const bool grown = environment_.leases.Grow(context_.budget->caller, missing + part_nano_usd_,
                                                missing, renewal_);
    if (grown) break;
    AwaitTicket waiting(loop, environment_.leases, renewal_, client, loop.now_ms() + kWaitMs);
    co_await waiting;
    const BudgetVerdict verdict = renewal_->verdict;
    TakeRenewal();
    if (verdict == BudgetVerdict::kReserved) continue;
    if (verdict == BudgetVerdict::kAway && ServesWhenAway(context_)) active_ = false;
    co_return !active_;
  }
  look_at_bytes_ = 0;
  co_return Look(meter);
}

}  // namespace weir::relay

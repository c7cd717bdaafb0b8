#include "services/relay/settle.h"

#include <algorithm>
#include <string>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/price.h"
#include "libs/common/reason.h"
#include "services/relay/budget_stage.h"
#include "services/relay/intent_stage.h"
#include "services/relay/metering/traffic_figures.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/provider_label.h"
#include "services/relay/rate_stage.h"
#include "services/relay/request_price.h"

namespace weir::relay {
namespace {

void PriceRecord(const RequestContext& context, UsageRecord& record) {
  // Also without a price: who rates the request again once there is one needs it.
  record.multiplier_ppm = context.caller.group->price_multiplier_ppm;
  const Price* price = PriceOf(context);
  if (price == nullptr) return;
  const Charge charge = ChargeFor(price->prices, record.tokens, record.multiplier_ppm);
  record.price_id = price->id;
  record.prices = charge.prices;
  record.cost_nano_usd = charge.cost_nano_usd;
  // The ledger refuses such an event, and with it the request would vanish.
  if (charge.cut)
    LogError("a cost beyond all reason was cut", {{"request_id", context.request_id}});
}

// The label of the upstream that answered or was tried last.
std::size_t ProviderLabel(const RequestContext& context) {
  const Account* account = context.record.account_id == 0
                               ? nullptr
                               : context.snapshot->FindAccount(context.record.account_id);
  return account == nullptr ? 0 : ProviderLabelOf(account->platform);
}

// An answer that was passed on ended with the request.
void SetEnd(UsageRecord& record) {
  if (record.attempts.empty()) return;
  AttemptRecord& last = record.attempts.back();
  if (last.action != AttemptAction::kServed && last.action != AttemptAction::kPassedOn) return;
  const std::int64_t end_unix_ms = record.started_at_unix_ms + record.latency_ms;
  last.end_ms = std::max(end_unix_ms - last.started_at_unix_ms, last.duration_ms);
  if (last.action != AttemptAction::kServed || record.complete) return;
  last.action = record.error_class == reason::kClientGone ? AttemptAction::kClientLeft
                                                          : AttemptAction::kBrokeOff;
}

// What a full spool has left is for the answers under way: a refusal that nobody was asked for is
// counted (weir_relay_local_replies_total), and takes none of it.
bool LeftOut(const RelayEnvironment& environment, const RequestContext& context) {
  const UsageRecord& record = context.record;
  return record.status >= 400 && record.attempts.empty() && !environment.spool.CanAccept();
}

}  // namespace

std::int64_t CostSoFar(const RequestContext& context, const AnswerMeter& meter) {
  const Price* price = PriceOf(context);
  if (price == nullptr) return 0;
  const TokenCounts tokens = meter.Tokens(context.estimated_input_tokens);
  return CostNanoUsd(tokens, price->prices.For(tokens), context.caller.group->price_multiplier_ppm);
}

void Settle(RelayEnvironment& environment, RequestContext& context, const AnswerMeter* meter) {
  if (context.settled) return;
  context.settled = true;
  if (context.caller.key == nullptr || context.endpoint == nullptr) return;
  UsageRecord& record = context.record;
  if (meter != nullptr) {
    record.tokens = meter->Tokens(context.estimated_input_tokens);
    record.usage_source = meter->source();
    PriceRecord(context, record);
  }
  SettleBudgets(context, /*used=*/meter != nullptr);
  SettleRates(environment, context, TotalInputTokens(record.tokens) + record.tokens.output);
  record.latency_ms = (SteadyNs() - context.began_ns) / kNsPerMs;
  SetEnd(record);
  environment.traffic.Note(record, ProviderLabel(context));
  if (LeftOut(environment, context)) return context.intent.Clear();
  thread_local std::string bytes;
  EncodeUsageEvent(record, environment.relay_id, bytes);
  if (environment.spool_writer.Append(bytes)) return context.intent.Clear();
  LoopCounters::Add(environment.counters.events_unrecorded);
  // Asked for; the spool itself has told that it is full.
  if (environment.serve_unrecorded) return context.intent.Clear();
  NoteProgress(context, meter);  // its intent stays: the next start may find room for it
  LogError("usage event could not be written: the spool is full",
           {{"request_id", context.request_id}, {"cost_nano_usd", record.cost_nano_usd}});
}

}  // namespace weir::relay

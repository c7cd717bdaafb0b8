#include "services/relay/settle.h"

#include <string>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kCostNanoUsdMax = 1'000'000'000'000'000;  // a million USD

void PriceRecord(const RequestContext& context, UsageRecord& record) {
  const Account* account = context.snapshot->FindAccount(record.account_id);
  if (account == nullptr) return;
  const Price* price = context.snapshot->FindPrice(account->provider, record.served_model,
                                                   record.started_at_unix_ms);
  if (price == nullptr) return;
  const bool tier = price->tier_above_input_tokens > 0 &&
                    TotalInputTokens(record.tokens) > price->tier_above_input_tokens;
  record.price_id = price->id;
  record.prices = tier ? price->tier_prices : price->prices;
  record.multiplier_ppm = context.caller.group->price_multiplier_ppm;
  record.cost_nano_usd = CostNanoUsd(record.tokens, record.prices, record.multiplier_ppm);
  if (record.cost_nano_usd > kCostNanoUsdMax) {
    // The ledger refuses such an event, and with it the request would vanish.
    LogError("a cost beyond all reason was cut",
             {{"request_id", context.request_id}, {"cost_nano_usd", record.cost_nano_usd}});
    record.cost_nano_usd = kCostNanoUsdMax;
  }
}

}  // namespace

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
  record.latency_ms = (SteadyNs() - context.began_ns) / kNsPerMs;
  thread_local std::string bytes;
  EncodeUsageEvent(record, environment.relay_id, bytes);
  if (environment.spool_writer.Append(bytes)) return;
  LoopCounters::Add(environment.counters.events_unrecorded);
  LogError("usage event could not be written: the spool is full",
           {{"request_id", context.request_id}, {"cost_nano_usd", record.cost_nano_usd}});
}

}  // namespace weir::relay

#include "services/relay/intent_stage.h"

#include <string>
#include <string_view>

#include "libs/common/clock.h"
#include "services/relay/budget_stage.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/request_price.h"

namespace weir::relay {
namespace {

// Names that others chose must not keep a request out of its slot; who looks at such a row can do
// with their beginnings. The last attempt is the one under way.
UsageRecord Shortened(const UsageRecord& record) {
  constexpr std::size_t kNameBytesMax = 64;
  UsageRecord short_record = record;
  for (std::string* text : {&short_record.key_name, &short_record.account_name, &short_record.model,
                            &short_record.served_model}) {
    if (text->size() > kNameBytesMax) text->resize(kNameBytesMax);
  }
  short_record.user_agent.clear();
  short_record.attempts.assign({record.attempts.back()});
  std::string_view& model = short_record.attempts.back().served_model;
  model = model.substr(0, kNameBytesMax);
  return short_record;
}

IntentPrice PriceForIntent(const RequestContext& context) {
  const Price* price = PriceOf(context);
  const std::int64_t multiplier_ppm = context.caller.group->price_multiplier_ppm;
  if (price == nullptr) return {.multiplier_ppm = multiplier_ppm};
  return {price->id, multiplier_ppm, price->prices};
}

}  // namespace

void KeepIntent(RelayEnvironment& environment, RequestContext& context) {
  if (context.caller.key == nullptr || context.endpoint == nullptr) return;
  NoteCharge(context);
  const UsageRecord& record = context.record;
  thread_local std::string event;
  EncodeUsageEvent(record, environment.relay_id, event);
  if (event.size() > IntentFile::kEventBytesMax) {
    EncodeUsageEvent(Shortened(record), environment.relay_id, event);
  }
  IntentProgress progress;
  if (context.endpoint->operation == Operation::kGenerate) {
    progress.tokens.input = context.estimated_input_tokens;
    progress.source = static_cast<std::int32_t>(UsageSource::kEstimated);
  }
  environment.intents.Write(context.intent, event, PriceForIntent(context), progress);
}

void NoteProgress(RequestContext& context, const AnswerMeter* meter) {
  if (!context.intent.kept()) return;
  IntentProgress progress;
  progress.status = context.record.status;
  progress.first_token_ms = context.record.first_token_ms;
  progress.latency_ms = (SteadyNs() - context.began_ns) / kNsPerMs;
  if (meter != nullptr) {
    progress.tokens = meter->Tokens(context.estimated_input_tokens);
    progress.source = static_cast<std::int32_t>(meter->source());
  }
  context.intent.Note(progress);
}

}  // namespace weir::relay

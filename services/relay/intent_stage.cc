#include "services/relay/intent_stage.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/common/clock.h"
#include "services/relay/budget_stage.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/request_price.h"

namespace weir::relay {
namespace {

// How much of names that others chose is kept where not all of a record fits its slot. The model
// that serves stays whole: the request is rated again by it.
struct NameLimits {
  std::size_t label_bytes_max;  // of a key, an account
  std::size_t model_bytes_max;  // as asked for
};
constexpr NameLimits kNameLimits[] = {{64, SIZE_MAX}, {16, SIZE_MAX}, {16, 64}};

// Who looks at such a row can do with the beginnings of names. The last attempt is the one under
// way, and its model is the record's.
UsageRecord Shortened(const UsageRecord& record, const NameLimits& limits) {
  const auto cut = [](std::string& text, std::size_t bytes_max) {
    if (text.size() > bytes_max) text.resize(bytes_max);
  };
  UsageRecord short_record = record;
  cut(short_record.key_name, limits.label_bytes_max);
  cut(short_record.account_name, limits.label_bytes_max);
  cut(short_record.model, limits.model_bytes_max);
  short_record.user_agent.clear();
  short_record.attempts.assign({record.attempts.back()});
  short_record.attempts.back().served_model = {};
  return short_record;
}

// Into what a slot holds, as far as that goes; what is too long even so is not kept, and counted.
void EncodeForSlot(const UsageRecord& record, std::string_view relay_id, std::string& event) {
  EncodeUsageEvent(record, relay_id, event);
  for (const NameLimits& limits : kNameLimits) {
    if (event.size() <= IntentFile::kEventBytesMax) return;
    EncodeUsageEvent(Shortened(record, limits), relay_id, event);
  }
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
  EncodeForSlot(record, environment.relay_id, event);
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

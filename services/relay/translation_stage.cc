#include "services/relay/translation_stage.h"

#include <string>
#include <string_view>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/accounts/account_selector.h"
#include "services/relay/gemini_stage.h"
#include "services/relay/providers/target_rules.h"
#include "services/relay/request_price.h"
#include "services/relay/route_stage.h"
#include "services/relay/translate/translation.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kMsPerSecond = 1'000;

Refusal NotTranslatable(const RequestContext& context, Dialect upstream, const absl::Status& why) {
  return MakeReply(Telling::kUntranslatable, reason::kBadParameter, View(why.message()),
                   context.facts.model, DialectName(upstream));
}

// What the account takes of its dialect; of its model's limits the least that is known.
Target TargetOf(const RequestContext& context, const Account& account, Dialect upstream) {
  Target target = TargetRulesFor(account, upstream, context.upstream_model);
  const Price* price = PriceAt(context, account);
  const std::int64_t listed = price == nullptr ? 0 : price->max_output_tokens;
  std::int64_t& most = target.output_tokens_max;
  if (listed > 0 && (most == 0 || listed < most)) most = listed;
  return target;
}

// For a client of context.dialect; of its answer all is known but the family of the account.
std::unique_ptr<Translation> MakeTranslation(const RequestContext& context, Dialect upstream,
                                             const RequestHead& head) {
  auto translation = std::make_unique<Translation>(context.dialect, upstream);
  AnswerContext& answer = translation->context();
  answer.id = context.request_id;
  answer.model = context.facts.model;
  answer.include_usage = context.facts.include_usage;
  answer.as_array = AsksForArray(context, head);
  answer.created_unix_s = context.record.started_at_unix_ms / kMsPerSecond;
  return translation;
}

// The answer of an account that speaks the client's dialect, where it can be told in the other
// form. Several answers in one can not; and an array of Gemini's is a stream that comes as it was
// asked for.
bool ComesInOtherForm(const RequestContext& context, const ResponseHead& upstream) {
  const bool tells = context.endpoint->translates && context.facts.choices.number <= 1;
  if (upstream.status >= 300 || !tells) return false;
  if (upstream.HasType("text/event-stream")) return !context.facts.stream;
  return upstream.HasType("application/json") && context.facts.stream;
}

}  // namespace

std::uint32_t TranslatableDialects(const RequestContext& context) {
  // For counting it is enough to read the request: it is counted here.
  const bool counts = context.endpoint->operation == Operation::kCountTokens;
  if (!context.endpoint->translates && !counts) return 0;
  std::uint32_t dialects = 0;
  for (const DialectWords& to : kDialectWords) {
    if (!CanTranslate(context.dialect, to.dialect)) continue;
    dialects |= 1U << static_cast<unsigned>(to.dialect);
  }
  return dialects;
}

Refusal PrepareTranslation(RequestContext& context, Exchange& exchange, const Account& account) {
  context.translation.reset();
  context.translation_bytes.reset();
  if (SpeaksNatively(account, context.dialect)) return std::nullopt;
  const Dialect upstream = DialectOf(account);
  const std::string_view body = exchange.body();
  // About what it will be; a second copy beside the client's own.
  auto charge = std::make_unique<BufferCharge>(exchange.loop().buffers());
  if (!charge->Set(body.size())) return MakeReply(reason::kOverloadedMemory);
  std::unique_ptr<Translation> translation = MakeTranslation(context, upstream, exchange.head());
  const BodyChanges changes = ChangesFor(context, exchange.head(), account, context.upstream_model);
  const Target target = TargetOf(context, account, upstream);
  const bool stream = context.facts.stream || translation->tells_array();
  const absl::Status status = translation->TranslateRequest(body, changes, stream, target);
  if (!status.ok()) return NotTranslatable(context, upstream, status);
  translation->context().family = account.family;
  context.translation = std::move(translation);
  context.translation_bytes = std::move(charge);
  return std::nullopt;
}

namespace {

// An upstream's refusal is told anew, whatever its dialect.
void TellPlainErrors(RequestContext& context) {
  if (context.translation == nullptr) {
    context.translation = std::make_unique<Translation>(context.dialect, context.dialect);
    context.translation->context().id = context.request_id;
  }
  context.translation->TellPlainErrors();
}

}  // namespace

void BeginTranslatedAnswer(RequestContext& context, const UpstreamCall& call,
                           const RequestHead& head) {
  const ResponseHead& upstream = call.head();
  if (context.plain_errors && upstream.status >= 400) TellPlainErrors(context);
  if (context.translation == nullptr && ComesInOtherForm(context, upstream)) {
    context.translation = MakeTranslation(context, context.dialect, head);
  }
  if (context.translation == nullptr) return;
  const bool stream = upstream.HasType("text/event-stream");
  const auto form = upstream.status >= 300 ? Translation::AnswerForm::kError
                    : stream               ? Translation::AnswerForm::kStream
                                           : Translation::AnswerForm::kWhole;
  const bool wants_stream = context.facts.stream || context.translation->tells_array();
  context.translation->BeginAnswer(form, wants_stream, upstream.status);
}

}  // namespace weir::relay

#include "services/relay/route_stage.h"

#include <algorithm>
#include <string>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/accounts/account_selector.h"
#include "services/relay/dialects/prompt_edit.h"
#include "services/relay/dialects/request_media.h"
#include "services/relay/providers/account_members.h"
#include "services/relay/providers/target_rules.h"
#include "services/relay/providers/upstream_request.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kBytesPerToken = 4;
constexpr std::string_view kBetweenPrompts = "\n\n";

// From the general to the particular; always the same bytes for the same caller, so that a
// conversation's prefix stays what it was.
std::string PromptFor(const RequestContext& context) {
  std::string prompt;
  for (const std::string* part :
       {&context.snapshot->settings().system_prompt, &context.caller.group->system_prompt,
        &context.caller.key->system_prompt}) {
    if (part->empty()) continue;
    if (!prompt.empty()) prompt += kBetweenPrompts;
    prompt += *part;
  }
  return prompt;
}

void ForceStream(RequestContext& context) {
  const ModelRoute* route = context.plan.route;
  if (route == nullptr || route->stream_mode == StreamMode::kAsAsked) return;
  context.forced_stream = route->stream_mode == StreamMode::kOn;
  context.facts.stream = *context.forced_stream;
  context.record.stream = *context.forced_stream;
}

// Under later versions Anthropic refuses any temperature; one that is not known here counts as
// later.
bool TakesTemperature(const RequestContext& context, const RequestHead& head,
                      const Account& account) {
  return context.dialect != Dialect::kAnthropicMessages ||
         !SpeaksNatively(account, context.dialect) ||
         AnthropicVersion(account, head) == kDefaultAnthropicVersion;
}

// OpenAI's own models refuse max_tokens, which most others know alone. Asked only where the relay
// names a limit of its own.
bool NamesCompletionTokens(const RequestContext& context, const Account& account,
                           std::string_view upstream_model) {
  return context.dialect == Dialect::kOpenAiChat &&
         TargetRulesFor(account, context.dialect, upstream_model).completion_tokens;
}

}  // namespace

void PlanRoute(RequestContext& context, std::string_view body) {
  const RequestFacts& facts = context.facts;
  PlanRouteFor(context, [&facts, body] { return HasMedia(facts, body); });
}

void PlanRouteFor(RequestContext& context, absl::FunctionRef<bool()> has_media) {
  const RequestFacts& facts = context.facts;
  context.plan = ResolveRoute(
      *context.snapshot, *context.caller.group,
      {facts.model, context.estimated_input_tokens, facts.thinks, facts.has_tools}, has_media);
  if (facts.messages.size == 0) return;
  // Gemini counts contents alone, and knows no instructions there.
  const bool counts = context.endpoint->operation == Operation::kCountTokens;
  if (counts && context.dialect == Dialect::kGemini) return;
  if (context.endpoint->operation == Operation::kGenerate) ForceStream(context);
  context.system_prompt = PromptFor(context);
  context.estimated_input_tokens +=
      static_cast<std::int64_t>(context.system_prompt.size()) / kBytesPerToken;
}

Refusal CheckPromptPlace(const RequestContext& context, std::string_view body) {
  if (context.system_prompt.empty()) return std::nullopt;
  const std::string_view problem = NoRoomForPrompt(context.dialect, context.facts, body);
  if (problem.empty()) return std::nullopt;
  return MakeReply(reason::kBadParameter, StrCat(problem, "."));
}

TokenBounds AnswerBounds(const RequestContext& context) {
  const ModelRoute* route = context.step().route;
  TokenBounds bounds = route == nullptr ? TokenBounds{} : route->max_tokens;
  const std::int64_t paid = context.budget == nullptr ? 0 : context.budget->clamped_output_tokens;
  if (paid == 0) return bounds;
  for (std::int64_t* bound : {&bounds.min, &bounds.max, &bounds.standard}) {
    if (*bound == 0 && bound != &bounds.max) continue;
    *bound = *bound == 0 ? paid : std::min(*bound, paid);
  }
  return bounds;
}

int AttemptsMax(const RelayEnvironment& environment, const RequestContext& context) {
  const ModelRoute* route = context.step().route;
  const bool own = route != nullptr && route->attempts_max > 0;
  return own ? static_cast<int>(route->attempts_max) : environment.attempts_max;
}

bool NativeOnly(const RequestContext& context, const RouteStep& step) {
  return context.caller.group->native_only || (step.route != nullptr && step.route->native_only);
}

BodyChanges ChangesFor(const RequestContext& context, const RequestHead& head,
                       const Account& account, std::string_view upstream_model) {
  BodyChanges changes;
  changes.upstream_model = upstream_model;
  changes.adds_model = !context.endpoint->behind_model.empty();
  changes.system_prompt = context.system_prompt;
  // Counting tokens knows neither bounds nor streams.
  if (context.endpoint->operation != Operation::kGenerate) return changes;
  changes.ask_for_usage =
      context.endpoint->usage_on_request && !LeavesOut(account, context.dialect, "stream_options");
  changes.stream = context.forced_stream;
  changes.max_tokens = AnswerBounds(context);
  changes.names_completion_tokens =
      changes.max_tokens.Applied(-1) > 0 && NamesCompletionTokens(context, account, upstream_model);
  const ModelRoute* route = context.step().route;
  if (route == nullptr) return changes;
  if (TakesTemperature(context, head, account) &&
      !LeavesOut(account, context.dialect, "temperature")) {
    changes.temperature_milli = route->temperature_default_milli;
  }
  return changes;
}

}  // namespace weir::relay

#include "services/relay/budget_need.h"

#include <algorithm>
#include <string>

#include "services/relay/request_price.h"
#include "services/relay/route_stage.h"

namespace weir::relay {
namespace {

// Towards the end of a budget less than was asked for may be served, but not less than this.
constexpr std::int64_t kOutputTokensMin = 64;
constexpr std::int64_t kOutputTokensDefault = 4'096;
constexpr std::int64_t kChoicesMax = 128;  // what OpenAI allows

std::int64_t OutputTokensDefault(const RequestContext& context) {
  const std::int64_t set = context.snapshot->settings().budget_output_tokens_default;
  return set > 0 ? set : kOutputTokensDefault;
}

// As body_edits will have it.
std::int64_t OutputTokensEach(const RequestContext& context) {
  constexpr std::int64_t kTokensMax = 1'000'000'000;
  const ModelRoute* route = context.step().route;
  const TokenBounds bounds = route == nullptr ? TokenBounds{} : route->max_tokens;
  const std::int64_t tokens = bounds.Applied(context.facts.max_output_tokens());
  return std::min(tokens < 0 ? OutputTokensDefault(context) : tokens, kTokensMax);
}

void AddPriceOf(const RequestContext& context, const Account& account, std::int64_t input_tokens,
                Tariff& tariff) {
  const Price* price = PriceAt(context, account);
  if (price != nullptr) tariff.Add(*price, input_tokens);
}

// The dearest of the accounts that may serve it.
Tariff DearestTariff(const RequestContext& context, const Selection& selection,
                     std::int64_t input_tokens) {
  Tariff tariff(context.caller.group->price_multiplier_ppm);
  const std::string* provider = nullptr;  // whose price is in, for accounts that map no names
  for (const Account* account : selection.accounts) {
    const bool plain = account->model_mapping.entries.empty();
    if (plain && provider != nullptr && *provider == account->provider) continue;
    AddPriceOf(context, *account, input_tokens, tariff);
    if (plain) provider = &account->provider;
  }
  return tariff;
}

}  // namespace

Ask AskOf(const RequestContext& context) {
  Ask ask;
  ask.choices = std::clamp<std::int64_t>(context.facts.choices.number, 1, kChoicesMax);
  const std::int64_t each = OutputTokensEach(context);
  ask.full_output_tokens = each * ask.choices;
  if (context.facts.stream) {
    ask.full_output_tokens = std::min(ask.full_output_tokens, kStreamOutputTokens);
  }
  // Only a conversation can be told to take less.
  const bool modest = context.facts.stream || context.facts.messages.size != 0;
  ask.least_output_tokens = ask.full_output_tokens;
  if (modest) {
    ask.least_output_tokens =
        std::min(ask.full_output_tokens, std::min(each, kOutputTokensMin) * ask.choices);
  }
  return ask;
}

std::int64_t CostOf(const Tariff& tariff, std::int64_t input_tokens, std::int64_t output_tokens) {
  return tariff.free() ? 0 : tariff.CostNanoUsd(input_tokens, output_tokens);
}

Tariff TariffOf(const RequestContext& context, const Account& account, std::int64_t input_tokens) {
  Tariff tariff(context.caller.group->price_multiplier_ppm);
  AddPriceOf(context, account, input_tokens, tariff);
  return tariff;
}

BudgetNeed CallerNeed(const RequestContext& context, const Selection& selection,
                      std::int64_t input_tokens) {
  const Caller& caller = context.caller;
  const std::int64_t at_unix_ms = context.record.started_at_unix_ms;
  BudgetNeed need;
  need.lines.Add(SubjectKind::kKey, caller.key->id, caller.key->limits, at_unix_ms);
  need.lines.Add(SubjectKind::kUser, caller.user->id, caller.user->limits, at_unix_ms);
  need.lines.Add(SubjectKind::kGroup, caller.group->id, caller.group->limits, at_unix_ms);
  const Ask ask = AskOf(context);
  const Tariff tariff = DearestTariff(context, selection, input_tokens);
  need.full = CostOf(tariff, input_tokens, ask.full_output_tokens);
  need.least = CostOf(tariff, input_tokens, ask.least_output_tokens);
  return need;
}

BudgetNeed AccountNeed(const RequestContext& context, const Account& account,
                       std::int64_t input_tokens) {
  BudgetNeed need;
  need.lines.Add(SubjectKind::kAccount, account.id, account.limits,
                 context.record.started_at_unix_ms);
  if (need.lines.empty()) return need;
  need.full = CostOf(TariffOf(context, account, input_tokens), input_tokens,
                     AskOf(context).full_output_tokens);
  need.least = need.full;
  return need;
}

}  // namespace weir::relay

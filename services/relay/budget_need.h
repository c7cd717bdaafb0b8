// What a request needs of its budgets: whose they are, and how much at most and at least. Pure: the
// stage reserves by it, and explain asks by it.
#pragma once

#include <cstdint>

#include "services/relay/accounts/account_selector.h"
#include "services/relay/budgets/budget_key.h"
#include "services/relay/budgets/request_cost.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// A stream reserves so much of its output at a time, and renews as it runs.
inline constexpr std::int64_t kStreamOutputTokens = 4'096;

// How much the model at hand is asked for, and with how little the request can do.
struct Ask {
  std::int64_t full_output_tokens = 0;   // of all choices
  std::int64_t least_output_tokens = 0;  // likewise
  std::int64_t choices = 1;
};

Ask AskOf(const RequestContext& context);

// What it costs at most, nano-USD: of a free model nothing, not even the rounding.
std::int64_t CostOf(const Tariff& tariff, std::int64_t input_tokens, std::int64_t output_tokens);

// What the model at hand costs at this account.
Tariff TariffOf(const RequestContext& context, const Account& account, std::int64_t input_tokens);

struct BudgetNeed {
  BudgetLines lines;
  std::int64_t full = 0;   // nano-USD
  std::int64_t least = 0;  // nano-USD; less is of no use
};

// Of key, user and group, at the dearest price among the accounts that may serve it.
// `input_tokens` bounds what goes in.
BudgetNeed CallerNeed(const RequestContext& context, const Selection& selection,
                      std::int64_t input_tokens);
BudgetNeed AccountNeed(const RequestContext& context, const Account& account,
                       std::int64_t input_tokens);

}  // namespace weir::relay

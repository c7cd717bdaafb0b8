// How hard a model should think, in the words of the protocols and as a budget of tokens. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// kUnset for a word that is not known.
Effort EffortOf(std::string_view word);

// In words that every provider with efforts knows: low, medium, high; `minimal` and `none` where
// that was asked. Empty = leave it to the model.
std::string_view CommonEffortWord(const Thinking& thinking);

// In Anthropic's words, which know more of them; empty = leave it to the model.
std::string_view AnthropicEffortWord(Effort effort);

// Tokens to think with; 0 = none.
std::int64_t BudgetOf(Effort effort);

}  // namespace weir::relay

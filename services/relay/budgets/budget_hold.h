// What a request has reserved, and on what terms.
#pragma once

#include <cstdint>

#include "services/relay/budgets/reservation.h"

namespace weir::relay {

// Tokens are bounds, not estimates; see request_cost.h.
struct BudgetHold {
  Reservation caller;   // of key, user and group
  Reservation account;  // of the account that is being tried or answers
  std::int64_t input_tokens = 0;
  // The limit of output tokens with which the request goes upstream, because no more is paid for;
  // 0 = as it was asked. Of the attempt at hand.
  std::int64_t clamped_output_tokens = 0;
};

}  // namespace weir::relay

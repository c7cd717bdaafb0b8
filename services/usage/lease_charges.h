// From events to what they take out of leases. Pure arithmetic; usage_ledger writes it in the
// transaction that commits the events, so that held becomes spent at once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/usage/budget.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// By budget, then session: the order in which every transaction touches leases, so that no two can
// wait for each other. Amounts in the budget's unit.
using LeaseCharges = std::map<std::pair<Budget, std::string>, std::int64_t>;

// What the events take out of the leases of their sessions, in the windows in which they began.
LeaseCharges ChargesOf(const std::vector<const UsageEvent*>& events);

}  // namespace weir::usage

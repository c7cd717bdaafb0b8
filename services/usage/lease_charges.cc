#include "services/usage/lease_charges.h"

namespace weir::usage {
namespace {

std::int64_t SubjectIdOf(const UsageEvent& event, SubjectKind kind) {
  switch (kind) {
    case SubjectKind::kKey:
      return event.key_id;
    case SubjectKind::kUser:
      return event.user_id;
    case SubjectKind::kGroup:
      return event.group_id;
    case SubjectKind::kAccount:
      return event.account_id;
  }
  return 0;
}

void AddCharges(const UsageEvent& event, LeaseCharges& charges) {
  const BudgetCharge& charge = event.charge;
  const std::int64_t requests = event.used_tokens() ? 1 : 0;
  const struct {
    const std::vector<SubjectKind>& kinds;
    Period period;
    BudgetUnit unit;
    std::int64_t amount;
  } parts[] = {{charge.day_cost, Period::kDay, BudgetUnit::kNanoUsd, event.cost_nano_usd},
               {charge.month_cost, Period::kMonth, BudgetUnit::kNanoUsd, event.cost_nano_usd},
               {charge.total_cost, Period::kTotal, BudgetUnit::kNanoUsd, event.cost_nano_usd},
               {charge.day_requests, Period::kDay, BudgetUnit::kRequests, requests},
               {charge.month_requests, Period::kMonth, BudgetUnit::kRequests, requests},
               {charge.total_requests, Period::kTotal, BudgetUnit::kRequests, requests}};
  for (const auto& [kinds, period, unit, amount] : parts) {
    if (amount == 0) continue;
    const std::int64_t window_unix_ms = WindowOf(period, event.started_at_unix_ms).begin_unix_ms;
    for (const SubjectKind kind : kinds) {
      const Budget budget{{kind, SubjectIdOf(event, kind)}, period, unit, window_unix_ms};
      charges[{budget, charge.session}] += amount;
    }
  }
}

}  // namespace

LeaseCharges ChargesOf(const std::vector<const UsageEvent*>& events) {
  LeaseCharges charges;
  for (const UsageEvent* event : events) {
    if (!event->charge.session.empty()) AddCharges(*event, charges);
  }
  return charges;
}

}  // namespace weir::usage

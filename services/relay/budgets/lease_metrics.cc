#include "services/relay/budgets/lease_metrics.h"

#include "libs/common/metrics.h"
#include "services/relay/budgets/lease_desk.h"

namespace weir::relay {
namespace {

using Kind = Metrics::SampledKind;
using CounterOf = std::atomic<std::int64_t> LeaseCounters::*;

struct LeaseMetric {
  std::string_view name;
  std::string_view help;
  std::string_view reason;  // a label, if there is one
  CounterOf counter;
};

constexpr std::string_view kRefusals = "weir_relay_budget_refusals_total";
constexpr std::string_view kRefusalsHelp =
    "Requests that a budget stopped: spent, reserved by others, or usage away.";

constexpr LeaseMetric kMetrics[] = {
    {"weir_relay_budget_rounds_total", "Rounds of leases with usage.", "", &LeaseCounters::rounds},
    {"weir_relay_budget_round_errors_total", "Rounds that usage did not answer.", "",
     &LeaseCounters::errors},
    {"weir_relay_budget_waits_total", "Requests that waited for a lease.", "",
     &LeaseCounters::waits},
    {kRefusals, kRefusalsHelp, "budget_exceeded", &LeaseCounters::exceeded},
    {kRefusals, kRefusalsHelp, "budget_busy", &LeaseCounters::busy},
    {kRefusals, kRefusalsHelp, "service_away", &LeaseCounters::away},
    {"weir_relay_budget_overdrawn_nano_usd_total",
     "Spent beyond all that was reserved and at hand, over all budgets.", "",
     &LeaseCounters::overdrawn_nano_usd},
};

}  // namespace

void AddLeaseMetrics(const LeaseDesk& desk, Metrics& metrics) {
  for (const LeaseMetric& metric : kMetrics) {
    Labels labels;
    if (!metric.reason.empty()) labels["reason"] = std::string(metric.reason);
    metrics.AddSampled(Kind::kCounter, metric.name, metric.help, labels, [&desk, &metric] {
      return static_cast<double>((desk.counters().*metric.counter).load());
    });
  }
  metrics.AddSampled(Kind::kGauge, "weir_relay_budget_leases", "Budgets that a part is held of.",
                     {}, [&desk] { return static_cast<double>(desk.leases()); });
  metrics.AddSampled(Kind::kGauge, "weir_relay_budget_usage_away",
                     "1 while usage does not answer about leases.", {},
                     [&desk] { return desk.away() ? 1.0 : 0.0; });
}

}  // namespace weir::relay

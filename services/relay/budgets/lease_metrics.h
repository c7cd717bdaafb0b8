// weir_relay_budget_*: names and help texts are in the .cc file alone.
#pragma once

namespace weir {
class Metrics;
}

namespace weir::relay {

class LeaseDesk;

// The desk must live as long as the registry is asked.
void AddLeaseMetrics(const LeaseDesk& desk, Metrics& metrics);

}  // namespace weir::relay

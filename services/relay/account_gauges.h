// How the pool stands, for Prometheus: accounts by standing.
#pragma once

#include "libs/common/metrics.h"
#include "services/relay/snapshot/snapshot_holder.h"

namespace weir::relay {

// weir_relay_accounts{standing}: a closed list of words; counted when Prometheus asks. `snapshots`
// must outlive the registry's last exposition.
void AddAccountGauges(Metrics& metrics, const SnapshotHolder& snapshots);

}  // namespace weir::relay

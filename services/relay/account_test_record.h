// A test of an account as a row of the ledger: what it used, at whose account, and no key.
#pragma once

#include <cstdint>

#include "services/relay/account_test.h"
#include "services/relay/metering/usage_record.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// `snapshot` knows the price. The plan must outlive the record.
UsageRecord RecordOf(const AccountTestPlan& plan, const AccountTestUse& use,
                     const Snapshot& snapshot, std::int64_t started_at_unix_ms,
                     std::int64_t latency_ms);

}  // namespace weir::relay

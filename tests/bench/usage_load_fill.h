// Fills a ledger for reports: the ledger's own code on the database, without gRPC between.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "tests/bench/usage_load_send.h"

namespace weir::bench {

// `writers` threads on PostgreSQL, one on SQLite. The database must have no other user.
absl::StatusOr<SendResult> FillLedger(const EventsPlan& plan, int writers,
                                      const std::string& database_url);

}  // namespace weir::bench

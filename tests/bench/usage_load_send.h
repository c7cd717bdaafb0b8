// Sends events to weir-usage as relays do: batches that are serialized already, some under way at
// once, over a stream a relay.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"
#include "tests/bench/usage_load_events.h"

namespace weir::bench {

struct SendShape {
  std::int64_t streams = 2;         // relays that send at once
  std::int64_t batch_events = 500;  // in each batch; a busy relay's are full, an idle one's are not
};

struct SendResult {
  std::int64_t inserted = 0;  // that were new to the ledger
  double seconds = 0;         // from the first batch sent to the last acknowledged
};

// Makes all batches first: relays have theirs in the spool. Unavailable when a stream ends early.
absl::StatusOr<SendResult> SendEvents(const EventsPlan& plan, const SendShape& shape,
                                      const std::string& target, const GrpcSecurity& security);

}  // namespace weir::bench

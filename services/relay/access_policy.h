// Which requests have a line in the log. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/metering/usage_record.h"

namespace weir::relay {

struct AccessPolicy {
  bool on = false;
  std::int64_t sample_ppm = 0;  // of those that went well and were quick
  std::int64_t slow_ms = 0;     // so long, and it always has one; 0 = however long
};

// By the request's id, so that every relay, and every run of a test, decides alike. What failed,
// was refused or broke off always has a line.
bool HasAccessLine(const AccessPolicy& policy, const UsageRecord& record, std::int64_t took_ms);

}  // namespace weir::relay

#include "services/relay/snapshot/resource_checks.h"

#include "libs/common/resource_rules.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

Timeouts ReadTimeouts(const v1::Timeouts& in, Checks& checks) {
  const Timeouts timeouts{in.connect_ms(), in.first_byte_ms(), in.idle_ms(), in.total_ms()};
  for (const std::int64_t timeout :
       {timeouts.connect_ms, timeouts.first_byte_ms, timeouts.idle_ms, timeouts.total_ms}) {
    checks.Require(CheckTimeoutMs(timeout), "timeouts");
  }
  return timeouts;
}

}  // namespace weir::relay

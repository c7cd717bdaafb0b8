#include "services/relay/access_policy.h"

#include "services/relay/tracing/trace_policy.h"

namespace weir::relay {

bool HasAccessLine(const AccessPolicy& policy, const UsageRecord& record, std::int64_t took_ms) {
  constexpr int kFirstRefusal = 400;
  if (!policy.on) return false;
  if (!record.error_class.empty() || record.status >= kFirstRefusal) return true;
  if (policy.slow_ms != 0 && took_ms >= policy.slow_ms) return true;
  return IsSampled(record.id, policy.sample_ppm);
}

}  // namespace weir::relay

#include "services/relay/disconnect.h"

namespace weir::relay {

DisconnectPolicy DisconnectPolicyFor(const RelaySettings& settings, const ModelRoute* route) {
  DisconnectPolicy policy = settings.on_disconnect;
  if (route == nullptr) return policy;
  if (route->on_disconnect != OnDisconnect::kDefault) {
    policy.drain = route->on_disconnect == OnDisconnect::kDrain;
  }
  if (route->drain_ms_max > 0) policy.ms_max = route->drain_ms_max;
  if (route->drain_nano_usd_max > 0) policy.nano_usd_max = route->drain_nano_usd_max;
  return policy;
}

bool GoesOn(const DisconnectPolicy& policy, std::int64_t resume_window_ms, const Absence& absence) {
  if (absence.resumable && absence.alone_since_ms == 0) return true;
  if (policy.nano_usd_max > 0 && absence.cost_nano_usd >= policy.nano_usd_max) return false;
  const bool awaited =
      absence.resumable && absence.now_ms - absence.alone_since_ms < resume_window_ms;
  const bool drains = policy.drain && absence.now_ms - absence.left_ms < policy.ms_max;
  return awaited || drains;
}

}  // namespace weir::relay

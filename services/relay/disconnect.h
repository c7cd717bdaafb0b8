// What becomes of an answer whose client has left: its upstream is cancelled at once, or it is read
// on alone, within caps of time and money, so that its usage is known and not guessed. No I/O.
#pragma once

#include <cstdint>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// The route's own policy where it has one, else that of the settings. `route` may be null.
DisconnectPolicy DisconnectPolicyFor(const RelaySettings& settings, const ModelRoute* route);

// How things stand. Times are steady ms.
struct Absence {
  std::int64_t now_ms = 0;
  std::int64_t left_ms = 0;  // when the first client left
  bool resumable = false;
  std::int64_t alone_since_ms = 0;  // resumable: since when nobody reads; 0 = somebody does
  std::int64_t cost_nano_usd = 0;   // of the answer so far
};

// Whether an answer without its first client is read on.
bool GoesOn(const DisconnectPolicy& policy, std::int64_t resume_window_ms, const Absence& absence);

}  // namespace weir::relay

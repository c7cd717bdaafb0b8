// The Redis servers of this relay, as it tells admin.
#pragma once

#include "services/relay/relay_metrics.h"
#include "services/relay/snapshot/snapshot.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

struct RedisSetUp {
  bool for_limits = false;
  bool for_answers = false;
};

// Of those that are set up: for limits, and for answers. `policy` is what the settings in force say
// of limits while Redis is away.
void AddRedisFigures(const Workers& workers, RedisSetUp set_up, RedisAwayPolicy policy,
                     v1::RelayFigures& figures);

}  // namespace weir::relay

// How this relay is, as it tells admin.
#pragma once

#include "services/relay/relay_metrics.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

class UsageSpool;

v1::RelayFigures FiguresOf(const Workers& workers, const UsageSpool& spool);

// Of those Redis servers that are configured: for limits, and for answers.
v1::RedisState RedisStateOf(const Workers& workers, bool for_limits, bool for_answers);

}  // namespace weir::relay

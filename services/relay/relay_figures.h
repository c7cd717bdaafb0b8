// How this relay is, as it tells admin.
#pragma once

#include "services/relay/relay_metrics.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

class UsageSpool;

v1::RelayFigures FiguresOf(const Workers& workers, const UsageSpool& spool);

}  // namespace weir::relay

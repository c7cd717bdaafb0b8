// The provider's name in metrics and spans: gen_ai.provider.name.
#pragma once

#include <cstddef>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// The place in kProviderLabels (metering/traffic_figures.h) of accounts of that platform.
std::size_t ProviderLabelOf(Platform platform);

}  // namespace weir::relay

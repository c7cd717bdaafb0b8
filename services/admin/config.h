// The service's settings; names and defaults stand in config.cc.
#pragma once

#include "libs/common/settings.h"

namespace weir::admin {

// weir::Settings, not the policy for relays of the same name in model/types.h.
weir::Settings MakeSettings();

}  // namespace weir::admin

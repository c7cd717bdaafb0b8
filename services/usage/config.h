// The settings of weir-usage.
#pragma once

#include "libs/common/settings.h"

namespace weir::usage {

// The table behind --help, WEIR_USAGE_* and the docs.
Settings MakeSettings();

}  // namespace weir::usage

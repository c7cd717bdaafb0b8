// `weir-admin settings-page`: the settings that are changed while everything runs, as
// docs/settings.md has them.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weir {
class Settings;
}

namespace weir::admin {

// Markdown out of model/setting_table; whatever the process's own settings are.
absl::StatusOr<std::string> RunSettingsPage(const weir::Settings& settings);

}  // namespace weir::admin

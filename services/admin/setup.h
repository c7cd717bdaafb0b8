// A database without an administrator: one out of the environment, or a token for /setup.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/store/store.h"

namespace weir::admin {

absl::StatusOr<bool> HasAdministrator(Store& store);

// The file's password, else the environment's WEIR_ADMIN_SETUP_PASSWORD; empty = neither.
absl::StatusOr<Secret> LoadSetupPassword(const std::string& file);

// Makes the first administrator. OK, and nothing is changed, when there is one already.
// InvalidArgument when name or password break the rules.
absl::Status MakeFirstAdministrator(Store& store, const std::string& username,
                                    const Secret& password);

}  // namespace weir::admin

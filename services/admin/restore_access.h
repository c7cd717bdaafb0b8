// `weir-admin restore-access USERNAME`: the way back in when nobody can log in as administrator any
// more.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// Makes the user an active administrator with a new password and no second factor, ends all their
// log-ins, and writes all of it to the audit log; admin may run meanwhile. The new password.
// NotFound, with the names of administrators that there are, when there is no such user.
absl::StatusOr<Secret> RestoreAccess(Store& store, const std::string& username);

}  // namespace weir::admin

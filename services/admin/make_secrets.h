// `weir-admin make-secrets FOLDER`: the two secrets that services cannot start without, for
// containers, where nobody has a shell to make them.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weir::admin {

// internal.token and master.key, 64 hex digits each, mode 0600, in a folder that exists; one that
// is there stays as it is. The text says which were made.
absl::StatusOr<std::string> MakeSecrets(const std::string& folder);

}  // namespace weir::admin

// `weir-admin make-secrets FOLDER [KEY_FOLDER]`: the two secrets that services cannot start
// without, for containers, where nobody has a shell to make them.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weir::admin {

// internal.token in `folder`, master.key in `key_folder`: 64 hex digits each, mode 0600, in folders
// that exist; one that is there stays as it is. The text says which were made. Two folders where
// relays get the first one: the master key is admin's alone.
absl::StatusOr<std::string> MakeSecrets(const std::string& folder, const std::string& key_folder);

}  // namespace weir::admin

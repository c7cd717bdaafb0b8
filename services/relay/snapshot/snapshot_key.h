// The secret that the snapshot's copy on disk is sealed with where the operator gave none.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::relay {

// 256 random bits in the file `path`, mode 0600, made at the first start and never changed. They
// lie beside what they seal: they keep a copy of the sealed file alone unreadable, not one of the
// whole folder. PermissionDenied when others can read the file, Unavailable when it cannot be made.
absl::StatusOr<Secret> LoadSnapshotKey(const std::string& path);

}  // namespace weir::relay

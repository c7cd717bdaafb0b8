// Whose leases they are, beyond the life of a process.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weir::relay {

// A random name that belongs to the data folder and its spool: made on the first start, read on
// those after it, so that a relay can free what its predecessor held once that one's spool is in.
// Not the relay's own name, which two relays may share by mistake. Errors name the file.
absl::StatusOr<std::string> LoadLeaseHolder(const std::string& data_dir);

}  // namespace weir::relay

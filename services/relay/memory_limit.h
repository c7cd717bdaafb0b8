// How much memory this process may have.
#pragma once

#include <cstdint>
#include <string>

namespace weir::relay {

// Bytes: the smaller of the machine's memory and of the limit that the process's control group (v2,
// or v1) and those above it set. `cgroup_folder` is for tests.
std::int64_t MemoryLimitBytes(const std::string& cgroup_folder = "/sys/fs/cgroup");

}  // namespace weir::relay

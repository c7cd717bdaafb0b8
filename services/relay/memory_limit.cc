#include "services/relay/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string_view>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

// A file with one number; kNone when it is not there or says "max".
std::int64_t NumberIn(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::int64_t number = 0;
  if (!(file >> text) || !ParseInteger(text, number) || number <= 0) return kNone;
  return number;
}

// "0::/system.slice/weir.service" -> "/system.slice/weir.service"; empty when there is none.
std::string OwnGroup() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    constexpr std::string_view kUnified = "0::";
    if (line.starts_with(kUnified)) return line.substr(kUnified.size());
  }
  return {};
}

}  // namespace

std::int64_t MemoryLimitBytes(const std::string& cgroup_folder) {
  std::int64_t limit = ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGE_SIZE);
  limit = std::min(limit, NumberIn(StrCat(cgroup_folder, "/memory/memory.limit_in_bytes")));
  std::string group = OwnGroup();
  for (;;) {
    limit = std::min(limit, NumberIn(StrCat(cgroup_folder, group, "/memory.max")));
    if (group.empty()) return limit;
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
}

}  // namespace weir::relay

#include "services/relay/budgets/lease_holder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "libs/common/ids.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr int kHolderBytes = 16;
constexpr std::size_t kHolderLength = 2 * kHolderBytes;  // as hex

absl::Status Failed(const std::string& path) {
  return absl::UnavailableError(StrCat("cannot write '", path, "': ", std::strerror(errno)));
}

// Whole or not at all, also when the machine stops meanwhile.
absl::Status WriteFile(const std::string& path, const std::string& text) {
  const std::string fresh = StrCat(path, ".new");
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(fresh);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  if (!written || std::rename(fresh.c_str(), path.c_str()) != 0) return Failed(path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> LoadLeaseHolder(const std::string& data_dir) {
  const std::string path = data_dir + "/lease-holder";
  std::string holder;
  std::ifstream(path) >> holder;
  if (holder.size() == kHolderLength) return holder;
  holder = RandomHex(kHolderBytes);
  if (absl::Status status = WriteFile(path, holder + "\n"); !status.ok()) return status;
  return holder;
}

}  // namespace weir::relay

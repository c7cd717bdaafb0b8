#include "services/relay/snapshot/snapshot_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "libs/common/ids.h"
#include "libs/common/settings.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr int kKeyBytes = 32;

absl::Status Failed(const char* what, const std::string& path) {
  return absl::UnavailableError(StrCat("cannot ", what, " '", path, "': ", std::strerror(errno)));
}

// Whole or not at all, also when the machine stops meanwhile: half a key would be another one.
absl::Status MakeKey(const std::string& path) {
  const Secret line(RandomHex(kKeyBytes) + "\n");
  const std::string fresh = StrCat(path, ".new");
  ::unlink(fresh.c_str());  // of a start that was killed, perhaps with another mode
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("make", fresh);
  const std::string& bytes = line.Reveal();
  const bool written =
      ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::fsync(fd) == 0;
  ::close(fd);
  if (!written) return Failed("write", fresh);
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return Failed("make", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Secret> LoadSnapshotKey(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    if (absl::Status made = MakeKey(path); !made.ok()) return made;
  }
  return ReadSecretFile(path);
}

}  // namespace weir::relay

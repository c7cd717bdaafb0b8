#include "services/admin/make_secrets.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kSecretBytes = 32;

std::string RandomLine() {
  std::array<unsigned char, kSecretBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::string line(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(line.data(), line.size(), bytes.data(), bytes.size());
  line.back() = '\n';
  return line;
}

absl::Status Failed(const char* what, const std::string& path) {
  return absl::UnavailableError(StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

// True when it was made. Written under another name first: a file that is there is whole.
absl::StatusOr<bool> MakeOne(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return false;
  // A name of its own each time: what was killed half-way is in nobody's way. In a container all
  // have process id 1.
  const std::string aside = StrCat(path, ".", ::randombytes_random());
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Failed("make", aside);
  const std::string line = RandomLine();
  const bool written =
      ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(file) == 0;
  ::close(file);
  // A link rather than a rename: of two that make it at once, the first one's stays.
  const bool made = written && ::link(aside.c_str(), path.c_str()) == 0;
  const bool others = written && !made && errno == EEXIST;
  const absl::Status failed = made || others ? absl::OkStatus() : Failed("write", path);
  ::unlink(aside.c_str());
  if (!failed.ok()) return failed;
  return made;
}

}  // namespace

absl::StatusOr<std::string> MakeSecrets(const std::string& folder, const std::string& key_folder) {
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot start");
  std::string said;
  const std::array<std::string, 2> paths = {StrCat(folder, "/internal.token"),
                                            StrCat(key_folder, "/master.key")};
  for (const std::string& path : paths) {
    const absl::StatusOr<bool> made = MakeOne(path);
    if (!made.ok()) return made.status();
    StrAppend(said, path, *made ? ": made\n" : ": is there already\n");
  }
  return said;
}

}  // namespace weir::admin

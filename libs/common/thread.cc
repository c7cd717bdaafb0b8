#include "libs/common/thread.h"

#include <pthread.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>

namespace weir {

void NameThread(std::string_view name) {
  constexpr std::size_t kKeptBytes = 15;
  const std::string kept(name.substr(0, kKeptBytes));
  ::pthread_setname_np(::pthread_self(), kept.c_str());
}

void NameBackgroundThread(std::string_view name) {
  NameThread(name);
  // Linux keeps it for each thread: 0 is the calling one, whatever PRIO_PROCESS says.
  constexpr int kNicer = 5;
  errno = 0;
  const int nice = ::getpriority(PRIO_PROCESS, 0);
  if (errno == 0) ::setpriority(PRIO_PROCESS, 0, nice + kNicer);
}

}  // namespace weir

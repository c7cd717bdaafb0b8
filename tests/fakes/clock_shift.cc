// Loaded into a service by LD_PRELOAD: its wall clock is ahead by what a file says, so that a test
// can have a real service cross midnight when it wants to. The steady clock is left alone.
//
// WEIR_TEST_CLOCK_FILE names a file of 8 bytes, seconds as a native integer; it may change at any
// moment. Without it nothing is shifted.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile std::int64_t* MapShift() {
  const char* const path = std::getenv("WEIR_TEST_CLOCK_FILE");
  if (path == nullptr) return nullptr;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* const page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return page == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(page);
}

std::int64_t ShiftSeconds() {
  static const volatile std::int64_t* const shift = MapShift();
  return shift == nullptr ? 0 : *shift;
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static int (*const next)(clockid_t, timespec*) = Next<int(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, now);
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && wall) now->tv_sec += ShiftSeconds();
  return result;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  static int (*const next)(timeval*, void*) = Next<int(timeval*, void*)>("gettimeofday");
  const int result = next(now, zone);
  if (result == 0) now->tv_sec += ShiftSeconds();
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}

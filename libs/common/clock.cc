#include "libs/common/clock.h"

#include <chrono>

namespace weir {
namespace {

class RealClock final : public Clock {
 public:
  std::int64_t NowUnixMs() const override { return UnixMs(); }
};

}  // namespace

std::int64_t UnixMs() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::int64_t SteadyNs() {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  return duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace weir

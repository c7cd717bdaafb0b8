// Lines about requests on their way to standard error. A loop must not wait for whoever reads that,
// so a thread of its own writes them: they come up to a tenth of a second late.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace prometheus {
class Counter;
}
namespace weir {
class Metrics;
}

namespace weir::relay {

class AccessLog {
 public:
  // `metrics` must outlive it.
  explicit AccessLog(Metrics& metrics, std::size_t bytes_max = 4 << 20);
  ~AccessLog();  // stops
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Owns one thread from here to Stop(), which writes what is left.
  void Start();
  void Stop();

  // From any thread. `line` with its end; without room for it, it is dropped and counted.
  void Add(std::string_view line);

 private:
  void Run();

  const std::size_t bytes_max_;
  prometheus::Counter& dropped_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::string lines_;      // by mutex_
  bool stopping_ = false;  // by mutex_
  std::thread thread_;
};

}  // namespace weir::relay

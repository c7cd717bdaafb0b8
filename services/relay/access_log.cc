#include "services/relay/access_log.h"

#include <chrono>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/thread.h"

namespace weir::relay {
namespace {

constexpr std::size_t kWriteBytes = 64 << 10;  // so many are not waited with
constexpr std::chrono::milliseconds kWriteEvery(100);

}  // namespace

AccessLog::AccessLog(Metrics& metrics, std::size_t bytes_max)
    : bytes_max_(bytes_max),
      dropped_(metrics.AddCounter("weir_relay_access_lines_dropped_total",
                                  "Lines about requests that found no room: whoever reads the log "
                                  "is too slow.")) {}

AccessLog::~AccessLog() { Stop(); }

void AccessLog::Start() {
  thread_ = std::thread([this] {
    NameBackgroundThread("access log");
    Run();
  });
}

void AccessLog::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AccessLog::Add(std::string_view line) {
  bool is_much = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.size() + line.size() > bytes_max_) return Metrics::Increment(dropped_);
    is_much = lines_.size() < kWriteBytes && lines_.size() + line.size() >= kWriteBytes;
    lines_ += line;
  }
  if (is_much) wakes_.notify_one();
}

void AccessLog::Run() {
  std::string writing;
  bool stopping = false;
  while (!stopping) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wakes_.wait_for(lock, kWriteEvery,
                      [this] { return stopping_ || lines_.size() >= kWriteBytes; });
      stopping = stopping_;
      writing.clear();
      std::swap(writing, lines_);
    }
    WriteLog(writing);
  }
}

}  // namespace weir::relay

// What the fake was sent, for tests to look at: the last requests in memory, all of them in a file.
#ifndef WEIR_TESTS_FAKES_RECORDER_H_
#define WEIR_TESTS_FAKES_RECORDER_H_

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/fakes/http_request.h"

namespace weir::fakes {

enum class Outcome { kOpen, kComplete, kCut, kClientGone };

struct Exchange {
  std::uint64_t seq = 0;
  double at_seconds = 0;  // since the epoch
  HttpRequest request;
  std::string scenario;
  int status = 0;  // 0: nothing that is HTTP was sent
  std::uint64_t bytes_sent = 0;
  Outcome outcome = Outcome::kOpen;
};

// Thread-safe.
class Recorder {
 public:
  // With `keep_requests` false only the counts are kept (a benchmark's bodies would cost memory).
  // `path` empty: no file. Throws std::runtime_error when the file cannot be opened.
  Recorder(const std::string& path, bool keep_requests);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Takes the request out of `request`. The result is nullptr when requests are not kept.
  std::shared_ptr<Exchange> Begin(std::uint64_t seq, HttpRequest&& request, std::string scenario);
  void Finish(const std::shared_ptr<Exchange>& exchange, int status, std::uint64_t bytes_sent,
              Outcome outcome);

  void ConnectionOpened() {
    ++connections_open_;
    ++connections_total_;
  }
  void ConnectionClosed() { --connections_open_; }

  std::string RequestsJson() const;
  std::string StatsJson() const;
  void Reset();

 private:
  const bool keep_requests_;
  std::FILE* file_ = nullptr;
  std::atomic<std::int64_t> connections_open_ = 0;
  std::atomic<std::int64_t> connections_total_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Exchange>> recent_;
  std::map<std::string, std::int64_t> by_path_;
  std::map<int, std::int64_t> by_status_;
  std::map<Outcome, std::int64_t> by_outcome_;
};

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_RECORDER_H_

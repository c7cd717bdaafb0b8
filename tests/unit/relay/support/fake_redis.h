// A server that speaks Redis's protocol and answers what a test tells it to; a thread of its own.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/relay/support/sockets.h"

namespace weir::relay::testing {

class FakeRedis {
 public:
  using Words = std::vector<std::string>;
  // The bytes of the answer; empty = none, kHangUp = the connection is closed.
  using Handler = std::function<std::string(const Words&)>;
  static constexpr const char* kHangUp = "hang up";

  explicit FakeRedis(Handler handler);
  ~FakeRedis();

  int port() const { return listening_.port; }
  void SetHandler(Handler handler);
  // All commands so far.
  std::vector<Words> commands();
  // Those that call this script, by its hash or its text.
  std::vector<Words> CallsOf(std::string_view sha1, std::string_view text);

 private:
  void Serve();
  void ServeConnection(int fd);

  Listening listening_;
  std::mutex mutex_;
  Handler handler_;              // by mutex_
  std::vector<Words> commands_;  // by mutex_
  bool stopping_ = false;        // by mutex_
  std::thread thread_;
};

}  // namespace weir::relay::testing

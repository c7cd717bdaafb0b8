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
  // What INFO is answered with, one of the things that a handler may give. It is none of the
  // handler's and of the commands; a Redis that refuses it until it is said.
  void SetInfo(std::string answer);
  // All commands so far.
  std::vector<Words> commands();
  // Those that call this script, by its hash or its text.
  std::vector<Words> CallsOf(std::string_view sha1, std::string_view text);

 private:
  void Serve();
  void ServeConnection(int fd);
  std::string Answer(const Words& words);

  Listening listening_;
  std::mutex mutex_;
  Handler handler_;                                                // by mutex_
  std::string info_ = "-NOPERM this user has no permissions\r\n";  // by mutex_
  std::vector<Words> commands_;                                    // by mutex_
  bool stopping_ = false;                                          // by mutex_
  std::thread thread_;
};

}  // namespace weir::relay::testing

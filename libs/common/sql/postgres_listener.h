// PostgreSQL's NOTIFY, heard on a connection of its own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace weir::sql {

class PostgresListener {
 public:
  // `heard` is called on the listener's thread after each notification of `channel` (an
  // identifier), and whenever the connection is there again, as what was sent meanwhile is lost. It
  // must be quick.
  PostgresListener(std::string url, std::string channel, std::function<void()> heard);
  // Waits until `heard` has returned.
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

  // False while there is no connection: then nothing is heard, and somebody else must look.
  bool listening() const { return listening_; }

 private:
  void Run();
  // Returns when the connection is lost (as an exception of libpqxx) or at the end.
  void Listen();
  // Until `fd` has something to read, the end has come, or `timeout_ms` (-1: none) has passed.
  void WaitFor(int fd, int timeout_ms) const;

  const std::string url_;
  const std::string channel_;
  const std::function<void()> heard_;
  const int stop_fd_;  // readable once it is over
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> listening_ = false;
  std::thread thread_;
};

}  // namespace weir::sql

// Sockets for tests: connected pairs, and blocking help for the far end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace weir::relay::testing {

// Owns one descriptor.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { Close(); }

  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  void Close();

  // All of it; aborts the test binary on failure other than a peer that is gone.
  void Send(std::string_view data) const;
  // What is there now, without waiting.
  std::string TakeAll() const;
  // Waits until that many bytes, the end, or five seconds have come.
  std::string Receive(std::size_t bytes) const;

 private:
  int fd_;
};

// Two connected stream sockets: the first non-blocking, for a Stream; the second for the test.
std::pair<Socket, Socket> SocketPair();

// A listening socket on a free port of `address`; `backlog` as for listen.
struct Listening {
  Socket socket;
  int port = 0;
};
Listening ListenOn(const std::string& address, int port = 0, int backlog = 16);

// Connections that fill the queue of a listener nobody accepts from, so that further ones hang.
class FullBacklog {
 public:
  explicit FullBacklog(const std::string& address, int port = 0);
  int port() const { return listening_.port; }

 private:
  Listening listening_;
  Socket fillers_[4];
};

}  // namespace weir::relay::testing

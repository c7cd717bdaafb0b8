// Host names to addresses without blocking a loop.
#pragma once

#include <sys/socket.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::relay {

class EventLoop;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// Shared by all loops. getaddrinfo runs on a thread of its own, so the system's resolver rules
// hold; answers are kept for 30 s, failures for 1 s. Thread-safe.
class Resolver {
 public:
  using Addresses = std::vector<SocketAddress>;  // empty = could not be resolved

  Resolver();
  ~Resolver();

  // An address literal or a name still in the cache: answered at once, true.
  bool Cached(const std::string& host, int port, Addresses& addresses);

  // `done` is posted to `loop`, which must outlive the resolver's work.
  void Resolve(EventLoop& loop, const std::string& host, int port,
               std::function<void(Addresses)> done);

 private:
  struct Job {
    EventLoop* loop;
    std::string host;
    int port;
    std::function<void(Addresses)> done;
  };
  struct Entry {
    Addresses addresses;
    std::int64_t valid_until_ms;  // steady
  };

  void Work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;                // by mutex_
  std::map<std::string, Entry> cache_;  // "host:port"; by mutex_
  bool stopping_ = false;               // by mutex_
  std::thread thread_;
};

}  // namespace weir::relay

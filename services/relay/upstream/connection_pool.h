// Idle upstream connections of one loop, kept warm and watched: one that the upstream closes leaves
// the pool at once, so that no request is sent into it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/relay/net/event_loop.h"
#include "services/relay/net/stream.h"

namespace weir::relay {

class ConnectionPool {
 public:
  // `idle_ms` should be below the upstreams' own limit. The loop must outlive the pool.
  ConnectionPool(EventLoop& loop, std::int64_t idle_ms, std::size_t idle_per_key_max);
  ~ConnectionPool();

  // The one used last, since it is the likeliest to live; null when there is none.
  std::unique_ptr<Stream> Take(const std::string& key);
  // `key` tells what may share a connection (scheme, host, port).
  void Give(const std::string& key, std::unique_ptr<Stream> stream);

  std::size_t idle() const { return idle_; }

 private:
  class Idle;
  using List = std::vector<std::unique_ptr<Idle>>;

  void Remove(Idle& idle);

  EventLoop& loop_;
  std::int64_t idle_ms_;
  std::size_t idle_per_key_max_;
  std::size_t idle_ = 0;
  std::unordered_map<std::string, List> lists_;
};

}  // namespace weir::relay

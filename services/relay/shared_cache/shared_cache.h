// The answers of cache/response_cache for all relays together, in Redis: then nothing is kept in
// this process. One loop's; on the loop's thread, but for its making and its end.
//
// Nobody depends on it: an answer that is not there in time is a miss, one that cannot be written
// is not kept. It has a connection and a breaker of its own (redis/redis_link), so that a large
// answer on its way holds up nobody's limits. What is read and written is bounded in bytes and
// charged to the loop's buffers.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/cache/response_cache.h"
#include "services/relay/redis/redis_link.h"

namespace weir::relay {

struct SharedCacheOptions {
  RedisOptions redis;
  std::size_t answer_bytes_max = 0;  // of a body; a larger one is not kept
};

class SharedCacheLookup;

class SharedCache final : private RedisLink::User {
 public:
  // Answers on their way to Redis, of one loop; what comes beyond is not kept.
  static constexpr std::size_t kUnderWayBytesMax = 8 * 1024 * 1024;

  // `options` null: there is no Redis for answers. `prefix` begins all keys. All must outlive it.
  SharedCache(EventLoop& loop, Resolver& resolver, const SharedCacheOptions* options,
              std::string_view prefix, RedisCounters& counters);
  ~SharedCache() override;

  // On the loop, once.
  void Start();

  bool configured() const { return link_ != nullptr; }
  bool up() const { return link_ != nullptr && link_->up(); }

  // Nobody waits for it. Takes the place of what is there.
  void Store(const CacheKey& key, const CachedAnswer& answer, std::int64_t ttl_ms);

 private:
  friend class SharedCacheLookup;
  class LookupSink;
  class StoreSink;

  std::string_view AwayText() const override { return "no answer is cached meanwhile"; }
  std::vector<const RedisScript*> Scripts() const override { return {}; }
  RedisLink::Call FirstBeat() override;
  RedisLink::Call NextBeat() override;
  bool OnBeat(std::span<const std::int64_t> /*numbers*/) override { return true; }
  void OnUp() override {}

  std::string NameOf(const CacheKey& key) const;
  std::size_t text_bytes_max() const;

  EventLoop& loop_;
  const SharedCacheOptions* options_;
  std::string prefix_;
  RedisCounters& counters_;
  std::size_t under_way_bytes_ = 0;
  std::unique_ptr<RedisLink> link_;
};

// SharedCacheLookup lookup(cache, key);
// std::shared_ptr<const CachedAnswer> answer = co_await lookup;
// Null when there is none, or none in time: waits for at most reply_timeout_ms and one turn of the
// timer wheel, and not at all when Redis is known to be away. The answer belongs to this loop.
class [[nodiscard]] SharedCacheLookup final : public Waiter {
 public:
  SharedCacheLookup(SharedCache& cache, const CacheKey& key);
  ~SharedCacheLookup();
  SharedCacheLookup(const SharedCacheLookup&) = delete;
  SharedCacheLookup& operator=(const SharedCacheLookup&) = delete;

  bool await_ready() const { return done_; }
  void await_suspend(std::coroutine_handle<> caller);
  std::shared_ptr<const CachedAnswer> await_resume();

  void Wake(bool timed_out) override;

 private:
  friend class SharedCache::LookupSink;

  SharedCache& cache_;
  SharedCache::LookupSink* sink_ = nullptr;  // while it is under way
  std::shared_ptr<const CachedAnswer> answer_;
  std::int64_t began_ns_;
  bool done_ = false;
  bool away_ = false;
  bool timed_out_ = false;
  bool waiting_ = false;
  std::coroutine_handle<> caller_;
};

}  // namespace weir::relay

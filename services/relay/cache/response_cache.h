// Answers kept for requests that come again, exactly the same. One for the process, shared by all
// loops: shards with a mutex each, held for a look-up and never while bytes are copied or freed.
//
// Bounded in bytes; the least recently used answers of a shard make room. Thread-safe. No I/O.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::relay {

// SHA-256 of all that decides an answer; see cache_key.h.
using CacheKey = std::array<unsigned char, 32>;

// An answer as it went to the client, whole and without errors. Immutable once it is kept.
struct CachedAnswer {
  bool is_stream = false;
  std::string head_fields;  // the provider's header lines that pass to a client, without its ids
  std::string body;         // without framing
  // Where it came from: it is given out only while this account would give the same model.
  std::int64_t account_id = 0;
  std::uint64_t account_face = 0;  // a hash of what of its settings could make it answer otherwise
  std::string account_model;       // what the account was asked for, before its own mapping
  std::string served_model;

  std::size_t bytes() const;
};

// Read by /metrics.
struct CacheCounters {
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> misses{0};
  std::atomic<std::uint64_t> evictions{0};
};

class ResponseCache {
 public:
  // `bytes_max` 0: nothing is ever kept. No answer above `answer_bytes_max`, nor above 1/64 of all.
  explicit ResponseCache(std::size_t bytes_max,
                         std::size_t answer_bytes_max = std::numeric_limits<std::size_t>::max());

  bool enabled() const { return shard_bytes_max_ > 0; }
  // A larger answer is not kept.
  std::size_t answer_bytes_max() const { return answer_bytes_max_; }

  // Null when there is none, or it is older than it may be.
  std::shared_ptr<const CachedAnswer> Find(const CacheKey& key, std::int64_t now_unix_ms);
  // Replaces what stands there.
  void Insert(const CacheKey& key, std::shared_ptr<const CachedAnswer> answer,
              std::int64_t expires_at_unix_ms);
  void Erase(const CacheKey& key);

  std::size_t bytes() const;
  std::size_t answers() const;
  CacheCounters& counters() { return counters_; }

  // Answers on their way into the cache are memory too: at most a quarter of `bytes_max` for all of
  // them. False: no room, give this one up. Pair each with Release.
  bool Reserve(std::size_t bytes);
  void Release(std::size_t bytes);

 private:
  struct KeyHash {
    std::size_t operator()(const CacheKey& key) const {
      std::size_t hash = 0;
      std::memcpy(&hash, key.data() + 1,
                  sizeof(hash));  // it is a hash already; byte 0 is the shard
      return hash;
    }
  };
  struct Entry {
    CacheKey key;
    std::shared_ptr<const CachedAnswer> answer;
    std::int64_t expires_at_unix_ms;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;  // the most recently used first
    std::unordered_map<CacheKey, std::list<Entry>::iterator, KeyHash> by_key;
    std::size_t bytes = 0;
  };

  static constexpr std::size_t kShards = 16;

  Shard& ShardOf(const CacheKey& key) { return shards_[key[0] % kShards]; }
  // Moves the entry out to `removed`, so that its memory is freed without the lock.
  static void Remove(Shard& shard, std::list<Entry>::iterator entry, std::list<Entry>& removed);

  std::size_t shard_bytes_max_;
  std::size_t answer_bytes_max_;
  std::atomic<std::size_t> reserved_bytes_{0};
  CacheCounters counters_;
  std::array<Shard, kShards> shards_;
};

// The bytes of an answer while it passes, until it is known to be worth keeping. Gives itself up
// when it grows too large. On one loop.
class AnswerCapture {
 public:
  explicit AnswerCapture(ResponseCache& cache) : cache_(cache) {}
  ~AnswerCapture() { cache_.Release(reserved_bytes_); }
  AnswerCapture(const AnswerCapture&) = delete;
  AnswerCapture& operator=(const AnswerCapture&) = delete;

  void Append(std::string_view bytes);
  bool given_up() const { return given_up_; }
  std::string Take();

 private:
  void GiveUp();

  ResponseCache& cache_;
  std::string body_;
  std::size_t reserved_bytes_ = 0;
  bool given_up_ = false;
};

}  // namespace weir::relay

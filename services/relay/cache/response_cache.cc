#include "services/relay/cache/response_cache.h"

#include <algorithm>
#include <utility>

namespace weir::relay {
namespace {

// Of an entry beside its texts: the object, its nodes in list and map, what the allocator adds.
constexpr std::size_t kEntryBytes = 512;
constexpr std::size_t kReserveStepBytes = 16 * 1024;

}  // namespace

std::size_t CachedAnswer::bytes() const {
  return kEntryBytes + head_fields.capacity() + body.capacity() + account_model.capacity() +
         served_model.capacity();
}

ResponseCache::ResponseCache(std::size_t bytes_max, std::size_t answer_bytes_max)
    : shard_bytes_max_(bytes_max / kShards),
      answer_bytes_max_(std::min(shard_bytes_max_ / 4, answer_bytes_max)) {}

std::shared_ptr<const CachedAnswer> ResponseCache::Find(const CacheKey& key,
                                                        std::int64_t now_unix_ms) {
  Shard& shard = ShardOf(key);
  std::list<Entry> removed;
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return nullptr;
  if (found->second->expires_at_unix_ms <= now_unix_ms) {
    Remove(shard, found->second, removed);
    return nullptr;
  }
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  return found->second->answer;
}

void ResponseCache::Insert(const CacheKey& key, std::shared_ptr<const CachedAnswer> answer,
                           std::int64_t expires_at_unix_ms) {
  const std::size_t bytes = answer->bytes();
  if (bytes > answer_bytes_max()) return;
  std::list<Entry> removed;  // freed behind the lock, which is below it
  std::list<Entry> added;
  added.push_back({key, std::move(answer), expires_at_unix_ms});
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.by_key.find(key); found != shard.by_key.end()) {
    Remove(shard, found->second, removed);
  }
  while (shard.bytes + bytes > shard_bytes_max_ && !shard.entries.empty()) {
    Remove(shard, std::prev(shard.entries.end()), removed);
    counters_.evictions.fetch_add(1, std::memory_order_relaxed);
  }
  shard.entries.splice(shard.entries.begin(), added);
  shard.by_key[key] = shard.entries.begin();
  shard.bytes += bytes;
}

void ResponseCache::Erase(const CacheKey& key) {
  Shard& shard = ShardOf(key);
  std::list<Entry> removed;
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.by_key.find(key); found != shard.by_key.end()) {
    Remove(shard, found->second, removed);
  }
}

void ResponseCache::Remove(Shard& shard, std::list<Entry>::iterator entry,
                           std::list<Entry>& removed) {
  shard.bytes -= entry->answer->bytes();
  shard.by_key.erase(entry->key);
  removed.splice(removed.begin(), shard.entries, entry);
}

std::size_t ResponseCache::bytes() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.bytes;
  }
  return sum;
}

std::size_t ResponseCache::answers() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.entries.size();
  }
  return sum;
}

bool ResponseCache::Reserve(std::size_t bytes) {
  const std::size_t cap = shard_bytes_max_ * kShards / 4;
  const std::size_t before = reserved_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= cap) return true;
  reserved_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void ResponseCache::Release(std::size_t bytes) {
  reserved_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void AnswerCapture::Append(std::string_view bytes) {
  if (given_up_ || bytes.empty()) return;
  const std::size_t needed = body_.size() + bytes.size();
  if (needed > cache_.answer_bytes_max()) return GiveUp();
  if (needed > reserved_bytes_) {
    const std::size_t more = std::max(needed - reserved_bytes_, kReserveStepBytes);
    if (!cache_.Reserve(more)) return GiveUp();
    reserved_bytes_ += more;
  }
  body_.append(bytes);
}

std::string AnswerCapture::Take() {
  body_.shrink_to_fit();
  return std::move(body_);
}

void AnswerCapture::GiveUp() {
  given_up_ = true;
  std::string().swap(body_);
  cache_.Release(std::exchange(reserved_bytes_, 0));
}

}  // namespace weir::relay

#include "services/relay/shared_cache/shared_cache.h"

#include <optional>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/cache/answer_text.h"

namespace weir::relay {
namespace {

// Of an answer's text: the names of its models, its content type.
constexpr std::size_t kBesideBodyBytesMax = 2'048;

void Add(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// An answer with the memory that it is charged for.
struct HeldAnswer {
  HeldAnswer(LoopBuffers& buffers, CachedAnswer read) : charge(buffers), answer(std::move(read)) {}

  BufferCharge charge;
  CachedAnswer answer;
};

std::shared_ptr<const CachedAnswer> Hold(LoopBuffers& buffers, std::string_view text) {
  std::optional<CachedAnswer> read = ReadAnswer(text);
  if (!read.has_value()) return nullptr;
  auto held = std::make_shared<HeldAnswer>(buffers, *std::move(read));
  if (!held->charge.Set(held->answer.bytes())) return nullptr;
  return {held, &held->answer};
}

}  // namespace

// Takes the answer, also one that comes when nobody waits any more.
class SharedCache::LookupSink final : public RedisLink::Sink {
 public:
  LookupSink(SharedCache& cache, SharedCacheLookup& waiting) : cache_(cache), waiting_(&waiting) {}
  LookupSink(const LookupSink&) = delete;
  LookupSink& operator=(const LookupSink&) = delete;
  ~LookupSink() override {
    if (waiting_ != nullptr) waiting_->sink_ = nullptr;
  }

  void StopWaiting() { waiting_ = nullptr; }

  void OnAnswer(bool ok, std::span<const std::int64_t> /*numbers*/) override {
    if (waiting_ == nullptr) return;
    waiting_->away_ = !ok;
    Tell();
  }
  // An empty text: there is none.
  void OnText(std::string_view text) override {
    if (waiting_ == nullptr) return;
    if (!text.empty()) waiting_->answer_ = Hold(cache_.loop_.buffers(), text);
    Tell();
  }

 private:
  void Tell() {
    waiting_->done_ = true;
    if (waiting_->waiting_) cache_.link_->WakeSoon(*waiting_);
  }

  SharedCache& cache_;
  SharedCacheLookup* waiting_;  // null: nobody any more
};

// Counts what is under way, until Redis has it or the connection is gone.
class SharedCache::StoreSink final : public RedisLink::Sink {
 public:
  StoreSink(SharedCache& cache, std::size_t bytes)
      : cache_(cache), bytes_(bytes), charge_(cache.loop_.buffers()) {
    cache_.under_way_bytes_ += bytes_;
  }
  ~StoreSink() override { cache_.under_way_bytes_ -= bytes_; }
  StoreSink(const StoreSink&) = delete;
  StoreSink& operator=(const StoreSink&) = delete;

  bool Charge() { return charge_.Set(bytes_); }
  void OnAnswer(bool /*ok*/, std::span<const std::int64_t> /*numbers*/) override {}

 private:
  SharedCache& cache_;
  std::size_t bytes_;
  BufferCharge charge_;
};

SharedCache::SharedCache(EventLoop& loop, Resolver& resolver, const SharedCacheOptions* options,
                         std::string_view prefix, RedisCounters& counters)
    : loop_(loop),
      options_(options),
      prefix_(StrCat(prefix, ":cache:", kCacheFormat, ":")),
      counters_(counters) {
  if (options == nullptr) return;
  RedisLink::User& user = *this;
  link_ = std::make_unique<RedisLink>(loop, resolver, options->redis, counters, user);
}

SharedCache::~SharedCache() = default;

void SharedCache::Start() {
  if (link_ != nullptr) link_->Start();
}

RedisLink::Call SharedCache::FirstBeat() { return NextBeat(); }

RedisLink::Call SharedCache::NextBeat() { return {nullptr, RedisArguments::Command({"PING"})}; }

std::string SharedCache::NameOf(const CacheKey& key) const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name = prefix_;
  for (const unsigned char byte : key) {
    name += kDigits[byte >> 4U];
    name += kDigits[byte & 15U];
  }
  return name;
}

std::size_t SharedCache::text_bytes_max() const {
  return options_->answer_bytes_max + kBesideBodyBytesMax;
}

void SharedCache::Store(const CacheKey& key, const CachedAnswer& answer, std::int64_t ttl_ms) {
  if (!up() || ttl_ms <= 0) return;
  const std::string text = WriteAnswer(answer);
  if (text.size() > text_bytes_max() || under_way_bytes_ + text.size() > kUnderWayBytesMax) return;
  auto sink = std::make_unique<StoreSink>(*this, text.size());
  if (!sink->Charge()) return;
  const std::string name = NameOf(key);
  const std::string ttl = StrCat(ttl_ms);
  link_->Run(RedisArguments::Command({"SET", name, text, "PX", ttl}), std::move(sink));
}

SharedCacheLookup::SharedCacheLookup(SharedCache& cache, const CacheKey& key)
    : cache_(cache), began_ns_(SteadyNs()) {
  if (!cache.up()) {
    away_ = true;
    done_ = true;
    return;
  }
  auto sink = std::make_unique<SharedCache::LookupSink>(cache, *this);
  sink_ = sink.get();
  // Never more than an answer may have, whatever somebody else put there; what is cut is none.
  const std::string name = cache.NameOf(key);
  const std::string last = StrCat(cache.text_bytes_max());
  cache.link_->Run(RedisArguments::Command({"GETRANGE", name, "0", last}), std::move(sink));
}

SharedCacheLookup::~SharedCacheLookup() {
  if (sink_ != nullptr) sink_->StopWaiting();
  cache_.loop_.timers().Remove(*this);
  if (done_ && waiting_) cache_.link_->Forget(*this);
}

void SharedCacheLookup::await_suspend(std::coroutine_handle<> caller) {
  caller_ = caller;
  waiting_ = true;
  const std::int64_t wait_ms = cache_.options_->redis.reply_timeout_ms;
  cache_.loop_.timers().Add(*this, cache_.loop_.now_ms() + wait_ms);
}

void SharedCacheLookup::Wake(bool timed_out) {
  cache_.loop_.timers().Remove(*this);
  if (timed_out && done_) cache_.link_->Forget(*this);  // answered in this very turn
  timed_out_ = timed_out && !done_;
  waiting_ = false;
  caller_.resume();
}

std::shared_ptr<const CachedAnswer> SharedCacheLookup::await_resume() {
  if (timed_out_) {
    if (sink_ != nullptr) sink_->StopWaiting();
    sink_ = nullptr;
    away_ = true;
    cache_.link_->NoteTimeout();
  } else if (!away_) {
    cache_.link_->NoteInTime();
    Add(cache_.counters_.answers);
    Add(cache_.counters_.answers_us,
        static_cast<std::uint64_t>((SteadyNs() - began_ns_) / kNsPerUs));
  }
  if (away_) Add(cache_.counters_.fallbacks);
  return std::move(answer_);
}

}  // namespace weir::relay

#include "services/relay/limits/rate_limiter.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "libs/common/clock.h"
#include "services/relay/limits/rolling_minute.h"

namespace weir::relay {
namespace limits_internal {

// One subject's counts. Lives in its shard and is found there by `key`; the list is by last use.
struct Counters {
  std::uint64_t key = 0;
  Shard* shard = nullptr;
  Counters* older = nullptr;
  Counters* newer = nullptr;
  std::uint32_t used_second = 0;
  std::int64_t in_flight = 0;  // permits that hold this; it stays while there are any
  RollingMinute requests;
  RollingMinute tokens;
};

struct Shard {
  std::mutex mutex;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Counters>> counters;  // all by mutex
  Counters* oldest = nullptr;
  Counters* newest = nullptr;

  void Unlink(Counters& entry) {
    (entry.older == nullptr ? oldest : entry.older->newer) = entry.newer;
    (entry.newer == nullptr ? newest : entry.newer->older) = entry.older;
  }
  void LinkNewest(Counters& entry) {
    entry.older = newest;
    entry.newer = nullptr;
    (newest == nullptr ? oldest : newest->newer) = &entry;
    newest = &entry;
  }
  void Touch(Counters& entry, std::uint32_t second) {
    entry.used_second = std::max(entry.used_second, second);
    if (newest == &entry) return;
    Unlink(entry);
    LinkNewest(entry);
  }

  // A few at a time: nobody waits for a long clean-up, and more go than come.
  void ForgetIdle(std::uint32_t second) {
    constexpr int kAtOnce = 2;
    for (int i = 0; i < kAtOnce && oldest != nullptr; ++i) {
      Counters& entry = *oldest;
      if (entry.used_second + RollingMinute::kSeconds > second) return;
      if (entry.in_flight > 0) {
        Touch(entry, second);  // a long stream: looked at again in a minute
        continue;
      }
      Unlink(entry);
      counters.erase(entry.key);
    }
  }

  Counters& Find(std::uint64_t key, std::uint32_t second) {
    ForgetIdle(second);
    std::unique_ptr<Counters>& slot = counters[key];
    if (slot == nullptr) {
      slot = std::make_unique<Counters>();
      slot->key = key;
      slot->shard = this;
      slot->used_second = second;
      LinkNewest(*slot);
    } else {
      Touch(*slot, second);
    }
    slot->requests.Advance(second);
    slot->tokens.Advance(second);
    return *slot;
  }
};

}  // namespace limits_internal

namespace {

using limits_internal::Counters;
using limits_internal::Shard;

constexpr std::size_t kShards = 256;  // threads seldom meet in one

std::uint32_t SecondOf(std::int64_t ms) { return static_cast<std::uint32_t>(ms / kMsPerSecond); }

std::uint64_t KeyOf(SubjectKind kind, std::int64_t id) {
  return static_cast<std::uint64_t>(id) << 2 | static_cast<std::uint64_t>(kind);
}

std::uint64_t KeyOf(const LimitedSubject& subject) { return KeyOf(subject.kind, subject.id); }

std::size_t ShardIndex(std::uint64_t key) {
  static_assert(std::has_single_bit(kShards));
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> (64 - std::countr_zero(kShards)));
}

// The shards of all subjects locked at once, in the order of their places: nobody can wait for
// another in a circle.
class ShardLocks {
 public:
  ShardLocks(Shard* shards, std::span<const LimitedSubject> subjects) {
    for (const LimitedSubject& subject : subjects) {
      Insert(&shards[ShardIndex(KeyOf(subject))]);
    }
    for (std::size_t i = 0; i < size_; ++i) wanted_[i]->mutex.lock();
  }
  ~ShardLocks() {
    for (std::size_t i = 0; i < size_; ++i) wanted_[i]->mutex.unlock();
  }
  ShardLocks(const ShardLocks&) = delete;
  ShardLocks& operator=(const ShardLocks&) = delete;

 private:
  // Sorted, each once.
  void Insert(Shard* shard) {
    std::size_t place = size_;
    while (place > 0 && wanted_[place - 1] > shard) --place;
    if (place > 0 && wanted_[place - 1] == shard) return;
    for (std::size_t i = size_; i > place; --i) wanted_[i] = wanted_[i - 1];
    wanted_[place] = shard;
    ++size_;
  }

  std::array<Shard*, SubjectList::kMax> wanted_{};
  std::size_t size_ = 0;
};

// Collects what stands in the way of a request.
class Obstacles {
 public:
  explicit Obstacles(std::int64_t now_ms) : now_ms_(now_ms) {}

  void Check(const LimitedSubject& subject, const Counters& counters, std::int64_t tokens) {
    const std::int64_t requests_over = counters.requests.sum() + 1 - subject.requests_per_minute;
    if (subject.requests_per_minute > 0 && requests_over > 0) {
      Note(subject.kind, LimitKind::kRequests, subject.requests_per_minute,
           WaitMs(counters.requests.SecondWhenFree(requests_over)));
    }
    const std::int64_t tokens_over = counters.tokens.sum() + tokens - subject.tokens_per_minute;
    if (subject.tokens_per_minute > 0 && tokens_over > 0) {
      const bool never = tokens > subject.tokens_per_minute;
      Note(subject.kind, LimitKind::kTokens, subject.tokens_per_minute,
           never ? 0 : WaitMs(counters.tokens.SecondWhenFree(tokens_over)));
    }
    if (subject.concurrency > 0 && counters.in_flight >= subject.concurrency) {
      Note(subject.kind, LimitKind::kConcurrency, subject.concurrency, kConcurrencyRetryMs);
    }
  }

  const std::optional<Denial>& denial() const { return denial_; }

 private:
  std::int64_t WaitMs(std::uint32_t second) const {
    return std::max<std::int64_t>(std::int64_t{second} * kMsPerSecond - now_ms_, 1);
  }

  void Note(SubjectKind kind, LimitKind limit, std::int64_t cap, std::int64_t wait_ms) {
    if (!denial_.has_value() || (wait_ms == 0 && denial_->retry_after_ms != 0)) {
      denial_ = Denial{kind, limit, cap, wait_ms};  // what no waiting helps says most
    } else if (denial_->retry_after_ms != 0) {
      denial_->retry_after_ms = std::max(denial_->retry_after_ms, wait_ms);
    }
  }

  std::int64_t now_ms_;
  std::optional<Denial> denial_;
};

void NoteReport(const LimitedSubject& subject, const Counters& counters, std::int64_t now_ms,
                LimitReport& report) {
  const auto reset_ms = [now_ms](const RollingMinute& minute) {
    const std::int64_t empty_ms = minute.SecondWhenEmpty(SecondOf(now_ms)) * kMsPerSecond;
    return std::max<std::int64_t>(empty_ms - now_ms, 0);
  };
  if (subject.requests_per_minute > 0) {
    report.requests.Tighten(subject.requests_per_minute, counters.requests.sum(),
                            reset_ms(counters.requests));
  }
  if (subject.tokens_per_minute > 0) {
    report.tokens.Tighten(subject.tokens_per_minute, counters.tokens.sum(),
                          reset_ms(counters.tokens));
  }
}

}  // namespace

void LimitGauge::Tighten(std::int64_t other_limit, std::int64_t other_used,
                         std::int64_t other_reset_ms) {
  const std::int64_t left = std::max<std::int64_t>(other_limit - other_used, 0);
  if (limit != 0 && remaining <= left) return;
  limit = other_limit;
  remaining = left;
  reset_ms = other_reset_ms;
}

RatePermit::RatePermit(RatePermit&& other) noexcept
    : holds_(other.holds_),
      size_(std::exchange(other.size_, 0)),
      reserved_tokens_(other.reserved_tokens_) {}

RatePermit& RatePermit::operator=(RatePermit&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  holds_ = other.holds_;
  size_ = std::exchange(other.size_, 0);
  reserved_tokens_ = other.reserved_tokens_;
  return *this;
}

void RatePermit::Release(std::int64_t used_tokens, std::int64_t now_ms) {
  const std::uint32_t second = SecondOf(now_ms);
  const std::size_t size = std::exchange(size_, 0);
  for (std::size_t i = 0; i < size; ++i) {
    const Hold& hold = holds_[i];
    Shard& shard = *hold.counters->shard;
    const std::lock_guard<std::mutex> lock(shard.mutex);
    shard.Touch(*hold.counters, second);
    --hold.counters->in_flight;
    if (!hold.tokens || used_tokens == reserved_tokens_) continue;
    if (used_tokens < reserved_tokens_) {
      hold.counters->tokens.TakeBack(hold.tokens_second, reserved_tokens_ - used_tokens);
    } else {
      hold.counters->tokens.Advance(second);
      hold.counters->tokens.Add(second, used_tokens - reserved_tokens_);
    }
  }
}

void RatePermit::Drop() {
  const std::size_t size = std::exchange(size_, 0);
  for (std::size_t i = 0; i < size; ++i) {
    Counters& counters = *holds_[i].counters;
    const std::lock_guard<std::mutex> lock(counters.shard->mutex);
    --counters.in_flight;
  }
}

void RatePermit::TakeBack() {
  const std::size_t size = std::exchange(size_, 0);
  for (std::size_t i = 0; i < size; ++i) {
    const Hold& hold = holds_[i];
    const std::lock_guard<std::mutex> lock(hold.counters->shard->mutex);
    --hold.counters->in_flight;
    if (hold.requests) hold.counters->requests.TakeBack(hold.requests_second, 1);
    if (hold.tokens) hold.counters->tokens.TakeBack(hold.tokens_second, reserved_tokens_);
  }
}

RateLimiter::RateLimiter() : shards_(new Shard[kShards]) {}
RateLimiter::~RateLimiter() = default;

std::optional<Denial> RateLimiter::Admit(std::span<const LimitedSubject> subjects,
                                         std::int64_t tokens, std::int64_t now_ms, Mode mode,
                                         RatePermit& permit, LimitReport& report) {
  const std::uint32_t second = SecondOf(now_ms);
  const ShardLocks locks(shards_.get(), subjects);
  std::array<Counters*, SubjectList::kMax> counters{};
  Obstacles obstacles(now_ms);
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const std::uint64_t key = KeyOf(subjects[i]);
    counters[i] = &shards_[ShardIndex(key)].Find(key, second);
    if (mode == Mode::kEnforce) obstacles.Check(subjects[i], *counters[i], tokens);
  }
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (!obstacles.denial().has_value()) {
      RatePermit::Hold& hold = permit.holds_[i];
      hold = {counters[i], 0, 0, subjects[i].requests_per_minute > 0,
              subjects[i].tokens_per_minute > 0};
      ++counters[i]->in_flight;
      if (hold.requests) hold.requests_second = counters[i]->requests.Add(second, 1);
      if (hold.tokens) hold.tokens_second = counters[i]->tokens.Add(second, tokens);
    }
    NoteReport(subjects[i], *counters[i], now_ms, report);
  }
  if (obstacles.denial().has_value()) return obstacles.denial();
  permit.size_ = subjects.size();
  permit.reserved_tokens_ = tokens;
  return std::nullopt;
}

std::optional<Denial> RateLimiter::Peek(const LimitedSubject& subject, std::int64_t tokens,
                                        std::int64_t now_ms) const {
  const std::uint64_t key = KeyOf(subject);
  Shard& shard = shards_[ShardIndex(key)];
  const std::lock_guard<std::mutex> lock(shard.mutex);
  Obstacles obstacles(now_ms);
  const auto found = shard.counters.find(key);
  if (found == shard.counters.end()) {
    obstacles.Check(subject, Counters(), tokens);
  } else {
    found->second->requests.Advance(SecondOf(now_ms));
    found->second->tokens.Advance(SecondOf(now_ms));
    obstacles.Check(subject, *found->second, tokens);
  }
  return obstacles.denial();
}

MinuteUse RateLimiter::Used(SubjectKind kind, std::int64_t id, std::int64_t now_ms) const {
  const std::uint64_t key = KeyOf(kind, id);
  Shard& shard = shards_[ShardIndex(key)];
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.counters.find(key);
  if (found == shard.counters.end()) return {};
  Counters& counters = *found->second;
  counters.requests.Advance(SecondOf(now_ms));
  counters.tokens.Advance(SecondOf(now_ms));
  return {.requests = counters.requests.sum(), .tokens = counters.tokens.sum()};
}

std::size_t RateLimiter::size() const {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard<std::mutex> lock(shards_[i].mutex);
    size += shards_[i].counters.size();
  }
  return size;
}

}  // namespace weir::relay

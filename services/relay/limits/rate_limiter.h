// Requests per minute, tokens per minute and requests in flight, counted in this process's memory.
//
// Exact on one relay, whatever the number of its threads: a request is let in by all of its
// subjects or counted by none, in one step under their locks. A subject without such limits is
// never looked at. Counters are made when a subject is first seen and go when it has been idle for
// a minute, so memory follows what is in use and not what is configured.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "services/relay/limits/limited_subject.h"
#include "services/relay/snapshot/minute_use.h"

namespace weir::relay {

namespace limits_internal {
struct Counters;
struct Shard;
}  // namespace limits_internal

class RateLimiter;

// One figure for a caller: limit 0 = there is none.
struct LimitGauge {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::int64_t reset_ms = 0;  // from the admission until all of it is there again

  // Takes another subject's figure over when less of it is left.
  void Tighten(std::int64_t other_limit, std::int64_t other_used, std::int64_t other_reset_ms);
};

// The tightest of all subjects, by what remains.
struct LimitReport {
  LimitGauge requests;
  LimitGauge tokens;

  bool empty() const { return requests.limit == 0 && tokens.limit == 0; }
};

// Why a request was not let in: the first subject in order and its first limit that stood in the
// way; the wait is the longest of all that did.
struct Denial {
  SubjectKind subject = SubjectKind::kKey;
  LimitKind limit = LimitKind::kRequests;
  std::int64_t cap = 0;             // the limit's figure
  std::int64_t retry_after_ms = 0;  // 0: never, the request alone is larger than the limit
};

// How long to wait for a place among those in flight, which nobody can know.
inline constexpr std::int64_t kConcurrencyRetryMs = 1'000;

// Held by a request from its admission to its end; its destructor gives back its places in flight,
// whatever way the request went. Any thread, one at a time. The limiter outlives it.
class RatePermit {
 public:
  RatePermit() = default;
  RatePermit(RatePermit&& other) noexcept;
  RatePermit& operator=(RatePermit&& other) noexcept;
  ~RatePermit() { Drop(); }

  bool held() const { return size_ != 0; }

  // The end: the reserved tokens become the true ones, the places in flight are free. Reserved
  // ones too many are returned to the second they were counted in; ones too few count from now on.
  void Release(std::int64_t used_tokens, std::int64_t now_ms);
  // As Release; what was reserved stays counted.
  void Drop();
  // As if it had never been let in.
  void TakeBack();

 private:
  friend class RateLimiter;

  struct Hold {
    limits_internal::Counters* counters = nullptr;
    std::uint32_t requests_second = 0;
    std::uint32_t tokens_second = 0;
    bool requests = false;  // counted there
    bool tokens = false;
  };

  std::array<Hold, SubjectList::kMax> holds_;
  std::size_t size_ = 0;
  std::int64_t reserved_tokens_ = 0;
};

class RateLimiter {
 public:
  RateLimiter();
  ~RateLimiter();
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  enum class Mode { kEnforce, kCountOnly };  // kCountOnly lets everything in

  // All or nothing; at most SubjectList::kMax subjects, no two alike. `now_ms` is steady. `permit`
  // is empty before, and holds on success. `report` gets what remains, also when denied.
  std::optional<Denial> Admit(std::span<const LimitedSubject> subjects, std::int64_t tokens,
                              std::int64_t now_ms, Mode mode, RatePermit& permit,
                              LimitReport& report);

  // What would stand in this subject's way now; counts nothing.
  std::optional<Denial> Peek(const LimitedSubject& subject, std::int64_t tokens,
                             std::int64_t now_ms) const;

  // What it counts of the last minute; of a subject that has no counters nothing. Makes none.
  MinuteUse Used(SubjectKind kind, std::int64_t id, std::int64_t now_ms) const;

  // Subjects that have counters now. Locks one shard after the other.
  std::size_t size() const;

 private:
  limits_internal::Shard& ShardOf(std::uint64_t hash) const;

  std::unique_ptr<limits_internal::Shard[]> shards_;
};

}  // namespace weir::relay

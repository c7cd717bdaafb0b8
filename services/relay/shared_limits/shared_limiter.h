// The same limits counted for all relays at once, in Redis: one script call for a request's key,
// user and group, one for each account that is tried and has limits, one that settles.
//
// Stands behind limits/rate_limiter and never instead of it: whom this relay's own memory refuses
// Redis would refuse as well and is not asked about, and when Redis is away the memory has all of
// this relay's recent past.
//
// What a relay holds in flight is counted under its member's name with a lease of kLeaseMs, renewed
// every second. A relay that dies gives its places back when the lease is over; one that has
// been cut off tells Redis anew what it holds as soon as it is back.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/limits/rate_limiter.h"
#include "services/relay/redis/redis_link.h"

namespace weir::relay {

class SharedAdmission;
class SharedLimiter;

namespace shared_limits_internal {

// One admission as Redis knows it; shared by the permit and by the command under way.
struct Held {
  SharedLimiter* limiter = nullptr;
  Held* previous = nullptr;  // all that this loop holds
  Held* next = nullptr;
  std::array<LimitedSubject, SubjectList::kMax> subjects;
  std::array<std::int64_t, SubjectList::kMax> second{};  // counted in; 0 = not counted
  std::size_t size = 0;
  std::int64_t reserved_tokens = 0;
  std::int64_t used_tokens = 0;
  std::uint64_t epoch = 0;  // the connection's that counted it
  bool counted = false;     // Redis has it
  bool ended = false;       // its request is over
};

}  // namespace shared_limits_internal

// As RatePermit, for what Redis holds. On the loop's thread; the limiter outlives it.
class SharedPermit {
 public:
  SharedPermit() = default;
  SharedPermit(SharedPermit&&) noexcept = default;
  SharedPermit& operator=(SharedPermit&& other) noexcept;
  ~SharedPermit();

  // Nobody waits for it, and it is sent before whatever the caller does next.
  void Release(std::int64_t used_tokens);

 private:
  friend class SharedAdmission;

  std::shared_ptr<shared_limits_internal::Held> held_;
};

// A subject that is looked at, for a request of so many tokens; its denial, if there would be one.
struct SharedPeek {
  LimitedSubject subject;
  std::int64_t tokens = 0;
  std::optional<Denial> denial = {};
};

struct SharedAnswer {
  bool away = false;  // Redis did not decide: not there, or not in time
  std::optional<Denial> denial;
  LimitReport report;
};

// One loop's. On the loop's thread, but for its making and its end.
class SharedLimiter final : private RedisLink::User {
 public:
  static constexpr std::int64_t kLeaseMs = 5'000;

  // `options` null: there is no Redis. `prefix` begins all keys; `member` is unique to this loop of
  // this process. All must outlive the limiter.
  SharedLimiter(EventLoop& loop, Resolver& resolver, const RedisOptions* options,
                std::string_view prefix, std::string_view member, RedisCounters& counters);
  ~SharedLimiter() override;

  // On the loop, once.
  void Start();

  // What would stand in the way of each now; counts nothing. On the loop. `done` is called there,
  // once: at once with false when Redis is not up, else when it has answered or has refused to.
  // Redis may hang: who waits does so with a time of its own.
  using PeekDone = std::function<void(bool asked, std::vector<SharedPeek> peeks)>;
  void Peek(std::vector<SharedPeek> peeks, PeekDone done);

  bool configured() const { return link_ != nullptr; }
  bool up() const { return link_ != nullptr && link_->up(); }

 private:
  friend class SharedAdmission;
  friend class SharedPermit;
  class AdmitSink;
  class PeekSink;

  std::string_view AwayText() const override { return "limits follow redis_away_policy"; }
  std::vector<const RedisScript*> Scripts() const override;
  RedisLink::Call FirstBeat() override;
  RedisLink::Call NextBeat() override;
  bool OnBeat(std::span<const std::int64_t> numbers) override;
  void OnUp() override;

  // Sends the admission; `waiting` is told.
  void Ask(const std::shared_ptr<shared_limits_internal::Held>& held, SharedAdmission* waiting,
           bool first);
  void Hold(shared_limits_internal::Held& held);
  void LetGo(shared_limits_internal::Held& held);
  void Settle(const shared_limits_internal::Held& held);
  void AddKeys(const LimitedSubject& subject, RedisArguments& arguments) const;
  RedisArguments AdmitArguments(std::span<const LimitedSubject> subjects, std::string_view member,
                                std::int64_t tokens) const;
  std::string PlacesKey(const LimitedSubject& subject) const;

  EventLoop& loop_;
  std::string prefix_;
  std::string members_key_;
  std::string member_base_;
  std::string member_;
  std::string former_member_;
  std::uint64_t epoch_ = 0;
  std::int64_t reply_timeout_ms_ = 0;
  RedisCounters& counters_;
  shared_limits_internal::Held* held_ = nullptr;
  std::unique_ptr<RedisLink> link_;
};

// SharedAdmission admission(limiter, subjects, tokens, permit);
// SharedAnswer answer = co_await admission;
// Waits for at most reply_timeout_ms and one turn of the timer wheel, and not at all when Redis is
// known to be away. `permit` then holds what Redis counts, or will when it comes back.
class [[nodiscard]] SharedAdmission final : public Waiter {
 public:
  SharedAdmission(SharedLimiter& limiter, std::span<const LimitedSubject> subjects,
                  std::int64_t tokens, SharedPermit& permit);
  ~SharedAdmission();
  SharedAdmission(const SharedAdmission&) = delete;
  SharedAdmission& operator=(const SharedAdmission&) = delete;

  bool await_ready() const { return done_; }
  void await_suspend(std::coroutine_handle<> caller);
  SharedAnswer await_resume();

  void Wake(bool timed_out) override;

 private:
  friend class SharedLimiter;
  friend class SharedLimiter::AdmitSink;

  SharedLimiter& limiter_;
  std::shared_ptr<shared_limits_internal::Held> held_;
  SharedLimiter::AdmitSink* sink_ = nullptr;  // while it is under way
  SharedAnswer answer_;
  std::int64_t began_ns_ = 0;
  bool done_ = false;
  bool timed_out_ = false;
  bool waiting_ = false;
  std::coroutine_handle<> caller_;
};

}  // namespace weir::relay

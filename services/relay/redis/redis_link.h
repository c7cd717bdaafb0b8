// One connection of one loop to Redis, over hiredis's asynchronous interface.
//
// Commands go out at once, one behind the other; their answers come in order; nobody else waits for
// them. The connection is its own breaker: too many failures in a row close it, nothing is sent
// while it is closed, and a new one counts as usable only after its user's first beat has been
// answered in time on it. Redis may refuse, hang, stop or be somebody else: callers are told "no
// answer", at the latest when they ask NoteTimeout() of us.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/net/event_loop.h"
#include "services/relay/net/resolver.h"
#include "services/relay/redis/redis_arguments.h"
#include "services/relay/redis/redis_info.h"
#include "services/relay/redis/redis_script.h"
#include "services/relay/redis/redis_url.h"

struct redisAsyncContext;

namespace weir::relay {

struct RedisOptions {
  RedisUrl url;
  std::int64_t reply_timeout_ms = 50;
  int failures_max = 3;  // in a row, then the connection is closed
  std::int64_t retry_ms = 1'000;
};

// Written by one loop, read by /metrics and by what admin is told.
struct alignas(64) RedisCounters {
  std::atomic<std::uint64_t> up{0};  // 1 = usable now
  std::atomic<std::uint64_t> errors{0};
  void CountError() {
    errors.store(errors.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> answers{0};  // questions that Redis answered in time, and how long
  std::atomic<std::uint64_t> answers_us{0};
  std::atomic<std::uint64_t> fallbacks{0};  // questions that were decided without it
  // Of signs of life, smoothed over a few; 0 = not up.
  std::atomic<std::uint64_t> round_trip_us{0};
  // As it said on the last connection.
  std::atomic<RedisRole> role{RedisRole::kUnknown};
  std::atomic<RedisMode> mode{RedisMode::kUnknown};
};

// On the loop's thread, but for its destructor, which runs when the loop has stopped.
class RedisLink {
 public:
  // What is told of a command, once. Must not wake anybody itself: see WakeSoon.
  class Sink {
   public:
    virtual ~Sink() = default;
    // ok = answered, `numbers` are the answer's integers.
    virtual void OnAnswer(bool ok, std::span<const std::int64_t> numbers) = 0;
    // Instead, when the answer is one text.
    virtual void OnText(std::string_view /*text*/) { OnAnswer(true, {}); }
  };

  // A command of Redis's own, or the call of a script.
  struct Call {
    const RedisScript* script = nullptr;  // null: `arguments` are the command
    RedisArguments arguments;
  };

  // Who uses the connection. Called on the loop.
  class User {
   public:
    virtual ~User() = default;
    // For the log: what its absence means.
    virtual std::string_view AwayText() const = 0;
    // What is called later; loaded with each connection.
    virtual std::vector<const RedisScript*> Scripts() const = 0;
    // The last step of each connection's beginning, and then a sign of life every second.
    virtual Call FirstBeat() = 0;
    virtual Call NextBeat() = 0;
    // The answer to a NextBeat; false: the connection begins anew.
    virtual bool OnBeat(std::span<const std::int64_t> numbers) = 0;
    // The first beat has been answered: Run works from now on.
    virtual void OnUp() = 0;
  };

  // All must outlive the link.
  RedisLink(EventLoop& loop, Resolver& resolver, const RedisOptions& options,
            RedisCounters& counters, User& user);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  void Start();
  bool up() const { return state_ == State::kUp; }

  // Sends now. Does nothing but tell the sink when the link is not up. `sink` may be null.
  void Run(const RedisScript& script, RedisArguments arguments, std::unique_ptr<Sink> sink);
  void Run(const RedisArguments& command, std::unique_ptr<Sink> sink);

  // A caller has waited for longer than reply_timeout_ms / has been answered in time.
  void NoteTimeout();
  void NoteInTime() { failures_ = 0; }

  // Wakes `waiter` once the call into us at hand has returned; Forget takes that back.
  void WakeSoon(Waiter& waiter) { to_wake_.push_back(&waiter); }
  void Forget(Waiter& waiter) { std::erase(to_wake_, &waiter); }

 private:
  enum class State { kDown, kConnecting, kUp };
  enum class Purpose : std::uint8_t { kGreeting, kBeat, kInfo, kUsers };

  // A command under way.
  struct Command {
    RedisLink* link;
    Purpose purpose;
    const RedisScript* script;  // null: no script
    RedisArguments arguments;   // of the script, should it have to be sent again
    std::unique_ptr<Sink> sink;
    bool by_text = false;
  };

  // What hiredis calls.
  struct Hooks;
  static void TakeReply(redisAsyncContext* context, void* reply, void* command);

  // The two things that wake the link itself.
  class Timer final : public Waiter {
   public:
    explicit Timer(RedisLink& link) : link_(link) {}
    void Wake(bool) override { link_.OnTimer(); }

   private:
    RedisLink& link_;
  };
  class Socket final : public Waiter {
   public:
    explicit Socket(RedisLink& link) : link_(link) {}
    void Wake(bool) override { link_.OnSocket(); }

   private:
    RedisLink& link_;
  };

  void Connect();
  void Dial(const Resolver::Addresses& addresses);
  void SendGreeting();
  void SendFirstBeat();
  void BecomeUp();
  void Fail(std::string_view why);
  void Close();
  void OnTimer();
  void OnSocket();
  void OnReply(const void* reply, std::unique_ptr<Command> command);
  void OnAnswer(const void* reply, std::unique_ptr<Command> command);
  void OnBeatAnswer(std::span<const std::int64_t> numbers);
  void NoteRoundTrip();
  void AskInfo();
  void NoteInfo(const void* reply);
  void SendBeat(Call beat);
  void Send(std::unique_ptr<Command> command, const std::string& bytes);
  void Flush();
  void NoteRefusal(std::string_view error);
  void SetTimer(std::int64_t in_ms);
  void WakeAll();
  void WakeAllSoon();

  EventLoop& loop_;
  Resolver& resolver_;
  const RedisOptions& options_;
  RedisCounters& counters_;
  User& user_;
  State state_ = State::kDown;
  bool known_down_ = false;  // the log has it
  bool beat_answered_ = true;
  std::int64_t beat_sent_ns_ = 0;
  int beats_since_info_ = 0;
  int infos_open_ = 0;    // asked on this connection and not answered
  int info_hangups_ = 0;  // connections in a row that were closed on the question
  bool in_call_ = false;  // into hiredis
  int greetings_open_ = 0;
  int failures_ = 0;
  std::uint64_t connection_number_ = 0;
  redisAsyncContext* context_ = nullptr;  // null: no connection
  FdWatch watch_;
  Timer timer_{*this};
  Socket socket_{*this};
  std::vector<Waiter*> to_wake_;
};

}  // namespace weir::relay

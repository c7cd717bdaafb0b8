#include "services/relay/redis/redis_link.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kGreetingMs = 1'000;   // resolve, connect, log in, load the scripts
constexpr std::int64_t kBeatEveryMs = 1'000;  // unanswered until the next one: it hangs
constexpr int kBeatsPerInfo = 15;             // a role may change while the connection stays

std::string AddressText(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* any = reinterpret_cast<const sockaddr*>(&address.storage);
  const void* bytes = nullptr;
  if (any->sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(any)->sin6_addr;
  } else {
    bytes = &reinterpret_cast<const sockaddr_in*>(any)->sin_addr;
  }
  ::inet_ntop(any->sa_family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace

struct RedisLink::Hooks {
  // hiredis asks to be told of readiness; it always is.
  static void Ignore(void*) {}

  static void OnCleanup(void* link) {
    auto& self = *static_cast<RedisLink*>(link);
    self.loop_.Unwatch(self.watch_);
    self.context_ = nullptr;
  }
};

RedisLink::RedisLink(EventLoop& loop, Resolver& resolver, const RedisOptions& options,
                     RedisCounters& counters, User& user)
    : loop_(loop), resolver_(resolver), options_(options), counters_(counters), user_(user) {}

RedisLink::~RedisLink() {
  Close();
  loop_.timers().Remove(timer_);
}

void RedisLink::Start() { Connect(); }

void RedisLink::Connect() {
  state_ = State::kConnecting;
  SetTimer(kGreetingMs);
  counters_.role.store(RedisRole::kUnknown, std::memory_order_relaxed);
  counters_.mode.store(RedisMode::kUnknown, std::memory_order_relaxed);
  const std::uint64_t number = ++connection_number_;
  Resolver::Addresses addresses;
  if (resolver_.Cached(options_.url.host, options_.url.port, addresses)) {
    Dial(addresses);
    return;
  }
  resolver_.Resolve(loop_, options_.url.host, options_.url.port,
                    [this, number](const Resolver::Addresses& found) {
                      const bool wanted =
                          number == connection_number_ && state_ == State::kConnecting;
                      if (wanted) Dial(found);
                    });
}

void RedisLink::Dial(const Resolver::Addresses& addresses) {
  if (addresses.empty()) {
    Fail("its name cannot be resolved");
    return;
  }
  // Another one each time, should the first be dead.
  const std::string ip = AddressText(addresses[connection_number_ % addresses.size()]);
  redisAsyncContext* context = redisAsyncConnect(ip.c_str(), options_.url.port);
  if (context == nullptr || context->err != 0) {
    if (context != nullptr) redisAsyncFree(context);
    Fail("it cannot be reached");
    return;
  }
  context->ev = {this,          Hooks::Ignore, Hooks::Ignore,
                 Hooks::Ignore, Hooks::Ignore, Hooks::OnCleanup};
  context_ = context;
  watch_ = FdWatch{context->c.fd, 0, ready::kRead | ready::kWrite | ready::kHangup, &socket_};
  if (!loop_.Watch(watch_)) {
    Fail("the loop cannot watch another descriptor");
    return;
  }
  SendGreeting();
}

void RedisLink::SendGreeting() {
  const auto greet = [this](const RedisArguments& words) {
    ++greetings_open_;
    Send(std::make_unique<Command>(
             Command{this, Purpose::kGreeting, nullptr, RedisArguments(), nullptr}),
         words.Whole());
  };
  const RedisUrl& url = options_.url;
  greetings_open_ = 0;
  if (!url.password.empty() && url.username.empty()) {
    greet(RedisArguments::Command({"AUTH", url.password.Reveal()}));
  } else if (!url.password.empty()) {
    greet(RedisArguments::Command({"AUTH", url.username, url.password.Reveal()}));
  }
  if (url.database != 0) greet(RedisArguments::Command({"SELECT", StrCat(url.database)}));
  for (const RedisScript* script : user_.Scripts()) {
    greet(RedisArguments::Command({"SCRIPT", "LOAD", script->text}));
  }
  infos_open_ = 0;
  AskInfo();
  if (greetings_open_ == 0) SendFirstBeat();
}

// The probe: answered within the time that requests would wait.
void RedisLink::SendFirstBeat() {
  SetTimer(options_.reply_timeout_ms);
  SendBeat(user_.FirstBeat());
}

void RedisLink::SendBeat(Call beat) {
  beat_answered_ = false;
  beat_sent_ns_ = SteadyNs();
  const std::string bytes =
      beat.script == nullptr ? beat.arguments.Whole() : beat.arguments.ByHash(beat.script->sha1);
  Send(std::make_unique<Command>(
           Command{this, Purpose::kBeat, beat.script, std::move(beat.arguments), nullptr}),
       bytes);
}

void RedisLink::BecomeUp() {
  state_ = State::kUp;
  failures_ = 0;
  counters_.up.store(1, std::memory_order_relaxed);
  if (known_down_) {
    LogInfo("redis is back", {{"host", options_.url.host}, {"port", options_.url.port}});
  }
  known_down_ = false;
  SetTimer(kBeatEveryMs);
  user_.OnUp();
}

void RedisLink::Fail(std::string_view why) {
  counters_.CountError();
  if (!known_down_) {
    LogWarning(StrCat("redis is away: ", user_.AwayText()),
               {{"host", options_.url.host}, {"port", options_.url.port}, {"reason", why}});
  }
  known_down_ = true;
  Close();
  SetTimer(options_.retry_ms);
}

void RedisLink::Close() {
  state_ = State::kDown;
  counters_.up.store(0, std::memory_order_relaxed);
  counters_.round_trip_us.store(0, std::memory_order_relaxed);
  if (context_ == nullptr) return;
  redisAsyncFree(context_);  // tells all that wait, and ends in OnCleanup
  WakeAllSoon();
}

void RedisLink::OnTimer() {
  switch (state_) {
    case State::kDown:
      Connect();
      return;
    case State::kConnecting:
      Fail("it does not answer");
      return;
    case State::kUp:
      break;
  }
  if (!beat_answered_) {
    Fail("it has stopped answering");
    return;
  }
  SetTimer(kBeatEveryMs);
  SendBeat(user_.NextBeat());
  if (++beats_since_info_ >= kBeatsPerInfo) AskInfo();
}

void RedisLink::OnSocket() {
  in_call_ = true;
  const bool was_connected = (context_->c.flags & REDIS_CONNECTED) != 0;
  if ((watch_.ready & ready::kWrite) != 0) redisAsyncHandleWrite(context_);
  // Readiness is told once, so all that is there is read; hiredis reads 16 KiB at a time and does
  // not say whether it was all.
  while (context_ != nullptr && (watch_.ready & ready::kRead) != 0) {
    redisAsyncHandleRead(context_);
    if (context_ == nullptr) break;
    char next = 0;
    const ssize_t more = ::recv(watch_.fd, &next, 1, MSG_PEEK | MSG_DONTWAIT);
    if (more < 0 && errno == EAGAIN) watch_.ready &= static_cast<std::uint8_t>(~ready::kRead);
  }
  in_call_ = false;
  if (context_ == nullptr) {
    if (was_connected && infos_open_ > 0) ++info_hangups_;
    if (state_ != State::kDown) Fail("it closed the connection");
  } else {
    Flush();
  }
  WakeAll();
}

// Writes what the socket takes; the rest goes when it is writable again.
void RedisLink::Flush() {
  if (in_call_) return;  // done at its end
  in_call_ = true;
  while (context_ != nullptr && (watch_.ready & ready::kWrite) != 0) {
    const std::size_t before = sdslen(context_->c.obuf);
    if (before == 0) break;
    redisAsyncHandleWrite(context_);
    if (context_ != nullptr && sdslen(context_->c.obuf) == before) {
      watch_.ready &= static_cast<std::uint8_t>(~ready::kWrite);
    }
  }
  in_call_ = false;
  if (context_ == nullptr && state_ != State::kDown) {
    Fail("the connection broke");
    WakeAllSoon();
  }
}

void RedisLink::SetTimer(std::int64_t in_ms) {
  loop_.timers().Remove(timer_);
  loop_.timers().Add(timer_, loop_.now_ms() + in_ms);
}

void RedisLink::WakeAll() {
  while (!to_wake_.empty()) {
    Waiter* waiter = to_wake_.back();
    to_wake_.pop_back();
    waiter->Wake(/*timed_out=*/false);
  }
}

// From within somebody's call: they must not be resumed under its feet.
void RedisLink::WakeAllSoon() {
  if (!to_wake_.empty()) loop_.Post([this] { WakeAll(); });
}

}  // namespace weir::relay

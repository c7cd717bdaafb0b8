#include "services/relay/net/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <coroutine>
#include <utility>

#include <openssl/ssl.h>

#include "libs/common/clock.h"
#include "libs/common/metadata_address.h"

namespace weir::relay {
namespace {

// Bounds what the kernel takes in for a client that does not read: see ENGINE in ARCHITECTURE.md.
constexpr int kReceiveBufferBytes = 64 * 1024;
constexpr std::int64_t kAddressMsMin = 2'000;

// A machine that vanished, or a NAT that forgot the connection, sends no end. So silence is asked
// about after 15 s, and is the end after three unanswered questions more, 5 s apart: a model may
// think for minutes, and only its machine answers meanwhile.
constexpr struct {
  int name;
  int value;
} kKeepAlive[] = {{TCP_KEEPIDLE, 15}, {TCP_KEEPINTVL, 5}, {TCP_KEEPCNT, 3}};

// co_await: the resolver's answer, or why it was not waited for: a name server may take half a
// minute.
class AwaitAddresses final : public Waiter {
 public:
  struct Result {
    Resolver::Addresses addresses;
    ConnectError error = ConnectError::kNone;
  };

  AwaitAddresses(EventLoop& loop, Resolver& resolver, const ConnectTarget& target, FdWatch& client,
                 std::int64_t deadline_ms)
      : loop_(loop),
        resolver_(resolver),
        target_(target),
        client_(client),
        deadline_ms_(deadline_ms) {}
  ~AwaitAddresses() { Disarm(); }

  bool await_ready() {
    return resolver_.Cached(target_.dialed_host(), target_.dialed_port(), result_.addresses);
  }
  bool await_suspend(std::coroutine_handle<> caller) {
    if ((client_.ready & ready::kHangup) != 0) {
      result_.error = ConnectError::kClientGone;
      return false;
    }
    caller_ = caller;
    client_.waiter = this;
    client_.wanted = ready::kHangup;
    if (deadline_ms_ > 0) loop_.timers().Add(*this, deadline_ms_);
    shared_ = std::make_shared<Shared>();
    shared_->waiting = this;
    resolver_.Resolve(loop_, target_.dialed_host(), target_.dialed_port(),
                      [shared = shared_](Resolver::Addresses addresses) {
                        AwaitAddresses* waiting = shared->waiting;
                        if (waiting == nullptr) return;
                        waiting->result_.addresses = std::move(addresses);
                        waiting->Resume();
                      });
    return true;
  }
  Result await_resume() {
    if (result_.error == ConnectError::kNone && result_.addresses.empty()) {
      result_.error = ConnectError::kResolve;
    }
    return std::move(result_);
  }

  void Wake(bool timed_out) override {
    result_.error = timed_out ? ConnectError::kTimeout : ConnectError::kClientGone;
    Resume();
  }

 private:
  struct Shared {
    AwaitAddresses* waiting;
  };

  void Resume() {
    Disarm();
    caller_.resume();
  }
  void Disarm() {
    if (shared_ == nullptr) return;
    shared_->waiting = nullptr;
    shared_.reset();
    client_.waiter = nullptr;
    client_.wanted = 0;
    loop_.timers().Remove(*this);
  }

  EventLoop& loop_;
  Resolver& resolver_;
  const ConnectTarget& target_;
  FdWatch& client_;
  std::int64_t deadline_ms_;
  Result result_;
  std::shared_ptr<Shared> shared_;  // null: not waiting
  std::coroutine_handle<> caller_;
};

std::unique_ptr<Stream> StartConnect(EventLoop& loop, const SocketAddress& address) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  for (const auto& [name, value] : kKeepAlive) {
    ::setsockopt(fd, IPPROTO_TCP, name, &value, sizeof(value));
  }
  auto stream = std::make_unique<Stream>(loop, fd);
  if (!stream->usable()) return nullptr;
  const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd, raw, address.length) != 0 && errno != EINPROGRESS) return nullptr;
  return stream;
}

bool Connected(Stream& stream) {
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(stream.watch().fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

// Until `bits` on `stream`: kNone, or why it will not come.
Task<ConnectError> Await(EventLoop& loop, Stream& stream, std::uint8_t bits, FdWatch& client,
                         std::int64_t deadline_ms) {
  const WaitResult result = co_await WaitFor(loop, stream.watch(), bits | ready::kHangup, &client,
                                             ready::kHangup, deadline_ms);
  if (result == WaitResult::kTimeout) co_return ConnectError::kTimeout;
  if ((client.ready & ready::kHangup) != 0) co_return ConnectError::kClientGone;
  co_return ConnectError::kNone;
}

ConnectError ErrorOf(TunnelResult result) {
  switch (result) {
    case TunnelResult::kOpen:
      return ConnectError::kNone;
    case TunnelResult::kRefused:
      return ConnectError::kProxy;
    case TunnelResult::kTimeout:
      return ConnectError::kTimeout;
    case TunnelResult::kClientGone:
      return ConnectError::kClientGone;
  }
  return ConnectError::kProxy;
}

Task<ConnectError> HandshakeTls(EventLoop& loop, TlsClient& tls, const ConnectTarget& target,
                                Stream& stream, FdWatch& client, std::int64_t deadline_ms) {
  SSL* ssl = tls.NewClient(target.host, target.pool_key);
  if (ssl == nullptr) co_return ConnectError::kTls;
  stream.StartTls(ssl);
  for (;;) {
    const IoResult step = stream.Handshake();
    if (step.status == IoStatus::kDone) co_return ConnectError::kNone;
    if (step.status != IoStatus::kWouldBlock) co_return ConnectError::kTls;
    if (stream.peer_gone()) co_return ConnectError::kTls;
    const ConnectError error =
        co_await Await(loop, stream, stream.handshake_wants(), client, deadline_ms);
    if (error != ConnectError::kNone) co_return error;
  }
}

// Of the address that is being tried: what one before had is forgotten.
void NoteTime(const ConnectTarget& target, std::int64_t ConnectTimes::*part) {
  if (target.times != nullptr) target.times->*part = SteadyNs();
}

// When to give up one address, with `left` to try: an address that swallows packets must leave time
// for the next one.
std::int64_t ShareOf(std::int64_t deadline_ms, std::int64_t now_ms, std::size_t left) {
  if (deadline_ms <= 0) return deadline_ms;
  const std::int64_t share_ms = (deadline_ms - now_ms) / static_cast<std::int64_t>(left);
  return std::min(deadline_ms, now_ms + std::max(share_ms, kAddressMsMin));
}

}  // namespace

Task<ConnectResult> Connect(EventLoop& loop, Resolver& resolver, TlsClient& tls,
                            const ConnectTarget& target, FdWatch& client,
                            std::int64_t deadline_ms) {
  const AwaitAddresses::Result resolved =
      co_await AwaitAddresses(loop, resolver, target, client, deadline_ms);
  if (resolved.error != ConnectError::kNone) co_return ConnectResult{nullptr, resolved.error};
  NoteTime(target, &ConnectTimes::resolved_ns);
  ConnectError error = ConnectError::kRefused;
  std::size_t left = resolved.addresses.size();
  for (const SocketAddress& address : resolved.addresses) {
    const std::int64_t until_ms = ShareOf(deadline_ms, loop.now_ms(), left--);
    // Only here is it known where a name leads; it may lead elsewhere than when it was entered.
    if (IsMetadataAddress(reinterpret_cast<const sockaddr&>(address.storage))) {
      error = ConnectError::kForbidden;
      continue;
    }
    std::unique_ptr<Stream> stream = StartConnect(loop, address);
    if (stream == nullptr) continue;
    error = co_await Await(loop, *stream, ready::kWrite, client, until_ms);
    if (error == ConnectError::kNone && !Connected(*stream)) error = ConnectError::kRefused;
    if (error == ConnectError::kNone) NoteTime(target, &ConnectTimes::connected_ns);
    if (error == ConnectError::kNone && target.proxy != nullptr) {
      error = ErrorOf(co_await OpenTunnel(loop, *stream, *target.proxy, target.host, target.port,
                                          client, until_ms));
      if (error == ConnectError::kNone) NoteTime(target, &ConnectTimes::proxied_ns);
    }
    if (error == ConnectError::kNone && target.tls) {
      error = co_await HandshakeTls(loop, tls, target, *stream, client, until_ms);
      if (error == ConnectError::kNone) NoteTime(target, &ConnectTimes::secured_ns);
    }
    if (error == ConnectError::kNone) co_return ConnectResult{std::move(stream), error};
    if (error == ConnectError::kTimeout && until_ms == deadline_ms) break;
    if (error == ConnectError::kClientGone) break;
  }
  co_return ConnectResult{nullptr, error};
}

}  // namespace weir::relay

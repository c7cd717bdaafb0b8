#include "services/relay/net/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <coroutine>
#include <utility>

namespace weir::relay {
namespace {

// Bounds what the kernel takes in for a client that does not read: see ENGINE in ARCHITECTURE.md.
constexpr int kReceiveBufferBytes = 64 * 1024;

// co_await: the resolver's answer, or nothing when the waiting coroutine was destroyed before.
class AwaitAddresses {
 public:
  AwaitAddresses(EventLoop& loop, Resolver& resolver, const std::string& host, int port)
      : loop_(loop), resolver_(resolver), host_(host), port_(port) {}
  ~AwaitAddresses() {
    if (shared_ != nullptr) shared_->waiting = nullptr;
  }

  bool await_ready() { return resolver_.Cached(host_, port_, addresses_); }
  void await_suspend(std::coroutine_handle<> caller) {
    shared_ = std::make_shared<Shared>();
    shared_->waiting = this;
    caller_ = caller;
    resolver_.Resolve(loop_, host_, port_, [shared = shared_](Resolver::Addresses addresses) {
      AwaitAddresses* waiting = shared->waiting;
      if (waiting == nullptr) return;
      waiting->addresses_ = std::move(addresses);
      waiting->caller_.resume();
    });
  }
  Resolver::Addresses await_resume() { return std::move(addresses_); }

 private:
  struct Shared {
    AwaitAddresses* waiting;
  };

  EventLoop& loop_;
  Resolver& resolver_;
  const std::string& host_;
  int port_;
  Resolver::Addresses addresses_;
  std::shared_ptr<Shared> shared_;
  std::coroutine_handle<> caller_;
};

std::unique_ptr<Stream> StartConnect(EventLoop& loop, const SocketAddress& address) {
  const int fd =
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
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

}  // namespace

Task<ConnectResult> Connect(EventLoop& loop, Resolver& resolver, TlsClient& tls,
                            const ConnectTarget& target, FdWatch& client,
                            std::int64_t deadline_ms) {
  const Resolver::Addresses addresses =
      co_await AwaitAddresses(loop, resolver, target.host, target.port);
  ConnectError error = addresses.empty() ? ConnectError::kResolve : ConnectError::kRefused;
  for (const SocketAddress& address : addresses) {
    std::unique_ptr<Stream> stream = StartConnect(loop, address);
    if (stream == nullptr) continue;
    error = co_await Await(loop, *stream, ready::kWrite, client, deadline_ms);
    if (error == ConnectError::kNone && !Connected(*stream)) error = ConnectError::kRefused;
    if (error == ConnectError::kNone && target.tls) {
      error = co_await HandshakeTls(loop, tls, target, *stream, client, deadline_ms);
    }
    if (error == ConnectError::kNone) co_return ConnectResult{std::move(stream), error};
    if (error == ConnectError::kTimeout || error == ConnectError::kClientGone) break;
  }
  co_return ConnectResult{nullptr, error};
}

}  // namespace weir::relay

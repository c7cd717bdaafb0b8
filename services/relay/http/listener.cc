#include "services/relay/http/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/statusor.h"

#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr int kAcceptsPerTurn = 64;  // so that a flood of connections leaves turns to the others
constexpr std::int64_t kAcceptPauseMs = 100;  // after running out of descriptors or memory
constexpr int kSendBufferBytes = 128 * 1024;

std::string AddressText(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
    return text;
  }
  const auto& address = reinterpret_cast<const sockaddr_in6&>(storage);
  ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
  constexpr std::string_view kMapped = "::ffff:";
  const std::string_view view(text);
  return std::string(view.starts_with(kMapped) ? view.substr(kMapped.size()) : view);
}

int OpenSocket(const addrinfo& info, bool shared) {
  const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (::bind(fd, info.ai_addr, info.ai_addrlen) != 0 || ::listen(fd, Listener::kBacklog) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

bool HasUnread(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// Opens a socket on `host`:`port`; errors name them.
absl::StatusOr<int> Open(const std::string& host, int port, bool shared) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return absl::InvalidArgumentError(StrCat("cannot resolve the listen address '", host, "'"));
  }
  const int fd = OpenSocket(*found, shared);
  const int error = errno;
  ::freeaddrinfo(found);
  if (fd < 0) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", host, ":", port, ": ", std::strerror(error)));
  }
  return fd;
}

}  // namespace

Listener::~Listener() {
  loop_.timers().Remove(*this);
  if (watch_.fd >= 0) {
    loop_.Unwatch(watch_);
    ::close(watch_.fd);
  }
}

absl::Status Listener::CheckFree(const std::string& host, int port) {
  const absl::StatusOr<int> fd = Open(host, port, /*shared=*/false);
  if (fd.ok()) ::close(*fd);
  return fd.status();
}

absl::Status Listener::Listen(const std::string& host, int port) {
  const absl::StatusOr<int> fd = Open(host, port, /*shared=*/true);
  if (!fd.ok()) return fd.status();
  watch_.fd = *fd;
  watch_.waiter = this;
  watch_.wanted = ready::kRead;
  if (!loop_.Watch(watch_)) return absl::ResourceExhaustedError("cannot watch the listener");
  return absl::OkStatus();
}

void Listener::Wake(bool /*timed_out*/) {
  if (draining_) {
    CloseUnused();
    return;
  }
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!AcceptOne()) return;
  }
  // Edge-triggered: what is left in the queue makes no new event, so come back by ourselves.
  loop_.Post([this] {
    if (watch_.fd >= 0) Wake(false);
  });
}

bool Listener::AcceptOne() {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  const int fd = ::accept4(watch_.fd, reinterpret_cast<sockaddr*>(&storage), &length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == ECONNABORTED || errno == EINTR) return true;
    if (errno != EAGAIN) {
      LogError("cannot accept a connection", {{"error", std::strerror(errno)}});
      // Edge-triggered: the queue would wait for the next connection to be noticed again.
      loop_.timers().Add(*this, loop_.now_ms() + kAcceptPauseMs);
    }
    return false;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof(kSendBufferBytes));
  Serve(fd, AddressText(storage));
  return true;
}

DetachedTask Listener::Serve(int fd, std::string address) {
  Stream stream(loop_, fd);
  if (!stream.usable()) co_return;
  handler_.OnConnection(/*opened=*/true);
  const auto session = sessions_.insert(sessions_.end(), Session{&stream, true});
  {
    Exchange exchange(stream, limits_, address);
    for (;;) {
      session->idle = true;
      const ReadStatus status = co_await exchange.ReadHead(
          draining_ ? limits_.drain_idle_ms : limits_.keep_alive_timeout_ms);
      session->idle = false;
      session->unused = false;
      if (status == ReadStatus::kClosed) break;
      if (draining_) exchange.CloseAfter();
      if (status == ReadStatus::kComplete) {
        co_await handler_.Handle(exchange);
      } else {
        co_await handler_.HandleBadHead(exchange, status);
      }
      exchange.ReleaseRequest();
      // A draining relay goes on reading here as well: the answer's head did not say "close", so
      // the next request may be on its way.
      if (!exchange.keep_alive()) {
        co_await exchange.Linger();
        break;
      }
    }
  }
  sessions_.erase(session);
  handler_.OnConnection(/*opened=*/false);
}

void Listener::Drain() {
  draining_ = true;
  if (watch_.fd >= 0) {
    // What the kernel has queued for this socket would be reset with it.
    while (AcceptOne()) {
    }
    loop_.Unwatch(watch_);
    ::close(std::exchange(watch_.fd, -1));
  }
  for (Session& session : sessions_) session.unused = session.idle;
  loop_.timers().Remove(*this);
  loop_.timers().Add(*this, loop_.now_ms() + limits_.drain_idle_ms);
}

void Listener::CloseUnused() {
  for (Session& session : sessions_) {
    // What has sent its request already still has its turn, also when the loop has not heard of it
    // yet: with its reading side shut it would look as if its client had gone.
    const FdWatch& watch = session.stream->watch();
    if (session.unused && (watch.ready & ready::kRead) == 0 && !HasUnread(watch.fd)) {
      ::shutdown(watch.fd, SHUT_RD);
    }
  }
}

void Listener::CloseAll() {
  for (Session& session : sessions_) ::shutdown(session.stream->watch().fd, SHUT_RDWR);
}

}  // namespace weir::relay

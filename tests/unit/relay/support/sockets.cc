#include "tests/unit/relay/support/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace weir::relay::testing {
namespace {

constexpr int kWaitMs = 5'000;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

sockaddr_in AddressOf(const std::string& address, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &out.sin_addr) != 1) Die("inet_pton");
  return out;
}

}  // namespace

void Socket::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Socket::Send(std::string_view data) const {
  while (!data.empty()) {
    const ssize_t sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (sent < 0) Die("send");
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Socket::TakeAll() const {
  std::string all;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(received));
  }
}

std::string Socket::Receive(std::size_t bytes) const {
  std::string all;
  std::array<char, 64 * 1024> buffer;
  while (all.size() < bytes) {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, kWaitMs) <= 0) return all;
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (received <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(received));
  }
  return all;
}

std::pair<Socket, Socket> SocketPair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) Die("socketpair");
  if (::fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0) Die("fcntl");
  return {Socket(fds[0]), Socket(fds[1])};
}

Listening ListenOn(const std::string& address, int port, int backlog) {
  Listening listening{Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), port};
  const int fd = listening.socket.fd();
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in where = AddressOf(address, port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof(where)) != 0) Die("bind");
  if (::listen(fd, backlog) != 0) Die("listen");
  socklen_t size = sizeof(where);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size);
  listening.port = ntohs(where.sin_port);
  return listening;
}

FullBacklog::FullBacklog(const std::string& address, int port)
    : listening_(ListenOn(address, port, 0)) {
  const sockaddr_in where = AddressOf(address, listening_.port);
  for (Socket& filler : fillers_) {
    filler = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    // Some will never be through: that is what they are for.
    static_cast<void>(
        ::connect(filler.fd(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)));
  }
}

}  // namespace weir::relay::testing

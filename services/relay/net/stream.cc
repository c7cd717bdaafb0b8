#include "services/relay/net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "services/relay/net/system_calls.h"

namespace weir::relay {
namespace {

bool IsBusy(int error) { return error == EAGAIN; }

}  // namespace

Stream::Stream(EventLoop& loop, int fd) : loop_(loop) {
  watch_.fd = fd;
  watched_ = loop_.Watch(watch_);
}

Stream::~Stream() {
  if (watched_) loop_.Unwatch(watch_);
  if (ssl_ != nullptr) {
    // One close_notify if it can be had for nothing; its absence is no error to anybody.
    if (!peer_gone()) SSL_shutdown(ssl_);
    ERR_clear_error();
    SSL_free(ssl_);
  }
  ::close(watch_.fd);
}

std::int64_t Stream::unacknowledged_ms() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  // A pair of sockets of our own has no such thing.
  if (::getsockopt(watch_.fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_unacked == 0 ? 0 : info.tcpi_last_ack_recv;
}

IoResult Stream::Read(char* out, std::size_t size) {
  if (ssl_ != nullptr) return ReadTls(out, size);
  // The last read emptied the socket, and no edge has come since: asking the kernel would tell the
  // same.
  if ((watch_.ready & ready::kRead) == 0) return {IoStatus::kWouldBlock, 0};
  const ssize_t received = ReceiveCall(watch_.fd, out, size);
  if (received > 0) {
    const auto bytes = static_cast<std::size_t>(received);
    // A short read has emptied the socket; new data makes a new edge. With a hang-up there may be
    // no further edge, so the bit stays until the end is read.
    if (bytes < size && !peer_gone()) watch_.ready &= static_cast<std::uint8_t>(~ready::kRead);
    return {IoStatus::kDone, bytes};
  }
  if (received == 0) return {IoStatus::kEnd, 0};
  if (!IsBusy(errno)) return {IoStatus::kError, 0};
  watch_.ready &= static_cast<std::uint8_t>(~ready::kRead);
  return {IoStatus::kWouldBlock, 0};
}

IoResult Stream::Write(std::span<const iovec> pieces) {
  if (ssl_ != nullptr) return WriteTls(pieces);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  const ssize_t sent = SendCall(watch_.fd, message);
  if (sent >= 0) return {IoStatus::kDone, static_cast<std::size_t>(sent)};
  if (!IsBusy(errno)) return {IoStatus::kError, 0};
  watch_.ready &= static_cast<std::uint8_t>(~ready::kWrite);
  return {IoStatus::kWouldBlock, 0};
}

void Stream::ShutdownWrite() {
  if (ssl_ != nullptr) {
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  ::shutdown(watch_.fd, SHUT_WR);
}

void Stream::StartTls(SSL* ssl) {
  ssl_ = ssl;
  SSL_set_fd(ssl_, watch_.fd);
}

IoResult Stream::Handshake() {
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return {IoStatus::kDone, 0};
  return FailedTls(result);
}

// As many records as fit: a provider that writes each event of a stream by itself makes a record of
// each, and one by one each would go on to the client in a packet of its own.
IoResult Stream::ReadTls(char* out, std::size_t size) {
  if ((watch_.ready & ready::kRead) == 0 && SSL_has_pending(ssl_) == 0) {
    return {IoStatus::kWouldBlock, 0};
  }
  std::size_t total = 0;
  while (total < size) {
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_, out + total, size - total, &bytes);
    if (result != 1) {
      const IoResult failed = FailedTls(result);
      if (total == 0) return failed;
      break;  // an end or an error is told again by the next read
    }
    total += bytes;
  }
  return {IoStatus::kDone, total};
}

IoResult Stream::WriteTls(std::span<const iovec> pieces) {
  // Small pieces become one record; a record holds 16 KiB.
  constexpr std::size_t kRecordBytes = 16 * 1024;
  thread_local std::unique_ptr<char[]> record(new char[kRecordBytes]);
  std::size_t size = 0;
  const char* data = record.get();
  if (pieces.size() == 1) {
    data = static_cast<const char*>(pieces[0].iov_base);
    size = pieces[0].iov_len;
  } else {
    for (const iovec& piece : pieces) {
      const std::size_t part = std::min(piece.iov_len, kRecordBytes - size);
      std::memcpy(record.get() + size, piece.iov_base, part);
      size += part;
    }
  }
  if (size == 0) return {IoStatus::kDone, 0};
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_, data, size, &bytes);
  if (result == 1) return {IoStatus::kDone, bytes};
  return FailedTls(result);
}

IoResult Stream::FailedTls(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      tls_wants_ = ready::kRead;
      watch_.ready &= static_cast<std::uint8_t>(~ready::kRead);
      return {IoStatus::kWouldBlock, 0};
    case SSL_ERROR_WANT_WRITE:
      tls_wants_ = ready::kWrite;
      watch_.ready &= static_cast<std::uint8_t>(~ready::kWrite);
      return {IoStatus::kWouldBlock, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::kEnd, 0};
    default:
      ERR_clear_error();
      return {IoStatus::kError, 0};
  }
}

}  // namespace weir::relay

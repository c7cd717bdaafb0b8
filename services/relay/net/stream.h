// A TCP connection on a loop, plain or TLS, non-blocking. Reads and writes say what happened and
// never wait; waiting is WaitFor on watch().
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "services/relay/net/event_loop.h"

using SSL = struct ssl_st;

namespace weir::relay {

enum class IoStatus : std::uint8_t {
  kDone,        // `bytes` were moved, at least one
  kWouldBlock,  // wait for the bits of Wants()
  kEnd,         // read: the peer has finished
  kError,       // the connection is of no use any more
};

struct IoResult {
  IoStatus status = IoStatus::kError;
  std::size_t bytes = 0;
};

// A run of bytes to be written; it is not changed.
inline iovec Piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

// Owns the descriptor and the TLS state. Lives and dies on the loop's thread; its address is known
// to the loop, so it stays where it was made.
class Stream {
 public:
  // Takes over `fd`, already non-blocking. `loop` must outlive the stream.
  Stream(EventLoop& loop, int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // False when the loop could not take it.
  bool usable() const { return watched_; }

  IoResult Read(char* out, std::size_t size);
  IoResult Write(std::string_view data) {
    const iovec piece = Piece(data);
    return Write(std::span<const iovec>(&piece, 1));
  }
  // Some of the pieces, in order.
  IoResult Write(std::span<const iovec> pieces);

  // No more writing from us; the peer sees an end.
  void ShutdownWrite();

  FdWatch& watch() { return watch_; }
  EventLoop& loop() { return loop_; }
  bool peer_gone() const { return (watch_.ready & ready::kHangup) != 0; }
  // How long the peer's machine has acknowledged nothing, while it owes an acknowledgement; 0 = it
  // owes none. A peer that has only stopped reading owes none, since it answers probes.
  std::int64_t unacknowledged_ms() const;

  // Takes over `ssl`, whose handshake is still to come.
  void StartTls(SSL* ssl);
  bool tls() const { return ssl_ != nullptr; }
  SSL* ssl() { return ssl_; }
  // One step: kDone when finished; else as Read. The handshake decides which bits it waits for.
  IoResult Handshake();
  std::uint8_t handshake_wants() const { return tls_wants_; }

 private:
  IoResult ReadTls(char* out, std::size_t size);
  IoResult WriteTls(std::span<const iovec> pieces);
  IoResult FailedTls(int result);

  EventLoop& loop_;
  FdWatch watch_;
  bool watched_;
  std::uint8_t tls_wants_ = ready::kRead;
  SSL* ssl_ = nullptr;
};

}  // namespace weir::relay

// One client connection's side of one request and its answer: what the path may do to the client.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "services/relay/http/padded_buffer.h"
#include "services/relay/http1/body_decoder.h"
#include "services/relay/http1/head_parser.h"
#include "services/relay/net/stream.h"
#include "services/relay/net/task.h"

namespace weir::relay {

// Sizes in bytes, times in milliseconds.
struct HttpLimits {
  std::int64_t request_head_bytes_max = 64 * 1024;
  std::int64_t request_body_bytes_max = 32 * 1024 * 1024;
  std::int64_t request_head_timeout_ms = 15'000;  // first byte until the empty line
  std::int64_t request_body_timeout_ms = 30'000;  // between two reads of a body
  std::int64_t client_write_timeout_ms = 60'000;  // until a client that stopped reading is given up
  std::int64_t keep_alive_timeout_ms = 75'000;    // idle between two requests
  std::int64_t drain_idle_ms = 3'000;             // the same, once the relay drains
  std::int64_t websocket_idle_ms = 3'600'000;     // between two messages; 0 = no WebSockets
};

enum class ReadStatus : std::uint8_t {
  kComplete,
  kClosed,  // the client left; nobody to answer
  kTimeout,
  kTooLarge,
  kTooManyFields,
  kMalformed,
  kNoMemory,  // the relay holds as much as it may
};

// Made once per connection and used for its requests one after the other. On the loop's thread.
class Exchange {
 public:
  // All must outlive the exchange.
  Exchange(Stream& stream, const HttpLimits& limits, std::string_view client_address)
      : stream_(stream),
        limits_(limits),
        client_address_(client_address),
        request_charge_(stream.loop().buffers()),
        pending_charge_(stream.loop().buffers()) {}

  // --- the request ---

  // Waits for the next request's head, `idle_ms` for its first byte. kMalformed: problem() says
  // why.
  Task<ReadStatus> ReadHead(std::int64_t idle_ms);
  // The rest of the body, into body(). Answers Expect: 100-continue first.
  Task<ReadStatus> ReadBody();

  const RequestHead& head() const { return *head_; }
  std::string_view body() const { return body_.view(); }
  PaddedBuffer& body_buffer() { return body_; }
  // After a head that could not be read: the path of its first line, as far as one can be made out.
  const std::string& guessed_path() const { return guessed_path_; }
  // And of its Origin, so that a page of the console can read why.
  const std::string& guessed_origin() const { return guessed_origin_; }
  std::string_view problem() const { return problem_; }
  std::string_view client_address() const { return client_address_; }
  // Steady ns and Unix ms of the request's first byte; steady ns when its last byte had come.
  std::int64_t began_ns() const { return began_ns_; }
  std::int64_t began_unix_ms() const { return began_unix_ms_; }
  std::int64_t received_ns() const { return received_ns_; }

  // Bytes of the body are still to come: whoever answers without ReadBody must CloseAfter, or they
  // would be taken for the next request.
  bool body_unread() const {
    return head_->chunked || static_cast<std::int64_t>(body_.size()) < head_->content_length;
  }

  // Frees head and body; a stream may last an hour and needs neither.
  void ReleaseRequest();

  // --- the answer ---

  // Sends now what can be sent and keeps the rest; true when nothing is left. When false: Flush
  // before the next Send, and read nothing more from the upstream meanwhile. A client for whose
  // rest there is no memory is given up: gone().
  bool Send(std::span<const iovec> pieces);
  bool Send(std::string_view data);
  // Until all is sent: false when the client is gone (or has not read for too long).
  Task<bool> Flush();

  bool gone() const { return gone_ || stream_.peer_gone(); }
  // Close after this answer: framing by the end of the connection, or a draining relay.
  void CloseAfter() { keep_alive_ = false; }
  // Never with a body left unread: its bytes would be taken for the next request.
  bool keep_alive() const { return keep_alive_ && body_read_ && !gone_; }
  bool http_1_0() const { return minor_version_ == 0; }

  // After the last answer: lets the client read it before the connection goes, since closing with
  // unread bytes would reset it.
  Task<void> Linger();

  // For a connection that stops speaking HTTP: what has come behind the head.
  std::string TakeAhead() { return std::exchange(ahead_, {}); }

  Stream& stream() { return stream_; }
  EventLoop& loop() { return stream_.loop(); }

 private:
  // Parses what has come; kIncomplete asks for more.
  HeadStatus TryParseHead(std::string_view data);
  void TakeHead(std::string_view data, std::size_t head_bytes);
  // Accounts for the request with a body buffer of that capacity; false when there is no room for
  // it.
  bool ChargeRequest(std::size_t body_capacity);
  Task<ReadStatus> ReadLengthBody();
  Task<ReadStatus> ReadChunkedBody();
  Task<bool> AwaitReadable(std::int64_t deadline_ms);

  Stream& stream_;
  const HttpLimits& limits_;
  std::string client_address_;

  std::unique_ptr<RequestHead> head_;
  std::unique_ptr<char[]> head_bytes_;  // what head_ views
  std::size_t head_size_ = 0;
  PaddedBuffer body_;
  std::string ahead_;    // bytes of the next request, or of a head that came in parts
  std::string pending_;  // of the answer, not yet sent
  std::size_t pending_sent_ = 0;
  BufferCharge request_charge_;  // head, body and what came ahead
  BufferCharge pending_charge_;
  std::string_view problem_;
  std::string guessed_path_;
  std::string guessed_origin_;
  std::int64_t began_ns_ = 0;
  std::int64_t began_unix_ms_ = 0;
  std::int64_t received_ns_ = 0;
  int minor_version_ = 1;
  bool keep_alive_ = true;
  bool body_read_ = true;
  bool no_memory_ = false;  // for the request at hand
  bool gone_ = false;
};

}  // namespace weir::relay

// One attempt: a connection, the request sent, the head of the answer read, its body in pieces.
// Knows HTTP and no dialect.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/http1/body_decoder.h"
#include "services/relay/http1/head_parser.h"
#include "services/relay/net/connector.h"
#include "services/relay/snapshot/snapshot.h"
#include "services/relay/upstream/connection_pool.h"

namespace weir::relay {

// What all calls of a loop share; everything outlives the calls.
struct UpstreamEnvironment {
  EventLoop& loop;
  Resolver& resolver;
  TlsClient& tls;
  ConnectionPool& pool;
};

enum class BodyReadStatus : std::uint8_t {
  kData,  // `payload` has bytes; `finished` says whether they are the last
  kWouldBlock,
  kFailed,  // cut, or broken framing
};

struct BodyRead {
  BodyReadStatus status = BodyReadStatus::kFailed;
  bool finished = false;
  std::string_view payload;  // in the loop's scratch: gone at the next suspension
};

class UpstreamCall {
 public:
  // `account` belongs to the pinned snapshot, `client` is the watch of the client's connection.
  // `timeouts` hold instead of the account's. A call whose client leaves ends at once, but once its
  // request is out it waits for the answer for `outlives_client_ms` more.
  UpstreamCall(UpstreamEnvironment& environment, const Account& account, const Timeouts& timeouts,
               FdWatch& client, std::int64_t outlives_client_ms = 0);

  // Sends `pieces` (head and body) and reads the answer's head. A kept connection that turns out to
  // be dead, because it is closed or because nothing is acknowledged, is replaced by a fresh one,
  // once. `total_deadline_ms` is steady.
  Task<AttemptOutcome> Start(std::span<const iovec> pieces, std::int64_t total_deadline_ms);

  // After kAnswered, until the next suspension or ReadBody: views into the loop's scratch. Peek and
  // AwaitMore leave it valid.
  const ResponseHead& head() const;
  BodyFraming framing() const { return body_.framing(); }
  bool body_empty() const { return body_empty_; }
  std::int64_t content_length() const { return content_length_; }  // BodyFraming::kLength

  // What the body begins with, decoded, as far as it is there; it stays for ReadBody. Valid until
  // the next suspension.
  std::string_view Peek();
  // What Peek has found so far, without looking again.
  std::string_view peeked() const { return peeked_ ? peek_.payload : std::string_view(); }
  // No more will come: it has ended, or broke off.
  bool peek_ended() const { return peeked_ && (peek_.finished || peek_failed_); }
  // Waits until there is more to Peek at. The head outlives this wait (a copy is kept until the
  // body is read). kAnswered, kTimedOut or kClientGone.
  Task<AttemptOutcome> AwaitMore(std::int64_t deadline_ms);
  std::int64_t now_ms() const { return environment_.loop.now_ms(); }

  // Next piece of the body, without waiting. On kWouldBlock wait for watch().
  BodyRead ReadBody();
  FdWatch& watch() { return stream_->watch(); }

  // All of the request went out: the provider may have begun to work, and to bill.
  bool request_sent() const { return request_sent_; }
  // Becomes 1 at that moment; must outlive Start. Null = nobody wants to know.
  void TellWhenSent(std::atomic<std::uint32_t>* sent) { tell_sent_ = sent; }

  // How connecting goes; must outlive Start. Null = nobody wants to know.
  void TellTimes(ConnectTimes* times) { times_ = times; }
  // Why there is no connection, after kConnectFailed.
  ConnectError connect_error() const { return connect_error_; }

  // Time spent waiting for the upstream, in ns: not our overhead.
  std::int64_t waited_ns() const { return waited_ns_; }

  // After the last byte: the connection goes back to the pool when it can be used again; otherwise,
  // and when this is never called, it is closed.
  void Finish();

 private:
  Task<AttemptOutcome> Open(bool fresh, std::int64_t total_deadline_ms);
  Task<AttemptOutcome> SendRequest(std::span<const iovec> pieces, std::int64_t deadline_ms);
  Task<AttemptOutcome> ReadHead(std::int64_t deadline_ms);
  Task<AttemptOutcome> Await(std::uint8_t bits, std::int64_t deadline_ms);
  Task<AttemptOutcome> AwaitAlone(std::uint8_t bits, std::int64_t deadline_ms);
  bool PeerVanished() const;
  AttemptOutcome EndedEarly() const;
  BodyRead ReadPart();
  void KeepHead();
  HeadStatus TryParse(char* data, std::size_t size);

  UpstreamEnvironment& environment_;
  const Account& account_;
  const Timeouts timeouts_;
  FdWatch& client_;
  std::int64_t outlives_client_ms_;
  std::int64_t client_left_ms_ = 0;  // steady; 0 = it is there
  std::int64_t send_began_ms_ = 0;   // steady
  std::unique_ptr<Stream> stream_;
  BodyDecoder body_;
  std::string partial_head_;  // a head that came in parts
  BufferCharge held_charge_;  // for it, then for what was peeked at
  char* early_ = nullptr;     // bytes of the body that came with the head
  std::size_t early_bytes_ = 0;
  std::int64_t waited_ns_ = 0;
  bool reused_ = false;
  bool request_sent_ = false;
  std::atomic<std::uint32_t>* tell_sent_ = nullptr;
  ConnectTimes* times_ = nullptr;
  ConnectError connect_error_ = ConnectError::kNone;
  bool any_byte_ = false;
  bool keep_alive_ = false;
  bool clean_end_ = false;
  bool body_empty_ = false;
  std::int64_t content_length_ = 0;

  // A head whose bytes in the scratch are gone, while its body's beginning is looked at.
  struct KeptHead {
    ResponseHead head;
    std::string bytes;
  };
  std::unique_ptr<KeptHead> kept_head_;
  bool peeked_ = false;
  bool peek_failed_ = false;
  BodyRead peek_;             // what ReadBody returns first
  std::string peeked_bytes_;  // what peek_ views, once it had to outlive a wait
};

}  // namespace weir::relay

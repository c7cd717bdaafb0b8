// One attempt: a connection, the request sent, the head of the answer read, its body in pieces.
// Knows HTTP and no dialect.
#pragma once

#include <sys/uio.h>

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
  UpstreamCall(UpstreamEnvironment& environment, const Account& account, FdWatch& client);

  // Sends `pieces` (head and body) and reads the answer's head. A kept connection that turns out to
  // be dead is replaced by a fresh one, once. `total_deadline_ms` is steady.
  Task<AttemptOutcome> Start(std::span<const iovec> pieces, std::int64_t total_deadline_ms);

  // After kAnswered, and only until the next suspension: views into the loop's scratch.
  const ResponseHead& head() const;
  BodyFraming framing() const { return body_.framing(); }
  bool body_empty() const { return body_.finished_at_start(); }
  std::int64_t content_length() const { return static_cast<std::int64_t>(body_.remaining()); }

  // Next piece of the body, without waiting. On kWouldBlock wait for watch().
  BodyRead ReadBody();
  FdWatch& watch() { return stream_->watch(); }

  // All of the request went out: the provider may have begun to work, and to bill.
  bool request_sent() const { return request_sent_; }

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
  AttemptOutcome EndedEarly() const;
  HeadStatus TryParse(char* data, std::size_t size);

  UpstreamEnvironment& environment_;
  const Account& account_;
  FdWatch& client_;
  std::unique_ptr<Stream> stream_;
  BodyDecoder body_;
  std::string partial_head_;  // a head that came in parts
  char* early_ = nullptr;     // bytes of the body that came with the head
  std::size_t early_bytes_ = 0;
  std::int64_t waited_ns_ = 0;
  bool reused_ = false;
  bool request_sent_ = false;
  bool any_byte_ = false;
  bool keep_alive_ = false;
  bool clean_end_ = false;
};

}  // namespace weir::relay

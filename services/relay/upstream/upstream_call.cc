#include "services/relay/upstream/upstream_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/common/clock.h"

namespace weir::relay {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;

// A head is 4 KiB and used up before the next suspension, so one per thread will do.
ResponseHead& ThreadHead() {
  thread_local ResponseHead head;
  return head;
}

BodyDecoder DecoderFor(const ResponseHead& head) {
  const bool no_body = head.status == 204 || head.status == 304;
  if (no_body) return BodyDecoder(BodyFraming::kNone);
  if (head.chunked) return BodyDecoder(BodyFraming::kChunked);
  if (head.content_length != kNoContentLength) {
    return BodyDecoder(BodyFraming::kLength, head.content_length);
  }
  return BodyDecoder(BodyFraming::kUntilClose);
}

TunnelProxy TunnelOf(const ProxyUrl& proxy) {
  const auto kind = proxy.kind == ProxyKind::kSocks5 ? TunnelProxy::Kind::kSocks5
                                                     : TunnelProxy::Kind::kHttpConnect;
  return {kind, proxy.host, proxy.port, proxy.username, proxy.password.Reveal()};
}

AttemptOutcome OutcomeOf(ConnectError error) {
  switch (error) {
    case ConnectError::kNone:
      return AttemptOutcome::kAnswered;
    case ConnectError::kClientGone:
      return AttemptOutcome::kClientGone;
    case ConnectError::kResolve:
    case ConnectError::kRefused:
    case ConnectError::kTimeout:
    case ConnectError::kTls:
    case ConnectError::kProxy:
      break;
  }
  return AttemptOutcome::kConnectFailed;
}

}  // namespace

UpstreamCall::UpstreamCall(UpstreamEnvironment& environment, const Account& account,
                           FdWatch& client)
    : environment_(environment), account_(account), client_(client) {}

const ResponseHead& UpstreamCall::head() const { return ThreadHead(); }

Task<AttemptOutcome> UpstreamCall::Start(std::span<const iovec> pieces,
                                         std::int64_t total_deadline_ms) {
  for (int round = 0; round < 2; ++round) {
    AttemptOutcome outcome = co_await Open(/*fresh=*/round == 1, total_deadline_ms);
    if (outcome != AttemptOutcome::kAnswered) co_return outcome;
    const std::int64_t deadline_ms =
        std::min(total_deadline_ms, environment_.loop.now_ms() + account_.timeouts.first_byte_ms);
    outcome = co_await SendRequest(pieces, deadline_ms);
    if (outcome == AttemptOutcome::kAnswered) outcome = co_await ReadHead(deadline_ms);
    // The upstream may close a kept connection at the moment we write to it; nothing was answered,
    // so a fresh one gets the request.
    const bool stale = outcome == AttemptOutcome::kClosed && reused_ && !any_byte_;
    if (!stale) co_return outcome;
  }
  co_return AttemptOutcome::kClosed;
}

Task<AttemptOutcome> UpstreamCall::Open(bool fresh, std::int64_t total_deadline_ms) {
  const UpstreamUrl& url = account_.url;
  stream_ = fresh ? nullptr : environment_.pool.Take(url.pool_key);
  reused_ = stream_ != nullptr;
  if (reused_) co_return AttemptOutcome::kAnswered;
  const std::int64_t began_ns = SteadyNs();
  TunnelProxy tunnel;
  ConnectTarget target{url.host, url.port, url.tls, url.pool_key};
  if (account_.proxy.has_value()) {
    tunnel = TunnelOf(*account_.proxy);
    target.proxy = &tunnel;
  }
  const std::int64_t deadline_ms =
      std::min(total_deadline_ms, environment_.loop.now_ms() + account_.timeouts.connect_ms);
  ConnectResult connected = co_await Connect(environment_.loop, environment_.resolver,
                                             environment_.tls, target, client_, deadline_ms);
  waited_ns_ += SteadyNs() - began_ns;
  stream_ = std::move(connected.stream);
  co_return OutcomeOf(connected.error);
}

Task<AttemptOutcome> UpstreamCall::Await(std::uint8_t bits, std::int64_t deadline_ms) {
  const std::int64_t began_ns = SteadyNs();
  const WaitResult result =
      co_await WaitFor(environment_.loop, stream_->watch(), bits | ready::kHangup, &client_,
                       ready::kHangup, deadline_ms);
  waited_ns_ += SteadyNs() - began_ns;
  if (result == WaitResult::kTimeout) co_return AttemptOutcome::kTimedOut;
  if ((client_.ready & ready::kHangup) != 0) co_return AttemptOutcome::kClientGone;
  co_return AttemptOutcome::kAnswered;
}

Task<AttemptOutcome> UpstreamCall::SendRequest(std::span<const iovec> pieces,
                                               std::int64_t deadline_ms) {
  std::vector<iovec> rest;
  for (;;) {
    const IoResult sent = stream_->Write(pieces);
    // It may have answered (413, say) and closed without reading all: the head will tell.
    if (sent.status == IoStatus::kError || sent.status == IoStatus::kEnd) {
      co_return AttemptOutcome::kAnswered;
    }
    if (sent.status == IoStatus::kDone) {
      std::size_t bytes = sent.bytes;
      std::size_t whole = 0;
      while (whole < pieces.size() && bytes >= pieces[whole].iov_len) {
        bytes -= pieces[whole++].iov_len;
      }
      if (whole == pieces.size()) {
        request_sent_ = true;
        co_return AttemptOutcome::kAnswered;
      }
      rest.assign(pieces.begin() + static_cast<std::ptrdiff_t>(whole), pieces.end());
      rest[0].iov_base = static_cast<char*>(rest[0].iov_base) + bytes;
      rest[0].iov_len -= bytes;
      pieces = rest;
      continue;
    }
    const AttemptOutcome outcome = co_await Await(ready::kWrite, deadline_ms);
    if (outcome != AttemptOutcome::kAnswered) co_return outcome;
    if (stream_->peer_gone()) co_return AttemptOutcome::kAnswered;
  }
}

Task<AttemptOutcome> UpstreamCall::ReadHead(std::int64_t deadline_ms) {
  for (;;) {
    if ((stream_->watch().ready & ready::kRead) == 0) {
      const AttemptOutcome outcome = co_await Await(ready::kRead, deadline_ms);
      if (outcome != AttemptOutcome::kAnswered) co_return outcome;
    }
    char* scratch = environment_.loop.scratch();
    const IoResult read = stream_->Read(scratch, EventLoop::kScratchBytes);
    if (read.status == IoStatus::kWouldBlock) continue;
    if (read.status != IoStatus::kDone) co_return EndedEarly();
    any_byte_ = true;
    char* data = scratch;
    std::size_t size = read.bytes;
    if (!partial_head_.empty()) {
      partial_head_.append(scratch, read.bytes);
      data = partial_head_.data();
      size = partial_head_.size();
    }
    const HeadStatus status = TryParse(data, size);
    if (status == HeadStatus::kComplete) co_return AttemptOutcome::kAnswered;
    if (status != HeadStatus::kIncomplete || size > kHeadBytesMax) {
      co_return AttemptOutcome::kMalformed;
    }
    if (partial_head_.empty()) partial_head_.assign(early_, early_bytes_);
  }
}

// The end came before a whole head: either nothing was said, or not in HTTP.
AttemptOutcome UpstreamCall::EndedEarly() const {
  const bool http = std::string_view(partial_head_).starts_with("HTTP/1.");
  return partial_head_.empty() || http ? AttemptOutcome::kClosed : AttemptOutcome::kMalformed;
}

// Passes over interim answers (1xx); leaves in early_ what is behind the head, or the incomplete
// rest.
HeadStatus UpstreamCall::TryParse(char* data, std::size_t size) {
  ResponseHead& head = ThreadHead();
  for (;;) {
    early_ = data;
    early_bytes_ = size;
    const HeadResult result = ParseResponseHead({data, size}, head);
    if (result.status != HeadStatus::kComplete) return result.status;
    data += result.bytes;
    size -= result.bytes;
    if (head.status >= 200) break;
  }
  early_ = data;
  early_bytes_ = size;
  body_ = DecoderFor(head);
  keep_alive_ = head.keep_alive && body_.framing() != BodyFraming::kUntilClose;
  clean_end_ = body_.finished_at_start() && size == 0;
  return HeadStatus::kComplete;
}

BodyRead UpstreamCall::ReadBody() {
  char* data = std::exchange(early_, nullptr);
  std::size_t size = std::exchange(early_bytes_, 0);
  if (size == 0) {
    if (!partial_head_.empty()) std::string().swap(partial_head_);
    data = environment_.loop.scratch();
    const IoResult read = stream_->Read(data, EventLoop::kScratchBytes);
    if (read.status == IoStatus::kWouldBlock) return {BodyReadStatus::kWouldBlock, false, {}};
    if (read.status == IoStatus::kEnd && body_.framing() == BodyFraming::kUntilClose) {
      return {BodyReadStatus::kData, true, {}};
    }
    if (read.status != IoStatus::kDone) return {BodyReadStatus::kFailed, false, {}};
    size = read.bytes;
  }
  const BodyPart part = body_.Decode(data, size);
  const std::string_view payload(data, part.payload_bytes);
  if (part.status == BodyStatus::kMalformed) return {BodyReadStatus::kFailed, false, payload};
  const bool finished = part.status == BodyStatus::kFinished;
  // Bytes behind the end belong to no request of ours: such a connection is not used again.
  clean_end_ = finished && part.consumed_bytes == size;
  return {BodyReadStatus::kData, finished, payload};
}

void UpstreamCall::Finish() {
  if (stream_ != nullptr && keep_alive_ && clean_end_) {
    environment_.pool.Give(account_.url.pool_key, std::move(stream_));
  }
}

}  // namespace weir::relay

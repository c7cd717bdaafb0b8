#include "services/relay/upstream/upstream_call.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "libs/common/clock.h"

namespace weir::relay {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;  // with the interim answers before it

// How often a call that waits looks whether its peer's machine is there, and how long that may
// acknowledge nothing: five retransmissions and more.
constexpr std::int64_t kLookMs = 5'000;
constexpr std::int64_t kUnacknowledgedMsMax = 10'000;

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
    case ConnectError::kForbidden:
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
                           const Timeouts& timeouts, FdWatch& client,
                           std::int64_t outlives_client_ms)
    : environment_(environment),
      account_(account),
      timeouts_(timeouts),
      client_(client),
      outlives_client_ms_(outlives_client_ms),
      held_charge_(environment.loop.buffers()) {}

const ResponseHead& UpstreamCall::head() const {
  const KeptHead* kept = kept_head_.get();
  if (kept == nullptr) return ThreadHead();
  return kept->head;
}

Task<AttemptOutcome> UpstreamCall::Start(std::span<const iovec> pieces,
                                         std::int64_t total_deadline_ms) {
  for (int round = 0; round < 2; ++round) {
    AttemptOutcome outcome = co_await Open(/*fresh=*/round == 1, total_deadline_ms);
    if (outcome != AttemptOutcome::kAnswered) co_return outcome;
    const std::int64_t deadline_ms =
        std::min(total_deadline_ms, environment_.loop.now_ms() + timeouts_.first_byte_ms);
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
  request_sent_ = false;
  if (tell_sent_ != nullptr) tell_sent_->store(0, std::memory_order_relaxed);
  if (reused_) co_return AttemptOutcome::kAnswered;
  const std::int64_t began_ns = SteadyNs();
  TunnelProxy tunnel;
  ConnectTarget target{url.host, url.port, url.tls, url.pool_key};
  target.times = times_;
  if (account_.proxy.has_value()) {
    tunnel = TunnelOf(*account_.proxy);
    target.proxy = &tunnel;
  }
  const std::int64_t deadline_ms =
      std::min(total_deadline_ms, environment_.loop.now_ms() + timeouts_.connect_ms);
  ConnectResult connected = co_await Connect(environment_.loop, environment_.resolver,
                                             environment_.tls, target, client_, deadline_ms);
  waited_ns_ += SteadyNs() - began_ns;
  stream_ = std::move(connected.stream);
  connect_error_ = connected.error;
  co_return OutcomeOf(connected.error);
}

Task<AttemptOutcome> UpstreamCall::Await(std::uint8_t bits, std::int64_t deadline_ms) {
  const std::int64_t began_ns = SteadyNs();
  WaitResult result = WaitResult::kTimeout;
  bool vanished = false;
  do {
    const std::int64_t look_ms = std::min(deadline_ms, environment_.loop.now_ms() + kLookMs);
    result = co_await WaitFor(environment_.loop, stream_->watch(), bits | ready::kHangup, &client_,
                              ready::kHangup, look_ms);
    vanished = result == WaitResult::kTimeout && PeerVanished();
  } while (result == WaitResult::kTimeout && !vanished && environment_.loop.now_ms() < deadline_ms);
  waited_ns_ += SteadyNs() - began_ns;
  if (vanished) co_return AttemptOutcome::kClosed;
  if (result == WaitResult::kTimeout) co_return AttemptOutcome::kTimedOut;
  if ((client_.ready & ready::kHangup) == 0) co_return AttemptOutcome::kAnswered;
  if (outlives_client_ms_ == 0 || !request_sent_) co_return AttemptOutcome::kClientGone;
  const AttemptOutcome outcome = co_await AwaitAlone(bits, deadline_ms);
  co_return outcome;
}

// The client has left, and the provider works on its request.
Task<AttemptOutcome> UpstreamCall::AwaitAlone(std::uint8_t bits, std::int64_t deadline_ms) {
  const std::int64_t began_ns = SteadyNs();
  if (client_left_ms_ == 0) client_left_ms_ = environment_.loop.now_ms();
  const std::int64_t alone_deadline_ms =
      std::min(deadline_ms, client_left_ms_ + outlives_client_ms_);
  const WaitResult result = co_await WaitFor(environment_.loop, stream_->watch(),
                                             bits | ready::kHangup, alone_deadline_ms);
  waited_ns_ += SteadyNs() - began_ns;
  co_return result == WaitResult::kTimeout ? AttemptOutcome::kClientGone
                                           : AttemptOutcome::kAnswered;
}

// Not a byte of this request, or of what it has left to send, has been acknowledged for so long. An
// idle connection's last acknowledgement is old, so what counts begins with the request.
bool UpstreamCall::PeerVanished() const {
  const std::int64_t sending_ms = environment_.loop.now_ms() - send_began_ms_;
  return std::min(sending_ms, stream_->unacknowledged_ms()) >= kUnacknowledgedMsMax;
}

Task<AttemptOutcome> UpstreamCall::SendRequest(std::span<const iovec> pieces,
                                               std::int64_t deadline_ms) {
  std::vector<iovec> rest;
  send_began_ms_ = environment_.loop.now_ms();
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
        if (tell_sent_ != nullptr) tell_sent_->store(1, std::memory_order_relaxed);
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
  std::size_t seen_bytes = 0;
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
    seen_bytes += read.bytes;
    char* data = scratch;
    std::size_t size = read.bytes;
    if (!partial_head_.empty()) {
      partial_head_.append(scratch, read.bytes);
      data = partial_head_.data();
      size = partial_head_.size();
    }
    const HeadStatus status = TryParse(data, size);
    const bool complete = status == HeadStatus::kComplete;
    if ((complete ? size - early_bytes_ : seen_bytes) > kHeadBytesMax) {
      co_return AttemptOutcome::kMalformed;
    }
    if (complete) co_return AttemptOutcome::kAnswered;
    if (status != HeadStatus::kIncomplete) co_return AttemptOutcome::kMalformed;
    if (partial_head_.empty()) partial_head_.assign(early_, early_bytes_);
    held_charge_.SetAnyway(partial_head_.capacity());
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
  body_empty_ = body_.finished_at_start();
  content_length_ = static_cast<std::int64_t>(body_.remaining());
  clean_end_ = body_empty_ && size == 0;
  return HeadStatus::kComplete;
}

void UpstreamCall::KeepHead() {
  if (kept_head_ != nullptr) return;
  const ResponseHead& from = ThreadHead();
  auto kept = std::make_unique<KeptHead>();
  ResponseHead& to = kept->head;
  to.status = from.status;
  to.minor_version = from.minor_version;
  to.content_length = from.content_length;
  to.chunked = from.chunked;
  to.keep_alive = from.keep_alive;
  std::size_t bytes = 0;
  for (const HeaderField& field : from.all()) bytes += field.name.size() + field.value.size();
  kept->bytes.reserve(bytes);  // so that the views below stay
  const auto keep = [&kept](std::string_view text) {
    kept->bytes += text;
    return std::string_view(kept->bytes).substr(kept->bytes.size() - text.size());
  };
  for (const HeaderField& field : from.all()) {
    HeaderField& copy = to.storage[to.count++];
    copy.name = keep(field.name);
    copy.value = keep(field.value);
  }
  kept_head_ = std::move(kept);
}

std::string_view UpstreamCall::Peek() {
  if (!peeked_) {
    if (early_bytes_ == 0) KeepHead();  // reading on overwrites the bytes it views
    const BodyRead read = ReadPart();
    if (read.status == BodyReadStatus::kWouldBlock) return {};
    peeked_ = true;
    peek_failed_ = read.status == BodyReadStatus::kFailed;
    peek_ = read;
    peek_.status = BodyReadStatus::kData;
  }
  return peek_.payload;
}

Task<AttemptOutcome> UpstreamCall::AwaitMore(std::int64_t deadline_ms) {
  KeepHead();
  if (peeked_ && peeked_bytes_.empty()) {
    // The loop's scratch is others' during the wait, also when nothing more comes of it.
    peeked_bytes_.assign(peek_.payload);
    held_charge_.SetAnyway(peeked_bytes_.capacity());
    peek_.payload = peeked_bytes_;
  }
  for (;;) {
    const BodyRead read = ReadPart();
    if (read.status != BodyReadStatus::kWouldBlock) {
      peeked_ = true;
      peek_failed_ = read.status == BodyReadStatus::kFailed;
      peeked_bytes_.append(read.payload);
      held_charge_.SetAnyway(peeked_bytes_.capacity());
      peek_ = {BodyReadStatus::kData, read.finished, peeked_bytes_};
      co_return AttemptOutcome::kAnswered;
    }
    const AttemptOutcome outcome = co_await Await(ready::kRead, deadline_ms);
    if (outcome != AttemptOutcome::kAnswered) co_return outcome;
  }
}

BodyRead UpstreamCall::ReadBody() {
  if (peeked_) {
    peeked_ = false;
    kept_head_.reset();
    return peek_;
  }
  if (peek_failed_) return {BodyReadStatus::kFailed, false, {}};
  if (!peeked_bytes_.empty()) {
    std::string().swap(peeked_bytes_);
    held_charge_.Set(0);
  }
  return ReadPart();
}

BodyRead UpstreamCall::ReadPart() {
  char* data = std::exchange(early_, nullptr);
  std::size_t size = std::exchange(early_bytes_, 0);
  if (size == 0) {
    if (!partial_head_.empty()) {
      std::string().swap(partial_head_);
      held_charge_.Set(0);
    }
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

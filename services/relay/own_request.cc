#include "services/relay/own_request.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "services/relay/http/exchange.h"
#include "services/relay/relay_request.h"

namespace weir::relay {
namespace {

// The other end of the pair: what a listener does with a connection, for one request.
DetachedTask ServeOne(RelayEnvironment& environment, int fd, std::string client_address,
                      std::shared_ptr<LoopSignal> ended, std::shared_ptr<bool> over) {
  {
    Stream stream(environment.upstream.loop, fd);
    if (stream.usable()) {
      Exchange exchange(stream, environment.limits, client_address);
      const ReadStatus status =
          co_await exchange.ReadHead(environment.limits.keep_alive_timeout_ms);
      if (status == ReadStatus::kComplete) {
        co_await RelayRequest(environment, exchange);
      } else {
        co_await RefuseHead(environment, exchange, status);
      }
    }
  }
  *over = true;
  ended->Raise();
}

BodyDecoder DecoderFor(const ResponseHead& head) {
  if (head.chunked) return BodyDecoder(BodyFraming::kChunked);
  if (head.content_length >= 0) return BodyDecoder(BodyFraming::kLength, head.content_length);
  return BodyDecoder(BodyFraming::kUntilClose);
}

}  // namespace

OwnRequest::OwnRequest(RelayEnvironment& environment, std::string client_address,
                       std::string head_and_body)
    : loop_(environment.upstream.loop),
      ended_(std::make_shared<LoopSignal>(loop_)),
      over_(std::make_shared<bool>(false)),
      request_(std::move(head_and_body)) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    *over_ = true;
    return;
  }
  stream_ = std::make_unique<Stream>(loop_, pair[0]);
  ServeOne(environment, pair[1], std::move(client_address), ended_, over_);
}

std::uint8_t OwnRequest::wants() const {
  constexpr std::uint8_t kAnswer = ready::kRead | ready::kHangup;
  return request_.empty() ? kAnswer : kAnswer | ready::kWrite;
}

bool OwnRequest::Send() {
  while (!request_.empty()) {
    const IoResult result = stream_->Write(request_);
    if (result.status == IoStatus::kWouldBlock) return true;
    if (result.status != IoStatus::kDone) return false;
    request_.erase(0, result.bytes);
    if (request_.empty()) std::string().swap(request_);
  }
  return true;
}

OwnRequest::Progress OwnRequest::Step(const std::function<void(std::string_view)>& on_body) {
  // An answer may come before all is sent: a refusal is.
  (void)Send();
  for (;;) {
    char* scratch = loop_.scratch();
    const IoResult read = stream_->Read(scratch, EventLoop::kScratchBytes);
    if (read.status == IoStatus::kWouldBlock) return Progress::kWaits;
    if (read.status != IoStatus::kDone) {
      const bool whole = status_ != 0 && decoder_.framing() == BodyFraming::kUntilClose;
      return whole ? Progress::kAnswered : Progress::kBroken;
    }
    Progress progress = Progress::kWaits;
    if (status_ != 0) {
      progress = ReadBody(scratch, read.bytes, on_body);
    } else {
      if (!ReadHead({scratch, read.bytes})) return Progress::kBroken;
      if (status_ != 0) {
        std::string rest = std::exchange(head_, {});
        progress = decoder_.finished_at_start() ? Progress::kAnswered
                                                : ReadBody(rest.data(), rest.size(), on_body);
      }
    }
    if (progress != Progress::kWaits) return progress;
  }
}

// Leaves in head_ what came behind the head.
bool OwnRequest::ReadHead(std::string_view bytes) {
  head_.append(bytes);
  ResponseHead head;
  const HeadResult result = ParseResponseHead(head_, head);
  if (result.status == HeadStatus::kIncomplete) return true;
  if (result.status != HeadStatus::kComplete) return false;
  status_ = head.status;
  is_stream_ = head.HasType("text/event-stream");
  retry_after_ = std::string(head.Find("retry-after"));
  decoder_ = DecoderFor(head);
  head_.erase(0, result.bytes);
  return true;
}

OwnRequest::Progress OwnRequest::ReadBody(char* bytes, std::size_t size,
                                          const std::function<void(std::string_view)>& on_body) {
  if (size == 0) return Progress::kWaits;
  const BodyPart part = decoder_.Decode(bytes, size);
  if (part.payload_bytes > 0) on_body({bytes, part.payload_bytes});
  if (part.status == BodyStatus::kMore) return Progress::kWaits;
  return part.status == BodyStatus::kFinished ? Progress::kAnswered : Progress::kBroken;
}

void OwnRequest::Leave() {
  if (stream_ != nullptr) ::shutdown(stream_->watch().fd, SHUT_RDWR);
}

}  // namespace weir::relay

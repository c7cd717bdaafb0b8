#include "services/relay/resume.h"

#include <string>
#include <string_view>
#include <utility>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/answer_framing.h"
#include "services/relay/local_answer.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/streams/stream_registry.h"

namespace weir::relay {
namespace {

using ReadState = ResumableStream::ReadState;

constexpr std::size_t kIdBytes = 36;  // a UUID as text
constexpr std::size_t kPieceBytes = 64 * 1024;

// The id at the end of "/v1/streams/ID" or "/v1/streams/RELAY.ID", as x-weir-stream names it.
std::string_view IdOf(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  if (path.size() > kIdBytes && path[path.size() - kIdBytes - 1] == '.') {
    path.remove_prefix(path.size() - kIdBytes);
  }
  return path;
}

// False: what the client says is no number.
bool ReadAfter(const RequestHead& head, std::uint64_t& number) {
  constexpr std::string_view kAfter = "after=";
  number = 0;
  for (const std::string_view part : Split(head.query(), '&')) {
    if (part.starts_with(kAfter)) return ParseInteger(part.substr(kAfter.size()), number);
  }
  const std::string_view last = head.Find("last-event-id");
  return last.empty() || ParseInteger(last, number);
}

Task<void> RefuseResume(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                        const LocalReply& reply) {
  environment.reasons.CountLocalReply(reply.reason);
  if (exchange.body_unread()) exchange.CloseAfter();
  SendLocalReply(context, exchange, reply);
  co_await exchange.Flush();
}

std::string ResumedHead(const RequestContext& context, const Exchange& exchange,
                        AnswerFraming framing) {
  AnswerHead head;
  head.framing = framing;
  head.close = !exchange.keep_alive();
  head.request_id = context.request_id;
  head.dialect = context.dialect;
  head.console_origin = context.console_origin;
  std::string out;
  WriteAnswerHead(head, out);
  out += "content-type: text/event-stream; charset=utf-8\r\n";
  AppendStreamFields(out);
  out += "\r\n";
  return out;
}

// The reader of a stream for as long as it reads.
class Attachment {
 public:
  Attachment(ResumableStream& stream, EventLoop& loop)
      : stream_(stream),
        loop_(loop),
        signal_(std::make_shared<LoopSignal>(loop)),
        reader_(stream.Attach(signal_)) {}
  ~Attachment() { stream_.Detach(reader_, loop_.now_ms()); }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

  ReadState Read(std::uint64_t& number, std::string& out) {
    signal_->Clear();
    return stream_.Read(reader_, number, kPieceBytes, out);
  }
  FdWatch& watch() { return signal_->watch(); }

 private:
  ResumableStream& stream_;
  EventLoop& loop_;
  std::shared_ptr<LoopSignal> signal_;
  std::uint64_t reader_;
};

// From event `number` on, until the end or until one of the two sides leaves.
Task<void> PassEvents(RequestContext& context, Exchange& exchange, ResumableStream& stream,
                      std::uint64_t number) {
  const AnswerFraming framing =
      exchange.http_1_0() ? AnswerFraming::kUntilClose : AnswerFraming::kChunked;
  if (exchange.http_1_0() || exchange.body_unread()) exchange.CloseAfter();
  std::string head = ResumedHead(context, exchange, framing);
  context.record.status = 200;
  exchange.ReleaseRequest();
  Attachment attachment(stream, exchange.loop());
  std::string events;
  while (!exchange.gone()) {
    events.clear();
    const ReadState state = attachment.Read(number, events);
    if (state == ReadState::kTakenOver || state == ReadState::kLost) {
      exchange.CloseAfter();  // cut: nothing that looks like an end
      break;
    }
    const bool ended = state == ReadState::kEnded;
    const bool sent = SendPart(exchange, framing, head, events, /*last=*/ended);
    context.record.complete = ended;
    if (!sent) co_await exchange.Flush();
    if (ended) break;
    if (state == ReadState::kEvents) continue;
    constexpr std::int64_t kNoDeadline = 0;
    co_await WaitFor(exchange.loop(), attachment.watch(), ready::kRead, &exchange.stream().watch(),
                     ready::kHangup, kNoDeadline);
  }
}

}  // namespace

std::shared_ptr<ResumableStream> OpenResumable(RelayEnvironment& environment,
                                               const RequestContext& context,
                                               const Exchange& exchange) {
  if (exchange.head().Find("x-weir-resumable") != "1") return nullptr;
  if (environment.streams.limits().window_ms == 0) return nullptr;
  return environment.streams.Open({context.request_id, context.caller.key->id, context.dialect});
}

Task<void> ResumeStream(RelayEnvironment& environment, RequestContext& context,
                        Exchange& exchange) {
  const RequestHead& head = exchange.head();
  std::uint64_t number = 0;
  if (!ReadAfter(head, number)) {
    const LocalReply reply = MakeReply(reason::kBadParameter,
                                       "'after' and last-event-id must be the number of an event.");
    co_await RefuseResume(environment, context, exchange, reply);
    co_return;
  }
  const std::shared_ptr<ResumableStream> stream = environment.streams.Find(IdOf(head.path()));
  if (stream == nullptr || stream->origin().key_id != context.caller.key->id) {
    const LocalReply reply = MakeReply(reason::kNotFound);
    co_await RefuseResume(environment, context, exchange, reply);
    co_return;
  }
  context.dialect = stream->origin().dialect;
  if (!stream->HoldsAllAfter(number)) {
    const LocalReply reply = MakeReply(reason::kStreamLost, number);
    co_await RefuseResume(environment, context, exchange, reply);
    co_return;
  }
  co_await PassEvents(context, exchange, *stream, number);
}

}  // namespace weir::relay

#include "services/relay/answer_stream.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/http/response_head.h"
#include "services/relay/http1/gzip_inflater.h"
#include "services/relay/local_answer.h"
#include "services/relay/local_reply.h"
#include "services/relay/metering/answer_filter.h"
#include "services/relay/settle.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

iovec Piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

// How one answer is framed and read; lives as long as the answer.
struct Answer {
  Answer(Dialect dialect, bool hide_usage, bool event_stream, bool metered)
      : is_stream(event_stream),
        is_metered(metered),
        meter(dialect, hide_usage),
        filter(event_stream, metered ? &meter : nullptr) {}

  bool is_stream;
  bool is_metered;
  AnswerFraming framing = AnswerFraming::kChunked;
  AnswerMeter meter;
  AnswerFilter filter;
  std::unique_ptr<GzipInflater> inflater;  // null: the body is not compressed
  std::string head;                        // until it is sent
};

bool IsEventStream(const ResponseHead& head) {
  constexpr std::string_view kType = "text/event-stream";
  const std::string_view type = head.Find("content-type");
  return EqualsIgnoreCase(type.substr(0, kType.size()), kType);
}

AnswerFraming FramingOf(const UpstreamCall& call, const Exchange& exchange, bool rewritten) {
  if (call.framing() == BodyFraming::kNone) return AnswerFraming::kLength;
  if (call.framing() == BodyFraming::kLength && !rewritten) return AnswerFraming::kLength;
  return exchange.http_1_0() ? AnswerFraming::kUntilClose : AnswerFraming::kChunked;
}

void ComposeHead(RequestContext& context, const UpstreamCall& call, Exchange& exchange,
                 Answer& answer) {
  const ResponseHead& upstream = call.head();
  UsageRecord& record = context.record;
  record.status = upstream.status;
  record.stream = answer.is_stream;
  record.upstream_request_id = std::string(upstream.Find(
      context.dialect == Dialect::kAnthropicMessages ? "request-id" : "x-request-id"));
  const std::int64_t elapsed_ns = SteadyNs() - exchange.received_ns();
  record.overhead_us =
      std::max<std::int64_t>(elapsed_ns - context.upstream_waited_ns, 0) / kNsPerUs;
  if (answer.framing == AnswerFraming::kUntilClose || exchange.http_1_0()) exchange.CloseAfter();

  AnswerHead head;
  head.status = upstream.status;
  head.framing = answer.framing;
  head.content_length = call.framing() == BodyFraming::kLength ? call.content_length() : 0;
  head.close = !exchange.keep_alive();
  head.request_id = context.request_id;
  head.overhead_us = record.overhead_us;
  head.upstream_us = context.upstream_waited_ns / kNsPerUs;
  head.dialect = context.dialect;
  WriteAnswerHead(head, answer.head);
  AppendUpstreamFields(upstream, answer.is_stream, answer.head);
  answer.head += "\r\n";
}

// Sends `output` in the answer's framing, behind the head if that is still to go. `last` ends the
// body. False: Flush first.
bool SendPart(Exchange& exchange, Answer& answer, std::string_view output, bool last) {
  std::array<iovec, 5> pieces;
  std::size_t count = 0;
  std::string size_line;
  if (!answer.head.empty()) pieces[count++] = Piece(answer.head);
  const bool chunked = answer.framing == AnswerFraming::kChunked;
  if (!output.empty()) {
    if (chunked) {
      char digits[20];
      const auto end = std::to_chars(digits, digits + sizeof(digits), output.size(), 16);
      size_line.assign(digits, end.ptr);
      size_line += "\r\n";
      pieces[count++] = Piece(size_line);
    }
    pieces[count++] = Piece(output);
    if (chunked) pieces[count++] = Piece(kChunkEnd);
  }
  if (last && chunked) pieces[count++] = Piece(kLastChunk);
  if (count == 0) return true;
  const bool sent = exchange.Send(std::span<const iovec>(pieces.data(), count));
  if (!answer.head.empty()) std::string().swap(answer.head);
  return sent;
}

// How the answer ended, into the record; the terminal event alone makes a stream complete.
void NoteEnding(RequestContext& context, Answer& answer, bool finished, std::string_view failure) {
  UsageRecord& record = context.record;
  if (!answer.is_metered) {
    record.complete = finished;
    if (!finished) record.error_class = failure;
    return;
  }
  if (!answer.is_stream) answer.meter.OnBodyEnd();
  const bool whole = answer.is_stream ? answer.meter.terminal() : answer.meter.body_complete();
  record.complete = whole && !answer.meter.failed() && (finished || answer.is_stream);
  if (record.complete) return;
  if (answer.meter.failed()) {
    record.error_class = reason::kStreamError;
  } else if (!failure.empty()) {
    record.error_class = failure;
  } else {
    record.error_class = answer.is_stream ? reason::kStreamIncomplete : reason::kUpstreamMalformed;
  }
}

LocalReply StreamFailure(std::string_view failure) {
  if (failure == reason::kUpstreamTimeout) {
    return {reason::kUpstreamTimeout,
            "The provider stopped sending in the middle of its answer. Try again."};
  }
  return {reason::kStreamIncomplete, "The provider's answer broke off before its end. Try again."};
}

// Why no more will come: the word for the record, empty = go on.
std::string_view WaitOutcome(WaitResult result, const Exchange& exchange) {
  if (exchange.gone()) return reason::kClientGone;
  return result == WaitResult::kTimeout ? reason::kUpstreamTimeout : std::string_view();
}

class Passing {
 public:
  Passing(RelayEnvironment& environment, RequestContext& context, UpstreamCall& call,
          Exchange& exchange, Answer& answer)
      : environment_(environment),
        context_(context),
        call_(call),
        exchange_(exchange),
        answer_(answer) {}

  // One payload of the upstream's; false: the client needs Flush.
  // While inflating() there is more to come of this payload: Continue.
  bool Pass(std::string_view payload, bool finished) {
    if (answer_.inflater == nullptr) return PassPlain(payload, finished);
    answer_.inflater->Feed(payload);
    inflating_ = true;
    last_input_ = finished;
    return InflateStep();
  }
  bool Continue() { return InflateStep(); }
  bool inflating() const { return inflating_; }

  // The end of an answer that did not end well: an event stream says so in its own words, any other
  // answer is cut, since nothing else would tell the client.
  void Fail(std::string_view failure) {
    NoteEnding(context_, answer_, /*finished=*/false, failure);
    if (!answer_.head.empty() && !exchange_.gone()) {
      // Not a byte has gone out, so the client can still be told properly.
      const LocalReply reply = StreamFailure(failure);
      context_.record.status = LocalReplyStatus(reply, context_.dialect);
      SettleOnce();
      std::string().swap(answer_.head);
      SendLocalReply(context_, exchange_, reply);
      return;
    }
    SettleOnce();
    if (exchange_.gone()) return;
    if (!answer_.is_stream) {
      exchange_.CloseAfter();
      SendPart(exchange_, answer_, {}, /*last=*/false);
      return;
    }
    std::string event;
    if (!answer_.meter.failed() && !answer_.meter.terminal()) {
      event = LocalReplyEvent(StreamFailure(failure), context_.dialect, context_.request_id);
    }
    SendPart(exchange_, answer_, event, /*last=*/true);
  }

  bool broken() const { return broken_; }

 private:
  bool PassPlain(std::string_view payload, bool finished) {
    std::string_view output = answer_.filter.Feed(payload);
    std::string closing;
    if (finished && answer_.filter.held_bytes() > 0) {
      // The last event lacks its empty line; its sender has finished, so it is whole.
      closing.assign(output);
      closing += answer_.filter.Feed("\n\n");
      output = closing;
    }
    if (!output.empty() && context_.record.first_token_ms < 0) {
      context_.record.first_token_ms = (SteadyNs() - context_.began_ns) / kNsPerMs;
    }
    // A stream's end without its terminal event is a failure: see Fail.
    const bool ends_well =
        finished && (!answer_.is_stream || !answer_.is_metered || answer_.meter.terminal());
    if (ends_well || (answer_.is_stream && answer_.meter.terminal())) {
      NoteEnding(context_, answer_, /*finished=*/true, {});
      SettleOnce();
    }
    broken_ = finished && !ends_well;
    // While nothing has gone out, Fail can still answer properly.
    if (broken_ && output.empty() && !answer_.head.empty()) return true;
    return SendPart(exchange_, answer_, output, ends_well);
  }

  // One piece of output a step, so that a slow client is waited for in between.
  bool InflateStep() {
    std::string_view output;
    switch (answer_.inflater->Next(output)) {
      case GzipInflater::Status::kOutput:
        return PassPlain(output, /*finished=*/false);
      case GzipInflater::Status::kBroken:
        broken_ = true;
        break;
      case GzipInflater::Status::kNeedInput:
        broken_ = last_input_ && !answer_.inflater->finished();
        break;
    }
    inflating_ = false;
    return !broken_ && last_input_ ? PassPlain({}, /*finished=*/true) : true;
  }

  void SettleOnce() {
    Settle(environment_, context_, answer_.is_metered ? &answer_.meter : nullptr);
  }

  RelayEnvironment& environment_;
  RequestContext& context_;
  UpstreamCall& call_;
  Exchange& exchange_;
  Answer& answer_;
  bool broken_ = false;
  bool inflating_ = false;   // the payload at hand has more output
  bool last_input_ = false;  // and no payload follows it
};

// Counts a held stream for as long as it lasts.
class StreamGauge {
 public:
  StreamGauge(LoopCounters& counters, bool counted) : counters_(counters), counted_(counted) {
    if (counted_) LoopCounters::Add(counters_.streams_open);
  }
  ~StreamGauge() {
    if (counted_) LoopCounters::Add(counters_.streams_open, ~std::uint64_t{0});  // minus one
  }
  StreamGauge(const StreamGauge&) = delete;
  StreamGauge& operator=(const StreamGauge&) = delete;

 private:
  LoopCounters& counters_;
  bool counted_;
};

Answer PrepareAnswer(RequestContext& context, const UpstreamCall& call, Exchange& exchange) {
  const ResponseHead& head = call.head();
  const bool metered = head.status < 300 && context.endpoint->operation == Operation::kGenerate;
  const bool hide_usage = context.facts.stream && !context.facts.include_usage;
  const bool event_stream = IsEventStream(head);
  Answer answer(context.dialect, hide_usage, event_stream, metered);
  const bool compressed = EqualsIgnoreCase(head.Find("content-encoding"), "gzip");
  if (compressed) answer.inflater = std::make_unique<GzipInflater>();
  answer.framing = FramingOf(call, exchange, compressed || event_stream);
  return answer;
}

}  // namespace

Task<void> PassAnswer(RelayEnvironment& environment, RequestContext& context, UpstreamCall& call,
                      Exchange& exchange, std::int64_t total_deadline_ms) {
  Answer answer = PrepareAnswer(context, call, exchange);
  // `answer` must not move from here on: its filter knows its meter.
  answer.filter = AnswerFilter(answer.is_stream, answer.is_metered ? &answer.meter : nullptr);
  if (environment.draining.load(std::memory_order_relaxed)) exchange.CloseAfter();
  ComposeHead(context, call, exchange, answer);
  exchange.ReleaseRequest();
  const Timeouts& timeouts = context.snapshot->FindAccount(context.record.account_id)->timeouts;
  const StreamGauge gauge(environment.counters, answer.is_stream);
  Passing passing(environment, context, call, exchange, answer);

  EventLoop& loop = exchange.loop();
  std::int64_t idle_deadline_ms = loop.now_ms() + timeouts.idle_ms;
  std::string_view failure;
  bool finished = call.body_empty();
  if (finished) {
    passing.Pass({}, finished);
    while (passing.inflating()) passing.Continue();
    if (passing.broken()) failure = reason::kStreamIncomplete;
  }
  while (!finished && failure.empty()) {
    const BodyRead read = call.ReadBody();
    if (read.status == BodyReadStatus::kWouldBlock) {
      // The head goes out as soon as there is one, whenever the first bytes may come.
      if (!answer.head.empty()) SendPart(exchange, answer, {}, /*last=*/false);
      const std::int64_t deadline_ms = std::min(idle_deadline_ms, total_deadline_ms);
      const WaitResult result =
          co_await WaitFor(loop, call.watch(), ready::kRead | ready::kHangup,
                           &exchange.stream().watch(), ready::kHangup, deadline_ms);
      failure = WaitOutcome(result, exchange);
      continue;
    }
    idle_deadline_ms = loop.now_ms() + timeouts.idle_ms;
    finished = read.finished;
    bool sent = passing.Pass(read.payload, finished);
    while (passing.inflating() && !exchange.gone()) {
      if (!sent) co_await exchange.Flush();
      sent = passing.Continue();
    }
    if (passing.broken()) failure = reason::kStreamIncomplete;
    if (read.status == BodyReadStatus::kFailed) failure = reason::kUpstreamClosed;
    if (!sent) co_await exchange.Flush();
    if (!finished && exchange.gone()) failure = reason::kClientGone;
  }
  if (finished && failure.empty()) call.Finish();
  if (!failure.empty()) {
    if (failure == reason::kClientGone) LoopCounters::Add(environment.counters.client_gone);
    passing.Fail(failure);
  }
  co_await exchange.Flush();
}

}  // namespace weir::relay

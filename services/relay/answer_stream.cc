#include "services/relay/answer_stream.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include "libs/common/reason.h"
#include "services/relay/answer_framing.h"
#include "services/relay/answer_passing.h"
#include "services/relay/body_stage.h"
#include "services/relay/client_side.h"
#include "services/relay/resume.h"
#include "services/relay/translation_stage.h"

namespace weir::relay {
namespace {

// Without a client nothing slows us down, and an upstream that sends fast would keep the loop.
constexpr int kReadsAlonePerTurn = 16;

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

// The end of an answer that has none: it was there with its head.
std::string_view PassEmpty(Passing& passing) {
  passing.Pass({}, /*finished=*/true);
  while (passing.inflating()) passing.Continue();
  return passing.broken() ? passing.broken_word() : std::string_view();
}

// The upstream's body to its end, or until it fails or nobody wants it any more: the word for the
// record, empty = it ended well.
Task<std::string_view> PassBody(RequestContext& context, UpstreamCall& call, Exchange& exchange,
                                Passing& passing, ClientSide& client,
                                std::int64_t total_deadline_ms) {
  EventLoop& loop = exchange.loop();
  std::int64_t deadline_ms = 0;
  const auto heard = [&] {
    deadline_ms = std::min(loop.now_ms() + context.timeouts.idle_ms, total_deadline_ms);
  };
  heard();
  BufferCharge held(loop.buffers());
  int reads = 0;
  for (;;) {
    const BodyRead read = call.ReadBody();
    if (read.status == BodyReadStatus::kWouldBlock) {
      // The head goes out as soon as there is one, whenever the first bytes may come.
      passing.SendHead();
      co_await WaitFor(loop, call.watch(), ready::kRead | ready::kHangup, client.watch(),
                       ready::kHangup, std::min(deadline_ms, client.look_again_ms()));
      if (!client.GoesOn()) co_return reason::kClientGone;
      const bool silent = (call.watch().ready & (ready::kRead | ready::kHangup)) == 0;
      if (silent && loop.now_ms() >= deadline_ms) co_return reason::kUpstreamTimeout;
      continue;
    }
    heard();
    bool sent = passing.Pass(read.payload, read.finished);
    while ((passing.inflating() || passing.starving()) && client.GoesOn()) {
      if (!sent) co_await exchange.Flush();
      if (!passing.starving()) {
        sent = passing.Continue();
        continue;
      }
      const bool more = co_await passing.AwaitMore(loop, client.watch());
      if (more) sent = passing.GoOn();
      if (!more && client.GoesOn()) co_return reason::kBudgetExceeded;
    }
    if (passing.inflating() || passing.starving()) co_return reason::kClientGone;
    if (passing.broken()) co_return passing.broken_word();
    if (read.status == BodyReadStatus::kFailed) co_return reason::kUpstreamClosed;
    if (!held.Set(passing.held_bytes())) co_return reason::kOverloadedMemory;
    if (!sent) co_await exchange.Flush();
    if (read.finished) co_return std::string_view();
    if (passing.collected()) co_return reason::kUpstreamClosed;
    if (!client.GoesOn()) co_return reason::kClientGone;
    if (client.left() && ++reads % kReadsAlonePerTurn == 0) {
      co_await SleepUntil(loop, loop.now_ms() + 1);
    }
  }
}

}  // namespace

Task<void> PassAnswer(RelayEnvironment& environment, RequestContext& context, UpstreamCall& call,
                      Exchange& exchange, std::int64_t total_deadline_ms) {
  BeginTranslatedAnswer(context, call, exchange.head());
  Answer answer(context, call, exchange);
  if (answer.tells_events() && answer.is_metered) {
    answer.resumable = OpenResumable(environment, context, exchange);
  }
  if (environment.draining.load(std::memory_order_relaxed)) exchange.CloseAfter();
  ComposeHead(environment.relay_id, context, call, exchange, answer);
  RecordAnswerTypes(context, call, answer);
  exchange.ReleaseRequest();
  const StreamGauge gauge(environment.counters, answer.tells_stream);
  Passing passing(environment, context, exchange, answer);
  ClientSide client(environment, context, exchange, answer);
  client.NoteIfGone();
  std::string_view failure;
  if (call.body_empty()) {
    failure = PassEmpty(passing);
  } else {
    failure = co_await PassBody(context, call, exchange, passing, client, total_deadline_ms);
  }
  if (failure.empty()) {
    call.Finish();
  } else if (failure == reason::kBudgetExceeded) {
    passing.EndAtBudget();
  } else {
    passing.Fail(failure);
  }
  co_await exchange.Flush();
}

}  // namespace weir::relay

#include "services/relay/account_test.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/relay/account_test_answer.h"
#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/answer_opening.h"
#include "services/relay/credential_mask.h"
#include "services/relay/translate/neutral/error_reader.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "weir/v1/account_test.pb.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kRefusalMs = 1'000;  // for the body of a refusal behind its head
constexpr std::size_t kMessageBytesMax = 1'000;
constexpr std::size_t kRateHeadersMax = 32;
constexpr std::size_t kHeaderBytesMax = 256;

// What one test has found so far.
class Findings {
 public:
  Findings(const AccountTestPlan& plan, const TellAccountTest& tell, AccountTestUse& use)
      : plan_(plan), tell_(tell), use_(use), mask_(plan.account) {
    result_.set_protocol(std::string(DialectName(plan.dialect)));
    result_.set_upstream_model(plan.upstream_model);
  }

  v1::AccountTestResult& result() { return result_; }
  AccountTestUse& use() { return use_; }
  bool is_session() const { return plan_.account.platform == Platform::kSession; }

  void TellPhase(std::string_view name, std::int64_t at_ns) {
    if (at_ns == 0) return;
    v1::AccountTestEvent event;
    event.mutable_phase()->set_name(std::string(name));
    // 0 would say that it did not happen.
    event.mutable_phase()->set_at_us(std::max<std::int64_t>((at_ns - began_ns_) / kNsPerUs, 1));
    tell_(event);
  }
  void TellConnected(const ConnectTimes& times) {
    TellPhase("resolve", times.resolved_ns);
    TellPhase("connect", times.connected_ns);
    TellPhase("proxy", times.proxied_ns);
    TellPhase("tls", times.secured_ns);
  }
  void TellText(std::string_view text) {
    if (use_.first_token_ms < 0) {
      use_.first_token_ms = (SteadyNs() - began_ns_) / kNsPerMs;
      TellPhase("first_text", SteadyNs());
    }
    TellShown(mask_.Next(text));
  }
  void TellResult() {
    result_.set_total_us((SteadyNs() - began_ns_) / kNsPerUs);
    if (use_.sent) result_.set_request_id(plan_.request_id);
    TellShown(mask_.End());
    result_.set_message(Kept(result_.message(), kMessageBytesMax));
    result_.set_served_model(Kept(result_.served_model(), kHeaderBytesMax));
    v1::AccountTestEvent event;
    *event.mutable_result() = result_;
    tell_(event);
  }
  // Cut behind the mask, so that no part of a credential is left.
  std::string Kept(std::string_view said, std::size_t bytes_max) const {
    return ValidUtf8(std::string_view(MaskedOf(said, plan_.account)).substr(0, bytes_max));
  }

 private:
  void TellShown(const std::string& text) {
    if (text.empty()) return;
    v1::AccountTestEvent event;
    event.set_text(ValidUtf8(text));
    tell_(event);
  }

  const AccountTestPlan& plan_;
  const TellAccountTest& tell_;
  const std::int64_t began_ns_ = SteadyNs();
  AccountTestUse& use_;
  AccountMask mask_;  // of the text, which comes in pieces
  v1::AccountTestResult result_;
};

bool IsRateHeader(std::string_view name) {
  constexpr std::array<std::string_view, 3> kPrefixes = {"anthropic-ratelimit-", "x-ratelimit-",
                                                         "retry-after"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [name](std::string_view prefix) {
    return name.size() >= prefix.size() && EqualsIgnoreCase(name.substr(0, prefix.size()), prefix);
  });
}

// Before the next suspension.
void NoteHead(const ResponseHead& head, Dialect dialect, Findings& findings) {
  v1::AccountTestResult& result = findings.result();
  result.set_status(head.status);
  findings.use().status = head.status;
  const auto kept = [&findings](std::string_view value) {
    return findings.Kept(value, kHeaderBytesMax);
  };
  result.set_upstream_request_id(kept(head.Find(WordsOf(dialect).request_id_header)));
  findings.use().upstream_request_id = result.upstream_request_id();
  for (const HeaderField& field : head.all()) {
    if (static_cast<std::size_t>(result.rate_limits_size()) >= kRateHeadersMax) return;
    if (!IsRateHeader(field.name)) continue;
    (*result.mutable_rate_limits())[ToLower(field.name.substr(0, kHeaderBytesMax))] =
        kept(field.value);
  }
}

std::string_view ConnectWords(ConnectError error, const ConnectTimes& times) {
  switch (error) {
    case ConnectError::kResolve:
      return "the host's name (or the proxy's) is not known";
    case ConnectError::kForbidden:
      return "the host's name (or the proxy's) leads to a link-local or metadata address";
    case ConnectError::kRefused:
      return "nobody takes connections there";
    case ConnectError::kTimeout:
      return times.connected_ns == 0
                 ? "no connection came about in time"
                 : "somebody takes the connection, but TLS or the proxy did not answer in time";
    case ConnectError::kTls:
      return "TLS failed: the certificate is not trusted or for another host, or it speaks no TLS";
    case ConnectError::kProxy:
      return "the proxy would not open the way";
    case ConnectError::kNone:
    case ConnectError::kClientGone:
      break;
  }
  return "there is no connection";
}

std::string_view OutcomeWords(AttemptOutcome outcome, const UpstreamCall& call,
                              const ConnectTimes& times) {
  switch (outcome) {
    case AttemptOutcome::kConnectFailed:
      return ConnectWords(call.connect_error(), times);
    case AttemptOutcome::kTimedOut:
      return "no answer came in time";
    case AttemptOutcome::kMalformed:
      return "what answers speaks no HTTP";
    case AttemptOutcome::kClosed:
      return "the connection was closed without an answer";
    default:
      return "";
  }
}

// The judgement that a request's attempt would get. `body_start` is how the body begins.
void Judge(AttemptOutcome outcome, const ResponseHead* head, std::string_view body_start,
           std::int64_t now_unix_ms, Findings& findings) {
  const UpstreamSignal signal = findings.is_session()
                                    ? ClassifyForSession(outcome, head, body_start, now_unix_ms)
                                    : Classify(outcome, head, body_start, now_unix_ms);
  v1::AccountTestResult& result = findings.result();
  result.set_signal(std::string(signal.row->name));
  result.set_consequence(std::string(signal.row->consequence));
  findings.use().reason = signal.error_class;
  if (!signal.error_class.empty()) result.set_reason(std::string(signal.error_class));
}

std::string RefusalText(int status, std::string_view body) {
  const UpstreamError error = ReadError(status, body);
  std::string text;
  AppendUnescaped(error.message, text);
  return text;
}

// The refusal's body, as far as it comes soon.
Task<void> AwaitRefusal(UpstreamCall& call, std::int64_t deadline_ms) {
  deadline_ms = std::min(deadline_ms, call.now_ms() + kRefusalMs);
  while (!call.body_empty() && !call.peek_ended() && call.Peek().size() < kErrorBodyBytesMax) {
    if (call.peek_ended()) co_return;  // Peek has found out
    const AttemptOutcome outcome = co_await call.AwaitMore(deadline_ms);
    if (outcome != AttemptOutcome::kAnswered) co_return;
  }
}

// The whole answer; false: nobody waits for it any more.
Task<bool> ReadAnswer(EventLoop& loop, UpstreamCall& call, FdWatch& stop,
                      const AccountTestPlan& plan, std::int64_t deadline_ms,
                      AccountTestAnswer& answer, Findings& findings) {
  for (;;) {
    const BodyRead read = call.ReadBody();
    if (read.status == BodyReadStatus::kFailed) {
      answer.End(/*whole=*/false);
      co_return true;
    }
    if (read.status == BodyReadStatus::kData) {
      const bool more = answer.Feed(read.payload);
      if (more && !read.finished) continue;
      answer.End(/*whole=*/true);
      co_return true;
    }
    const std::int64_t until_ms =
        std::min(deadline_ms, loop.now_ms() + plan.account.timeouts.idle_ms);
    const WaitResult waited = co_await WaitFor(loop, call.watch(), ready::kRead | ready::kHangup,
                                               &stop, ready::kHangup, until_ms);
    if ((stop.ready & ready::kHangup) != 0) co_return false;
    if (waited == WaitResult::kTimeout) {
      findings.use().reason = reason::kUpstreamTimeout;
      findings.result().set_reason(std::string(reason::kUpstreamTimeout));
      findings.result().set_message("its answer began, but did not end in time");
      co_return true;
    }
  }
}

// What came instead of an answer of the model's.
Task<void> TellRefusal(UpstreamCall& call, AttemptOutcome outcome, std::int64_t deadline_ms,
                       std::int64_t now_unix_ms, Findings& findings) {
  co_await AwaitRefusal(call, deadline_ms);
  const ResponseHead& head = call.head();
  const std::string_view body = call.peeked();
  Judge(outcome, &head, body, now_unix_ms, findings);
  findings.result().set_message(RefusalText(head.status, body));
  findings.TellResult();
}

// No answer came.
void TellNone(AttemptOutcome outcome, const UpstreamCall& call, const ConnectTimes& times,
              std::int64_t now_unix_ms, Findings& findings) {
  Judge(outcome, nullptr, "", now_unix_ms, findings);
  findings.result().set_message(std::string(OutcomeWords(outcome, call, times)));
  findings.TellResult();
}

// The model's words, or an error in their place.
Task<void> TellAnswer(EventLoop& loop, UpstreamCall& call, AttemptOutcome outcome,
                      const AccountTestPlan& plan, FdWatch& stop, std::int64_t deadline_ms,
                      Findings& findings) {
  const bool is_stream = call.head().HasType("text/event-stream");
  const bool begins_badly = outcome == AttemptOutcome::kErrorInAnswer;
  Judge(outcome, &call.head(), begins_badly ? call.peeked() : "", loop.now_unix_ms(), findings);
  AccountTestAnswer answer(plan, is_stream,
                           [&findings](std::string_view text) { findings.TellText(text); });
  const bool waited_for =
      co_await ReadAnswer(loop, call, stop, plan, deadline_ms, answer, findings);
  AccountTestUse& use = findings.use();
  use.tokens = answer.tokens();
  use.source = answer.source();
  if (!waited_for) {
    use.reason = reason::kClientGone;
    co_return;
  }
  // What was found out first counts.
  if (use.reason != reason::kUpstreamTimeout) {
    const std::string_view judged = use.reason;
    use.reason = answer.Report(findings.result());
    if (!judged.empty()) findings.result().set_reason(std::string(use.reason = judged));
  }
  findings.TellResult();
}

}  // namespace

Task<void> RunAccountTest(UpstreamEnvironment& upstream, AccountTestPlan& plan, FdWatch& stop,
                          const TellAccountTest& tell, AccountTestUse& use) {
  EventLoop& loop = upstream.loop;
  Findings findings(plan, tell, use);
  const std::int64_t deadline_ms =
      loop.now_ms() + std::min(plan.timeout_ms, plan.account.timeouts.total_ms);
  // The connection, the request, and the head of the answer.
  UpstreamCall call(upstream, plan.account, plan.account.timeouts, stop);
  ConnectTimes times;
  call.TellTimes(&times);
  const std::array<iovec, 2> pieces = {Piece(plan.head), Piece(plan.body)};
  use.reason = reason::kClientGone;  // unless more is found out
  AttemptOutcome outcome = co_await call.Start(pieces, deadline_ms);
  use.sent = call.request_sent();
  if (outcome == AttemptOutcome::kClientGone) co_return;
  findings.TellConnected(times);
  if (outcome == AttemptOutcome::kAnswered) {
    findings.TellPhase("first_byte", SteadyNs());
    NoteHead(call.head(), plan.dialect, findings);
    if (!OpensWell(call)) outcome = co_await AwaitOpening(call, deadline_ms);
    if (outcome == AttemptOutcome::kClientGone) co_return;
  }
  const bool answered =
      outcome == AttemptOutcome::kAnswered || outcome == AttemptOutcome::kErrorInAnswer;
  if (!answered) {
    TellNone(outcome, call, times, loop.now_unix_ms(), findings);
  } else if (call.head().status >= 300) {
    co_await TellRefusal(call, outcome, deadline_ms, loop.now_unix_ms(), findings);
  } else {
    co_await TellAnswer(loop, call, outcome, plan, stop, deadline_ms, findings);
  }
}

}  // namespace weir::relay

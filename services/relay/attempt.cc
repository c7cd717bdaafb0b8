#include "services/relay/attempt.h"

#include <sys/uio.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/account_report.h"
#include "services/relay/answer_opening.h"
#include "services/relay/body_stage.h"
#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/member_edits.h"
#include "services/relay/dialects/multipart_scan.h"
#include "services/relay/gemini_stage.h"
#include "services/relay/intent_stage.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/providers/account_members.h"
#include "services/relay/providers/upstream_request.h"
#include "services/relay/route_stage.h"
#include "services/relay/signature_stage.h"
#include "services/relay/trace_stage.h"

namespace weir::relay {
namespace {

constexpr int kTooManyRequests = 429;

// The body with its edits as runs of bytes; nothing of it is copied.
// The first piece is empty: the head's place.
std::vector<iovec> BodyPieces(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::vector<iovec> pieces;
  pieces.reserve(2 * edits.size() + 2);
  pieces.push_back(Piece({}));
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    if (edit.erased.begin > at) pieces.push_back(Piece(body.substr(at, edit.erased.begin - at)));
    if (!edit.text.empty()) pieces.push_back(Piece(edit.text));
    at = edit.erased.begin + edit.erased.size;
  }
  if (at < body.size()) pieces.push_back(Piece(body.substr(at)));
  return pieces;
}

std::vector<BodyEdit> PlanEdits(RelayEnvironment& environment, RequestContext& context,
                                const Exchange& exchange, const Account& account,
                                std::string_view upstream_model) {
  if (context.endpoint->body == BodyForm::kMultipart) {
    return PlanFormEdits(context.facts, exchange.head().Find("content-type"), upstream_model);
  }
  const std::string_view body = exchange.body();
  BodyChanges changes = ChangesFor(context, exchange.head(), account, upstream_model);
  SignedBlocks::Drop drop = DropForeign(environment, context, body, account);
  changes.disable_thinking = drop.disable_thinking;
  std::vector<BodyEdit> edits = PlanBodyEdits(context.dialect, context.facts, body, changes);
  if (drop.edits.empty()) return edits;
  // Blocks stand among the messages, where no other edit of an Anthropic body does.
  edits.insert(edits.end(), std::make_move_iterator(drop.edits.begin()),
               std::make_move_iterator(drop.edits.end()));
  SortEdits(edits);
  return edits;
}

// Until the connection could be used; 0 for one that was kept, -1 where none came about.
std::int64_t ConnectMs(const UpstreamCall& call, const ConnectTimes& times, AttemptOutcome outcome,
                       std::int64_t began_ms) {
  const bool in_vain =
      outcome == AttemptOutcome::kConnectFailed || call.connect_error() != ConnectError::kNone;
  if (in_vain) return -1;
  const std::int64_t usable_ns = std::max({times.connected_ns, times.proxied_ns, times.secured_ns});
  return usable_ns == 0 ? 0 : std::max<std::int64_t>(usable_ns / kNsPerMs - began_ms, 0);
}

std::size_t TotalBytes(const std::vector<iovec>& pieces) {
  std::size_t bytes = 0;
  for (const iovec& piece : pieces) bytes += piece.iov_len;
  return bytes;
}

}  // namespace

Task<AttemptOutcome> Attempt(RelayEnvironment& environment, RequestContext& context,
                             Exchange& exchange, UpstreamCall& call, const Account& account,
                             std::int64_t total_deadline_ms) {
  const std::string_view upstream_model = context.upstream_model;
  UsageRecord& record = context.record;
  record.account_id = account.id;
  record.account_name = account.name;
  record.served_model = std::string(upstream_model);
  const std::int64_t now_unix_ms = environment.upstream.loop.now_unix_ms();
  record.attempts.push_back({account.id, 0, {}, now_unix_ms, 0, upstream_model});
  LoopCounters::Add(environment.counters.upstream_attempts);

  Translation* translation = context.translation.get();
  const bool native = translation == nullptr;
  const std::string_view body = native ? exchange.body() : translation->request();
  std::vector<BodyEdit> edits;
  if (native) edits = PlanEdits(environment, context, exchange, account, upstream_model);
  if (!account.quirks.empty() && context.endpoint->body == BodyForm::kJson) {
    PlanMemberEdits(body, MemberChangesFor(account, context.upstream_dialect()), edits);
  }
  std::vector<iovec> pieces = BodyPieces(body, edits);
  std::string head;
  UpstreamRequest request{&account,
                          &exchange.head(),
                          context.upstream_dialect(),
                          native ? context.endpoint->upstream_path : translation->upstream_path(),
                          context.request_id,
                          TotalBytes(pieces),
                          upstream_model,
                          native};
  GeminiTarget target;
  if (native && context.dialect == Dialect::kGemini) {
    target = GeminiTargetFor(context, exchange.head());
    request.path = target.path;
    request.query = target.query;
  }
  const TraceFields trace = BeginAttemptSpan(environment, context, account);
  request.trace_parent = trace.trace_parent;
  request.trace_state = trace.trace_state;
  RecordUpstreamRequest(context, account, std::span(pieces).subspan(1), !native || !edits.empty());
  WriteUpstreamHead(request, head);
  pieces.front() = Piece(head);
  KeepIntent(environment, context);
  call.TellWhenSent(context.intent.sent());
  ConnectTimes times;
  call.TellTimes(&times);
  const std::int64_t began_ms = call.now_ms();
  AttemptOutcome outcome = co_await call.Start(pieces, total_deadline_ms);
  call.TellTimes(nullptr);
  record.attempts.back().connect_ms = ConnectMs(call, times, outcome, began_ms);
  if (!native) translation->ForgetRequest();
  context.translation_bytes.reset();
  if (outcome == AttemptOutcome::kAnswered && !OpensWell(call)) {
    const std::int64_t deadline_ms =
        std::min(total_deadline_ms, exchange.loop().now_ms() + context.timeouts.first_byte_ms);
    outcome = co_await AwaitOpening(call, deadline_ms);
  }
  co_return outcome;
}

UpstreamSignal NoteAttempt(RelayEnvironment& environment, RequestContext& context,
                           const Account& account, const UpstreamCall& call,
                           AttemptOutcome outcome) {
  const std::int64_t now_unix_ms = environment.upstream.loop.now_unix_ms();
  const bool answered =
      outcome == AttemptOutcome::kAnswered || outcome == AttemptOutcome::kErrorInAnswer;
  const ResponseHead* head = answered ? &call.head() : nullptr;
  const bool says_why = answered && (head->status >= 400 || outcome != AttemptOutcome::kAnswered);
  const std::string_view body_start = says_why ? call.peeked() : std::string_view();
  const auto classify = account.platform == Platform::kSession ? ClassifyForSession : Classify;
  const UpstreamSignal signal = classify(outcome, head, body_start, now_unix_ms);
  AttemptRecord& attempt = context.record.attempts.back();
  attempt.http_status = head == nullptr ? 0 : head->status;
  attempt.error_class = signal.error_class;
  attempt.duration_ms = now_unix_ms - attempt.started_at_unix_ms;
  attempt.first_byte_ms = head == nullptr ? -1 : attempt.duration_ms;
  attempt.end_ms = attempt.duration_ms;
  context.upstream_waited_ns += call.waited_ns();
  context.request_sent = call.request_sent();
  context.record.error_class = signal.error_class;
  if (!signal.error_class.empty()) {
    context.intent.TakeBack();
    environment.reasons.CountFailedAttempt(signal.error_class, signal.row->name);
  }
  NoteForAccount(environment, context, account, signal, {attempt.http_status, body_start});
  if (attempt.http_status == kTooManyRequests) {
    NoteWindows(environment, account, ReadRateHeaders(*head, now_unix_ms), now_unix_ms);
  }
  if (head != nullptr && signal.row->kind == SignalKind::kGood) {
    NoteGoodAnswer(environment, context, account, *head, attempt.duration_ms, now_unix_ms);
  }
  return signal;
}

}  // namespace weir::relay

#include "services/relay/relay_request.h"

#include <string>
#include <string_view>
#include <utility>

#include "libs/common/client_address.h"
#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/account_choice.h"
#include "services/relay/answer_cache.h"
#include "services/relay/body_stage.h"
#include "services/relay/budget_stage.h"
#include "services/relay/count_stage.h"
#include "services/relay/cross_origin.h"
#include "services/relay/failover.h"
#include "services/relay/local_answer.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/model_list.h"
#include "services/relay/rate_stage.h"
#include "services/relay/request_context.h"
#include "services/relay/request_end.h"
#include "services/relay/request_stages.h"
#include "services/relay/responses_socket.h"
#include "services/relay/resume.h"
#include "services/relay/route_stage.h"

namespace weir::relay {
namespace {

RequestContext Begin(RelayEnvironment& environment, const Exchange& exchange) {
  RequestContext context;
  context.snapshot = environment.snapshots.Current();
  context.began_ns = exchange.began_ns() != 0 ? exchange.began_ns() : SteadyNs();
  UsageRecord& record = context.record;
  record.started_at_unix_ms = exchange.began_unix_ms() != 0 ? exchange.began_unix_ms() : UnixMs();
  record.id = NewUuid7Bytes(record.started_at_unix_ms);
  context.request_id = UuidToText(record.id);
  record.client_ip = std::string(exchange.client_address());
  return context;
}

// Behind proxies of ours the client is whom they say (config: trusted_proxies). Without any nothing
// is looked for.
void FindClient(const RelayEnvironment& environment, const RequestHead& head, UsageRecord& record) {
  if (environment.trusted_proxies.empty()) return;
  std::string forwarded_for;
  for (const HeaderField& field : head.all()) {
    if (!EqualsIgnoreCase(field.name, "x-forwarded-for")) continue;
    StrAppend(forwarded_for, forwarded_for.empty() ? "" : ",", field.value);
  }
  record.client_ip = ClientAddress(record.client_ip, forwarded_for, environment.trusted_proxies);
}

// What a request is about, and whose it is; who asks whether we are alive needs no key.
Refusal CheckHead(RequestContext& context, const RequestHead& head, const HttpLimits& limits) {
  Refusal refusal = MatchEndpoint(context, head);
  if (refusal || context.endpoint->operation == Operation::kAlive) return refusal;
  if (context.endpoint->operation == Operation::kWebSocket) refusal = CheckHandshake(limits, head);
  return refusal ? refusal : CheckCaller(context, head);
}

// What the relay answers itself, without reading a body.
bool IsOurs(Operation operation) {
  return operation == Operation::kAlive || operation == Operation::kListModels ||
         operation == Operation::kDrop || operation == Operation::kResume ||
         operation == Operation::kWebSocket;
}

Task<void> AnswerOurs(RelayEnvironment& environment, RequestContext& context, Exchange& exchange) {
  if (context.endpoint->operation == Operation::kResume) {
    co_await ResumeStream(environment, context, exchange);
    co_return;
  }
  if (context.endpoint->operation == Operation::kWebSocket) {
    co_await ServeResponsesSocket(environment, context, exchange);
    co_return;
  }
  if (exchange.body_unread()) exchange.CloseAfter();
  if (context.endpoint->operation == Operation::kListModels) {
    const std::string models = ModelList(context, exchange.head());
    SendLocalAnswer(context, exchange, models, "application/json");
  } else if (context.endpoint->operation == Operation::kDrop) {
    SendLocalAnswer(context, exchange, "{}", "application/json");
  } else {
    const std::string_view body = exchange.head().method == "HEAD" ? "" : "weir\n";
    SendLocalAnswer(context, exchange, body, "text/plain");
  }
  co_await exchange.Flush();
}

// What is asked for, and how it is served: the body's facts, the route, the prompt, the cache.
Refusal PlanRequest(RelayEnvironment& environment, RequestContext& context,
                    const Exchange& exchange, ReadStatus read) {
  Refusal refusal = CheckBodyRead(read, exchange, environment.limits);
  if (!refusal) refusal = ReadFacts(context, exchange);
  if (refusal) return refusal;
  PlanRoute(context, exchange.body());
  refusal = CheckPromptPlace(context, exchange.body());
  if (!refusal) PlanCaching(environment, context, exchange);
  return refusal;
}

LocalReply HeadRefusal(ReadStatus status, const Exchange& exchange, const HttpLimits& limits) {
  switch (status) {
    case ReadStatus::kTimeout:
      return MakeReply(reason::kRequestTimeout, "head");
    case ReadStatus::kTooLarge:
    case ReadStatus::kTooManyFields:
      return MakeReply(reason::kHeadTooLarge, limits.request_head_bytes_max, kHeaderFieldsMax);
    case ReadStatus::kNoMemory:
      return MakeReply(reason::kOverloadedMemory);
    default:
      return MakeReply(reason::kBadRequest, exchange.problem());
  }
}

}  // namespace

Task<void> RelayRequest(RelayEnvironment& environment, Exchange& exchange) {
  RequestContext context = Begin(environment, exchange);
  const RequestEnd end(environment, context, exchange.head().path());
  FindClient(environment, exchange.head(), context.record);
  if (environment.draining.load(std::memory_order_relaxed)) exchange.CloseAfter();
  context.console_origin = ConsoleOrigin(context.snapshot.get(), exchange.head());
  Refusal refusal = CheckHead(context, exchange.head(), environment.limits);
  if (refusal && IsPreflight(context, exchange.head(), refusal->reason)) {
    co_await AnswerPreflight(context, exchange);
    co_return;
  }
  if (refusal) {
    exchange.CloseAfter();  // its body is not read
    co_await Refuse(environment, context, exchange, *refusal);
    co_return;
  }
  // A stranger's requests, and those that ask whether we are alive, would fill a collector.
  if (context.caller.key != nullptr) {
    context.trace = BeginTrace(environment.tracing, exchange.head(), context.record.id);
  }
  if (IsOurs(context.endpoint->operation)) {
    co_await AnswerOurs(environment, context, exchange);
    co_return;
  }
  const ReadStatus read = co_await exchange.ReadBody();
  if (read != ReadStatus::kComplete) exchange.CloseAfter();
  if (read == ReadStatus::kClosed) {
    NoteClientGone(environment, context);
    co_return;
  }
  if (read == ReadStatus::kComplete) BeginRecording(environment, context, exchange);
  refusal = PlanRequest(environment, context, exchange, read);
  std::shared_ptr<const CachedAnswer> cached = FindCached(environment, context);
  if (AsksSharedCache(environment, context)) cached = co_await FindShared(environment, context);
  if (cached != nullptr) {
    co_await AnswerFromCache(environment, context, exchange, *cached);
    co_return;
  }
  if (!refusal) refusal = AdmitCaller(environment, context);
  if (AsksRedis(environment, context)) refusal = co_await AdmitCallerInRedis(environment, context);
  Selection selection;
  if (!refusal) {
    refusal = ChooseAccounts(environment, context, exchange.head(), exchange.body(), selection);
  }
  if (refusal && CountsWithout(context, refusal->reason)) {
    co_await CountHere(environment, context, exchange, nullptr);
    co_return;
  }
  if (!refusal && CallerHasBudgets(context)) {
    refusal = co_await ReserveBudgets(environment, context, exchange, selection);
  }
  if (refusal) {
    co_await Refuse(environment, context, exchange, *refusal);
    co_return;
  }
  co_await Forward(environment, context, exchange, std::move(selection));
}

Task<void> RefuseHead(RelayEnvironment& environment, Exchange& exchange, ReadStatus status) {
  if (status == ReadStatus::kClosed) co_return;
  RequestContext context = Begin(environment, exchange);
  const RequestEnd end(environment, context, exchange.guessed_path());
  context.dialect = DialectOfPath(exchange.guessed_path());
  context.plain_errors = HasPlainErrors(exchange.guessed_path());
  context.console_origin = ConsoleOrigin(context.snapshot.get(), exchange.guessed_origin());
  const LocalReply reply = HeadRefusal(status, exchange, environment.limits);
  exchange.CloseAfter();
  environment.reasons.CountLocalReply(reply.reason);
  SendLocalReply(context, exchange, reply);
  co_await exchange.Flush();
}

}  // namespace weir::relay

#include "services/relay/relay_request.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"

#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/accounts/account_selector.h"
#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/answer_stream.h"
#include "services/relay/attempt.h"
#include "services/relay/local_answer.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/request_context.h"
#include "services/relay/settle.h"

namespace weir::relay {
namespace {

// A stage's answer: nothing = go on.
using Refusal = std::optional<LocalReply>;

constexpr std::size_t kUserAgentBytesMax = 256;
constexpr std::int64_t kMsPerSecond = 1'000;

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

Refusal Route(RequestContext& context, const RequestHead& head) {
  context.dialect = DialectOfPath(head.path());
  const EndpointMatch match = FindEndpoint(head.method, head.path());
  if (match.endpoint == nullptr && match.path_known) {
    return LocalReply{reason::kMethodNotAllowed,
                      StrCat("The method ", head.method, " is not for ", head.path(), ".")};
  }
  if (match.endpoint == nullptr) {
    return LocalReply{reason::kUnknownEndpoint,
                      StrCat("There is no endpoint ", head.method, " ", head.path(),
                             " here; /v1/messages, /v1/chat/completions and /v1/models are.")};
  }
  context.endpoint = match.endpoint;
  context.dialect = match.endpoint->dialect;
  if (match.endpoint->operation == Operation::kListModels &&
      !head.Find("anthropic-version").empty()) {
    context.dialect = Dialect::kAnthropicMessages;
  }
  context.record.dialect = context.dialect;
  context.record.operation = match.endpoint->name;
  if (context.snapshot == nullptr) {
    return LocalReply{reason::kNotReady,
                      "This gateway has no configuration yet. Try again in a moment.", 1};
  }
  context.record.snapshot_revision = context.snapshot->revision();
  return std::nullopt;
}

Refusal CheckCaller(RequestContext& context, const RequestHead& head) {
  UsageRecord& record = context.record;
  context.caller = Authenticate(*context.snapshot, PresentedKey(head), record.client_ip,
                                record.started_at_unix_ms);
  if (const ApiKey* key = context.caller.key; key != nullptr) {
    record.key_id = key->id;
    record.key_name = key->name;
    record.user_id = key->user_id;
    record.group_id = key->group_id;
    record.user_agent = std::string(head.Find("user-agent").substr(0, kUserAgentBytesMax));
  }
  if (context.caller.reason.empty()) return std::nullopt;
  return LocalReply{context.caller.reason, std::string(RefusalText(context.caller.reason))};
}

Refusal CheckBodyRead(ReadStatus status, const Exchange& exchange, const HttpLimits& limits) {
  switch (status) {
    case ReadStatus::kComplete:
    case ReadStatus::kClosed:  // nobody to answer
      return std::nullopt;
    case ReadStatus::kTimeout:
      return LocalReply{reason::kRequestTimeout,
                        "The request's body did not come in time. Send it without pauses."};
    case ReadStatus::kTooLarge:
      return LocalReply{reason::kBodyTooLarge,
                        StrCat("The request's body is larger than ", limits.request_body_bytes_max,
                               " bytes. Send less.")};
    case ReadStatus::kTooManyFields:
    case ReadStatus::kMalformed:
      return LocalReply{reason::kBadRequest, std::string(exchange.problem())};
  }
  return std::nullopt;
}

Refusal ReadFacts(RequestContext& context, const Exchange& exchange) {
  const std::string_view encoding = exchange.head().Find("content-encoding");
  if (!encoding.empty() && !EqualsIgnoreCase(encoding, "identity")) {
    return LocalReply{reason::kUnsupportedEncoding,
                      StrCat("Content-Encoding ", encoding,
                             " is not accepted for requests. Send the body uncompressed.")};
  }
  absl::StatusOr<RequestFacts> facts = ScanRequest(context.dialect, exchange.body());
  if (!facts.ok()) {
    const std::string message(View(facts.status().message()));
    const bool json = message.find("not valid JSON") == std::string::npos;
    return LocalReply{json ? reason::kBadParameter : reason::kMalformedJson, message};
  }
  context.facts = *std::move(facts);
  context.estimated_input_tokens = EstimateInputTokens(exchange.body());
  context.record.model = context.facts.model;
  context.record.stream = context.facts.stream;
  if (!MayUseModel(*context.caller.key, context.facts.model)) {
    return LocalReply{reason::kModelNotAllowed,
                      StrCat("This API key may not use the model ", context.facts.model, ".")};
  }
  return std::nullopt;
}

// Requests of one conversation choose alike, so that the provider's prompt cache stays warm.
std::uint64_t SeedOf(const RequestContext& context, const RequestHead& head) {
  if (!context.facts.affinity.empty()) return StableHash(context.facts.affinity);
  for (const std::string_view name : {"x-claude-code-session-id", "x-session-id", "session-id"}) {
    if (const std::string_view id = head.Find(name); !id.empty()) return StableHash(id);
  }
  thread_local absl::BitGen random;
  return absl::Uniform<std::uint64_t>(random);
}

Refusal NoAccount(const RequestContext& context, const Selection& selection) {
  LocalReply reply{selection.reason, {}};
  const std::string& model = context.facts.model;
  if (selection.reason == reason::kModelNotFound) {
    reply.message =
        StrCat("The model ", model,
               " is not served here for this key. GET /v1/models lists those that are.");
  } else if (selection.reason == reason::kDialectNotServed) {
    reply.message = StrCat("The model ", model, " is served here, but not on ",
                           context.endpoint->path, ". Use the endpoint of its own provider.");
  } else {
    reply.message = StrCat("No account that serves ", model, " is available now. Try again later.");
    const std::int64_t wait_ms = selection.earliest_unix_ms - context.record.started_at_unix_ms;
    reply.retry_after_s = wait_ms > 0 ? (wait_ms + kMsPerSecond - 1) / kMsPerSecond : 0;
  }
  return reply;
}

Refusal ChooseAccounts(RelayEnvironment& environment, RequestContext& context,
                       const RequestHead& head, Selection& selection) {
  if (!environment.spool.CanAccept()) {
    return LocalReply{reason::kSpoolFull,
                      "Usage cannot be recorded at the moment, so nothing is served. Try again.",
                      5};
  }
  SelectionRequest request;
  request.group_id = context.caller.group->id;
  request.model = context.caller.group->model_mapping.Map(context.facts.model);
  request.dialect = context.dialect;
  request.now_unix_ms = context.record.started_at_unix_ms;
  request.seed = SeedOf(context, head);
  selection = SelectAccounts(*context.snapshot, request,
                             static_cast<std::size_t>(environment.attempts_max));
  if (selection.accounts.empty()) return NoAccount(context, selection);
  if (context.endpoint->operation != Operation::kGenerate) return std::nullopt;
  if (context.snapshot->settings().serve_unpriced_models) return std::nullopt;
  std::erase_if(selection.accounts, [&context, &request](const Account* account) {
    return context.snapshot->FindPrice(account->provider, account->model_mapping.Map(request.model),
                                       request.now_unix_ms) == nullptr;
  });
  if (!selection.accounts.empty()) return std::nullopt;
  return LocalReply{reason::kModelUnpriced,
                    StrCat("The model ", context.facts.model,
                           " has no price here and is therefore not served. An administrator can "
                           "add one under prices.")};
}

// The end of a request that the relay answers itself. `used` null: nothing was spent on it.
Task<void> Refuse(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                  const LocalReply& reply, const AnswerMeter* used = nullptr) {
  context.record.status = LocalReplyStatus(reply, context.dialect);
  context.record.error_class = reply.reason;
  environment.reasons.CountLocalReply(reply.reason);
  if (environment.draining.load(std::memory_order_relaxed)) exchange.CloseAfter();
  Settle(environment, context, used);
  SendLocalReply(context, exchange, reply);
  co_await exchange.Flush();
}

Task<void> AnswerLocally(const RequestContext& context, Exchange& exchange, std::string_view body,
                         std::string_view content_type) {
  if (exchange.body_unread()) exchange.CloseAfter();
  SendLocalAnswer(context, exchange, body, content_type);
  co_await exchange.Flush();
}

// The client left before an answer came. What was sent upstream is used up all the same, so it is
// metered, as an estimate.
void NoteClientGone(RelayEnvironment& environment, RequestContext& context) {
  constexpr int kClientClosedRequest = 499;  // nginx's word for it, known to every log reader
  context.record.status = kClientClosedRequest;
  context.record.error_class = reason::kClientGone;
  LoopCounters::Add(environment.counters.client_gone);
  const bool used = context.request_sent && context.endpoint->operation == Operation::kGenerate;
  const AnswerMeter nothing_passed(context.dialect, /*hide_usage=*/false);
  Settle(environment, context, used ? &nothing_passed : nullptr);
}

// Tries the accounts in order; the first answer that is good, or that no other account could
// better, is the client's.
Task<void> Forward(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                   const Selection& selection) {
  const std::int64_t now_ms = exchange.loop().now_ms();
  UpstreamSignal signal;
  for (std::size_t i = 0; i < selection.accounts.size(); ++i) {
    const Account& account = *selection.accounts[i];
    // The request's own time is up: no fault of the accounts not yet asked.
    if (i > 0 && exchange.loop().now_ms() >= now_ms + account.timeouts.total_ms) break;
    const bool last = i + 1 == selection.accounts.size();
    const std::int64_t total_deadline_ms = now_ms + account.timeouts.total_ms;
    UpstreamCall call(environment.upstream, account, exchange.stream().watch());
    const AttemptOutcome outcome =
        co_await Attempt(environment, context, exchange, call, account, total_deadline_ms);
    signal = NoteAttempt(environment, context, account, call, outcome);
    if (outcome == AttemptOutcome::kClientGone) {
      NoteClientGone(environment, context);
      co_return;
    }
    if (signal.try_next && !last) continue;
    if (PassesOn(outcome, signal, call)) {
      co_await PassAnswer(environment, context, call, exchange, total_deadline_ms);
      co_return;
    }
    break;  // what it said would be the same elsewhere, or was the last
  }
  const LocalReply reply = AllFailed(context, signal);
  // Answered, but not readable: the provider has billed it all the same.
  const bool used =
      signal.error_class.empty() && context.endpoint->operation == Operation::kGenerate;
  const AnswerMeter unread(context.dialect, /*hide_usage=*/false);
  co_await Refuse(environment, context, exchange, reply, used ? &unread : nullptr);
}

}  // namespace

Task<void> RelayRequest(RelayEnvironment& environment, Exchange& exchange) {
  RequestContext context = Begin(environment, exchange);
  if (environment.draining.load(std::memory_order_relaxed)) exchange.CloseAfter();
  Refusal refusal = Route(context, exchange.head());
  if (!refusal && context.endpoint->operation == Operation::kAlive) {
    const bool head_only = exchange.head().method == "HEAD";
    co_await AnswerLocally(context, exchange, head_only ? "" : "weir\n", "text/plain");
    co_return;
  }
  if (!refusal) refusal = CheckCaller(context, exchange.head());
  if (!refusal && context.endpoint->operation == Operation::kListModels) {
    const std::string models = ModelList(context, exchange.head());
    co_await AnswerLocally(context, exchange, models, "application/json");
    co_return;
  }
  if (refusal) {
    exchange.CloseAfter();  // its body is not read
    co_await Refuse(environment, context, exchange, *refusal);
    co_return;
  }
  const ReadStatus read = co_await exchange.ReadBody();
  if (read == ReadStatus::kClosed) {
    exchange.CloseAfter();
    NoteClientGone(environment, context);
    co_return;
  }
  if (read != ReadStatus::kComplete) exchange.CloseAfter();
  refusal = CheckBodyRead(read, exchange, environment.limits);
  if (!refusal) refusal = ReadFacts(context, exchange);
  Selection selection;
  if (!refusal) refusal = ChooseAccounts(environment, context, exchange.head(), selection);
  if (refusal) {
    co_await Refuse(environment, context, exchange, *refusal);
    co_return;
  }
  co_await Forward(environment, context, exchange, selection);
}

Task<void> RefuseHead(RelayEnvironment& environment, Exchange& exchange, ReadStatus status) {
  if (status == ReadStatus::kClosed) co_return;
  RequestContext context = Begin(environment, exchange);
  context.dialect = DialectOfPath(exchange.guessed_path());
  LocalReply reply{reason::kBadRequest, {}};
  switch (status) {
    case ReadStatus::kTimeout:
      reply = {reason::kRequestTimeout, "The request's head did not come in time."};
      break;
    case ReadStatus::kTooLarge:
    case ReadStatus::kTooManyFields:
      reply = {reason::kHeadTooLarge, StrCat("The request's head is larger than ",
                                             environment.limits.request_head_bytes_max,
                                             " bytes or has over ", kHeaderFieldsMax, " fields.")};
      break;
    default:
      reply.message = StrCat("The request is not proper HTTP/1.1: ", exchange.problem(), ".");
  }
  exchange.CloseAfter();
  environment.reasons.CountLocalReply(reply.reason);
  SendLocalReply(context, exchange, reply);
  co_await exchange.Flush();
}

}  // namespace weir::relay

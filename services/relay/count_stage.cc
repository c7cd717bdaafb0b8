#include "services/relay/count_stage.h"

#include <cstdint>
#include <string>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/json_text.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/accounts/account_selector.h"
#include "services/relay/counting/request_count.h"
#include "services/relay/failover.h"
#include "services/relay/local_answer.h"
#include "services/relay/net/buffer_cap.h"
#include "services/relay/settle.h"
#include "services/relay/tokenizer/token_counter.h"
#include "services/relay/translate/dialect_table.h"

namespace weir::relay {
namespace {

// At once; then others have their turn.
constexpr std::int64_t kStepNs = 1 * kNsPerMs;

bool AsksForCount(const RequestContext& context) {
  return context.endpoint->operation == Operation::kCountTokens;
}

std::string_view CountHead(Dialect dialect) {
  if (dialect == Dialect::kAnthropicMessages) return R"({"input_tokens":)";
  if (dialect == Dialect::kGemini) return R"({"totalTokens":)";
  return R"({"object":"response.input_tokens","input_tokens":)";
}

void Answer(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
            std::int64_t tokens, bool exact) {
  UsageRecord& record = context.record;
  record.status = 200;
  record.error_class = {};
  record.complete = true;
  Settle(environment, context, nullptr);
  const std::string body = StrCat(CountHead(context.dialect), tokens, "}");
  SendLocalAnswer(context, exchange, body, "application/json",
                  exact ? "x-weir-token-count: exact\r\n" : "x-weir-token-count: estimate\r\n");
}

// The gateway's own prompt goes to the model too.
void AddPrompt(const RequestContext& context, ChatRequest& request) {
  if (context.system_prompt.empty()) return;
  const std::size_t first = request.parts.size();
  std::string prompt;
  AppendJsonString(prompt, context.system_prompt);
  const std::string_view kept = request.Keep(std::move(prompt));
  request.AddPart(PartKind::kText).text = kept.substr(1, kept.size() - 2);
  request.AddSystemTurnFirst(first);
}

void NoteWhoWouldServe(RequestContext& context, const Account* account) {
  UsageRecord& record = context.record;
  record.account_id = account == nullptr ? 0 : account->id;
  record.account_name = account == nullptr ? std::string() : account->name;
  if (account == nullptr) context.upstream_model = context.step().model;
  record.served_model = std::string(context.upstream_model);
}

}  // namespace

bool CountsFor(const RequestContext& context, const Account& account) {
  return AsksForCount(context) && !SpeaksNatively(account, context.dialect);
}

bool CountsWithout(const RequestContext& context, std::string_view reason) {
  return AsksForCount(context) && ReadsRequests(context.dialect) &&
         (reason == reason::kNoAccountAvailable || reason == reason::kDialectNotServed ||
          reason == reason::kNativeOnly);
}

bool RefusesToCount(const RequestContext& context, int http_status) {
  if (!AsksForCount(context) || !ReadsRequests(context.dialect)) return false;
  const bool own_fault = http_status == 400 || http_status == 413 || http_status == 422;
  return http_status >= 400 && !own_fault;
}

Task<void> CountHere(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                     const Account* account) {
  NoteWhoWouldServe(context, account);
  BufferCharge charge(exchange.loop().buffers());
  ChatRequest request;
  const absl::Status read = RowOf(context.dialect).read_request(exchange.body(), request);
  if (!read.ok() && account != nullptr) {
    const LocalReply reply =
        MakeReply(Telling::kUntranslatable, reason::kBadParameter, View(read.message()),
                  context.facts.model, DialectName(DialectOf(*account)));
    co_await Refuse(environment, context, exchange, reply);
    co_return;
  }
  // What is decoded is no more than the body.
  if (!read.ok() || !charge.Set(exchange.body().size())) {
    Answer(environment, context, exchange, context.estimated_input_tokens, /*exact=*/false);
    co_await exchange.Flush();
    co_return;
  }
  AddPrompt(context, request);
  RequestCount count(std::move(request), context.upstream_model);
  thread_local TokenCounter counter;
  std::int64_t pause_ns = SteadyNs() + kStepNs;
  while (!count.done()) {
    count.Step(counter);
    if (count.done() || SteadyNs() < pause_ns) continue;
    co_await SleepUntil(exchange.loop(), exchange.loop().now_ms() + 1);
    if (exchange.gone()) {
      NoteClientGone(environment, context);
      co_return;
    }
    pause_ns = SteadyNs() + kStepNs;
  }
  Answer(environment, context, exchange, count.tokens(), count.exact());
  co_await exchange.Flush();
}

}  // namespace weir::relay

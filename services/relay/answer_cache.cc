#include "services/relay/answer_cache.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/accounts/account_selector.h"
#include "services/relay/answer_framing.h"
#include "services/relay/body_stage.h"
#include "services/relay/cache/cache_plan.h"
#include "services/relay/event_numbering.h"
#include "services/relay/http/response_head.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/resume.h"
#include "services/relay/route_stage.h"
#include "services/relay/settle.h"
#include "services/relay/shared_cache/shared_cache.h"

namespace weir::relay {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

// Headers of the client's that pass to the provider and change what it answers.
constexpr std::array<std::string_view, 4> kTellingHeaders = {"accept", "anthropic-beta",
                                                             "anthropic-version", "openai-beta"};

// All that decides the answer: where it is asked, by whose rules, and what.
CacheKey KeyOf(const RequestContext& context, const Exchange& exchange) {
  const RequestHead& head = exchange.head();
  const RouteStep& step = context.step();
  CacheKeyBuilder key;
  key.Add(DialectName(context.dialect)).Add(context.endpoint->upstream_path).Add(head.query());
  key.Add(context.caller.group->id).Add(step.model).Add(context.system_prompt);
  key.Add(std::int64_t{context.facts.stream}).Add(std::int64_t{NativeOnly(context, step)});
  if (step.route != nullptr) {
    const TokenBounds& bounds = step.route->max_tokens;
    key.Add(bounds.min).Add(bounds.max).Add(bounds.standard);
    key.Add(std::int64_t{step.route->temperature_default_milli.value_or(-1)});
  }
  for (const HeaderField& field : head.all()) {
    for (std::size_t i = 0; i < kTellingHeaders.size(); ++i) {
      // A list may come in several fields; all of them reach the provider.
      if (!EqualsIgnoreCase(field.name, kTellingHeaders[i])) continue;
      key.Add(static_cast<std::int64_t>(i)).Add(field.value);
    }
  }
  key.Add(exchange.body());
  return key.Finish();
}

// A list may come in several fields.
CacheWishes WishesOf(const RequestHead& head) {
  CacheWishes wishes;
  for (const HeaderField& field : head.all()) {
    if (!EqualsIgnoreCase(field.name, "cache-control")) continue;
    const CacheWishes here = ReadCacheControl(field.value);
    wishes.look = wishes.look && here.look;
    wishes.keep = wishes.keep && here.keep;
  }
  return wishes;
}

// What of an account's own settings could make it answer otherwise.
std::uint64_t FaceOf(const Account& account) {
  std::string text =
      StrCat(account.url.pool_key, account.url.base_path, "?", account.url.api_version);
  for (const auto& [name, value] : account.headers) StrAppend(text, "\n", name, ":", value);
  for (const QuirkSetting& quirk : account.quirks) {
    StrAppend(text, "\n", static_cast<int>(quirk.quirk), "=", quirk.value, quirk.member);
  }
  return StableHash(text);
}

bool StillGiven(const RequestContext& context, const CachedAnswer& answer) {
  const Account* account = context.snapshot->FindAccount(answer.account_id);
  if (account == nullptr || account->status == AccountStatus::kDisabled) return false;
  const std::vector<std::int64_t>& groups = account->group_ids;
  return std::find(groups.begin(), groups.end(), context.caller.group->id) != groups.end() &&
         account->Serves(answer.account_model) &&
         account->model_mapping.Map(answer.account_model) == answer.served_model &&
         FaceOf(*account) == answer.account_face;
}

void ComposeCachedHead(RequestContext& context, const Exchange& exchange,
                       const CachedAnswer& answer, AnswerFraming framing, std::string& out) {
  AnswerHead head;
  head.framing = framing;
  head.content_length = static_cast<std::int64_t>(answer.body.size());
  head.close = !exchange.keep_alive();
  head.request_id = context.request_id;
  head.overhead_us = (SteadyNs() - exchange.received_ns()) / kNsPerUs;
  head.dialect = context.dialect;
  head.console_origin = context.console_origin;
  context.record.overhead_us = head.overhead_us;
  WriteAnswerHead(head, out);
  // The SDKs read the id of a request from the header that their own provider uses.
  StrAppend(out, WordsOf(context.dialect).request_id_header, ": ", context.request_id,
            "\r\nx-weir-cache: hit\r\n", answer.head_fields);
  if (answer.is_stream) AppendStreamFields(out);
}

// A stream that its client may come back to, for as long as it is sent.
struct ResumableEnd {
  ResumableEnd(std::shared_ptr<ResumableStream> opened, EventLoop& its_loop)
      : stream(std::move(opened)), loop(its_loop) {}
  ~ResumableEnd() {
    if (stream != nullptr) stream->End(loop.now_ms());
  }
  ResumableEnd(const ResumableEnd&) = delete;
  ResumableEnd& operator=(const ResumableEnd&) = delete;

  std::shared_ptr<ResumableStream> stream;  // null: it is none
  EventLoop& loop;
};

// Off the front of `rest`; with numbers when the stream is resumable.
std::string_view NextPiece(std::string_view& rest, ResumableStream* resumable,
                           EventNumbering& numbering) {
  if (resumable != nullptr) return numbering.Number(*resumable, rest, kPieceBytes);
  const std::string_view piece = rest.substr(0, kPieceBytes);
  rest.remove_prefix(piece.size());
  return piece;
}

void NoteHit(RelayEnvironment& environment, RequestContext& context, const CachedAnswer& answer) {
  constexpr int kOk = 200;
  UsageRecord& record = context.record;
  record.status = kOk;
  record.complete = true;
  record.cache_hit = true;
  record.stream = answer.is_stream;
  record.served_model = answer.served_model;
  record.first_token_ms = (SteadyNs() - context.began_ns) / kNsPerMs;
  environment.cache.counters().hits.fetch_add(1, std::memory_order_relaxed);
  Settle(environment, context, nullptr);
}

// What cannot be recorded is not served, though it costs nothing, unless the operator wants it so.
bool MayLook(const RelayEnvironment& environment, const RequestContext& context) {
  const bool recordable = environment.spool.CanAccept() || environment.serve_unrecorded;
  return context.cache != nullptr && recordable;
}

// `found`, if it may still be given out; counts what is missed.
std::shared_ptr<const CachedAnswer> Given(RelayEnvironment& environment,
                                          const RequestContext& context,
                                          std::shared_ptr<const CachedAnswer> found) {
  if (found != nullptr && StillGiven(context, *found)) return found;
  environment.cache.counters().misses.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

}  // namespace

void PlanCaching(RelayEnvironment& environment, RequestContext& context, const Exchange& exchange) {
  const Group& group = *context.caller.group;
  if (!context.caller.key->cache && !group.cache) return;
  if (!environment.cache.enabled() || context.endpoint->body == BodyForm::kMultipart) return;
  context.cache = std::make_unique<CachePlan>(environment.cache, KeyOf(context, exchange),
                                              WishesOf(exchange.head()));
  context.cache->ttl_ms =
      group.cache_ttl_ms > 0 ? group.cache_ttl_ms : context.snapshot->settings().cache_ttl_ms;
}

std::shared_ptr<const CachedAnswer> FindCached(RelayEnvironment& environment,
                                               const RequestContext& context) {
  if (!MayLook(environment, context) || environment.shared_cache.configured()) return nullptr;
  std::shared_ptr<const CachedAnswer> answer;
  if (context.cache->wishes.look) {
    answer = environment.cache.Find(context.cache->key, context.record.started_at_unix_ms);
  }
  return Given(environment, context, std::move(answer));
}

bool AsksSharedCache(const RelayEnvironment& environment, const RequestContext& context) {
  return MayLook(environment, context) && environment.shared_cache.configured();
}

Task<std::shared_ptr<const CachedAnswer>> FindShared(RelayEnvironment& environment,
                                                     const RequestContext& context) {
  std::shared_ptr<const CachedAnswer> answer;
  if (context.cache->wishes.look) {
    SharedCacheLookup lookup(environment.shared_cache, context.cache->key);
    answer = co_await lookup;
  }
  std::shared_ptr<const CachedAnswer> given = Given(environment, context, std::move(answer));
  co_return given;
}

Task<void> AnswerFromCache(RelayEnvironment& environment, RequestContext& context,
                           Exchange& exchange, const CachedAnswer& answer) {
  const ResumableEnd resumable(
      answer.is_stream ? OpenResumable(environment, context, exchange) : nullptr, exchange.loop());
  AnswerFraming framing = AnswerFraming::kLength;
  if (answer.is_stream) {
    framing = exchange.http_1_0() ? AnswerFraming::kUntilClose : AnswerFraming::kChunked;
  }
  if (exchange.http_1_0()) exchange.CloseAfter();
  std::string head;
  ComposeCachedHead(context, exchange, answer, framing, head);
  if (resumable.stream != nullptr) AppendStreamId(environment.relay_id, context.request_id, head);
  head += "\r\n";
  exchange.ReleaseRequest();
  NoteHit(environment, context, answer);
  if (context.bodies != nullptr) {
    context.bodies->SetContentType(BodyKind::kClientAnswer,
                                   answer.is_stream ? "text/event-stream" : "application/json");
  }
  EventNumbering numbering;
  std::string_view rest = answer.body;
  do {
    const std::string_view piece = NextPiece(rest, resumable.stream.get(), numbering);
    if (exchange.gone()) continue;
    RecordPart(context, BodyKind::kClientAnswer, piece, /*last=*/rest.empty());
    const bool sent = SendPart(exchange, framing, head, piece, /*last=*/rest.empty());
    if (!sent) co_await exchange.Flush();
    // Whoever comes back finds it whole; nobody else is left.
  } while (!rest.empty() && (!exchange.gone() || resumable.stream != nullptr));
}

void KeepAnswer(RelayEnvironment& environment, RequestContext& context) {
  constexpr int kOk = 200;
  if (context.cache == nullptr) return;
  CachePlan& plan = *context.cache;
  const UsageRecord& record = context.record;
  const bool good = record.status == kOk && record.complete && record.error_class.empty();
  if (!good || !plan.wishes.keep || plan.capture.given_up()) return;
  // A fallback's answer is another model's: kept, it would outlive the outage that led to it.
  const Account* account = context.snapshot->FindAccount(record.account_id);
  if (context.step_index != 0 || account == nullptr) return;
  auto answer = std::make_shared<CachedAnswer>();
  answer->is_stream = record.stream;
  if (!plan.content_type.empty()) {
    answer->head_fields = StrCat("content-type: ", plan.content_type, "\r\n");
  }
  answer->body = plan.capture.Take();
  answer->account_id = record.account_id;
  answer->account_face = FaceOf(*account);
  answer->account_model = std::string(context.step().model);
  answer->served_model = record.served_model;
  if (environment.shared_cache.configured()) {
    environment.shared_cache.Store(plan.key, *answer, plan.ttl_ms);
    return;
  }
  environment.cache.Insert(plan.key, std::move(answer), UnixMs() + plan.ttl_ms);
}

}  // namespace weir::relay

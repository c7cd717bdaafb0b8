// What is known so far of the request at hand; each stage of the path adds its part.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/auth/authenticator.h"
#include "services/relay/bodies/body_tap.h"
#include "services/relay/budgets/budget_hold.h"
#include "services/relay/cache/cache_plan.h"
#include "services/relay/dialects/request_scan.h"
#include "services/relay/dialects/signed_blocks.h"
#include "services/relay/http/endpoints.h"
#include "services/relay/http/exchange.h"
#include "services/relay/intents/intent_file.h"
#include "services/relay/limits/rate_limiter.h"
#include "services/relay/metering/usage_record.h"
#include "services/relay/net/buffer_cap.h"
#include "services/relay/route/route_resolver.h"
#include "services/relay/shared_limits/shared_limiter.h"
#include "services/relay/snapshot/snapshot.h"
#include "services/relay/tracing/request_trace.h"
#include "services/relay/translate/translation.h"

namespace weir::relay {

// What this request holds of the rate limits, and what its caller is told of them.
struct RateHolds {
  RatePermit caller;           // of key, user and group
  RatePermit account;          // of the account that is being tried or answers
  SharedPermit shared_caller;  // the same in Redis
  SharedPermit shared_account;
  LimitReport report;  // the caller's own figures
  std::int64_t admitted_unix_ms = 0;
  bool limits_away = false;  // an account was passed over since Redis is away
};

// The status of a request whose client left before any answer: nginx's word for it, known to every
// log reader.
inline constexpr int kClientClosedRequest = 499;

// An attempt whose account did not have the model, or the right to it, if another attempt is
// answered well; else it was the request.
struct RefusedModel {
  const Account* account = nullptr;
  AccountHealth::Ticket ticket;
  std::string_view upstream_model;  // the snapshot's or the facts'
  int http_status = 0;
  std::size_t attempt = 0;  // its place among the record's
};

// The price that was asked for last (request_price.h): the request's stages ask for the same one.
// The model's name is the snapshot's or the facts'.
struct PriceMemo {
  std::int64_t account_id = 0;
  std::string_view model;
  const Price* price = nullptr;
};

struct RequestContext {
  std::shared_ptr<const Snapshot> snapshot;  // pinned: a push changes nothing for this request
  const Endpoint* endpoint = nullptr;
  Dialect dialect = Dialect::kOpenAiChat;  // of the caller; errors are written in it
  bool plain_errors = false;               // but for these, which are as the REST interface's
  std::string_view console_origin;         // of the page that asks; empty = none of the console's
  Caller caller;
  RequestFacts facts;
  RoutePlan plan;
  std::size_t step_index = 0;                 // of the model in `plan` that is being tried
  std::optional<bool> forced_stream;          // by the route; facts.stream says so too
  std::string system_prompt;                  // put before the request's own; empty = none
  std::optional<SignedBlocks> signed_blocks;  // of the body, once they were looked for
  std::int64_t signature_refused_by = 0;      // account; it gets none of them any more
  std::uint64_t keeper_family = 0;            // keeps the stored answer that this one goes on
  Timeouts timeouts;                          // of the attempt at hand
  DisconnectPolicy on_disconnect;
  // Of the attempt under way; the name is the snapshot's or the facts'.
  std::string_view upstream_model;
  AccountHealth::Ticket ticket;
  std::unique_ptr<Translation> translation;         // null: the account speaks the caller's dialect
  std::unique_ptr<BufferCharge> translation_bytes;  // until the request is sent
  std::vector<RefusedModel> refused_models;
  std::uint64_t seed = 0;     // of the choice among accounts: of the conversation, or random
  bool has_session = false;   // `seed` names a conversation
  std::string request_id;     // UUIDv7 as text
  std::int64_t began_ns = 0;  // steady, first byte of the request
  std::int64_t estimated_input_tokens = 0;  // of the body, taken before it is freed
  std::int64_t non_ascii_bytes = 0;         // of the body
  bool request_sent = false;                // by the last attempt, whole: it may be billed
  std::int64_t upstream_waited_ns = 0;      // of all attempts
  RateHolds rates;
  std::unique_ptr<CachePlan> cache;     // null: the caller's answers are not cached
  std::unique_ptr<BudgetHold> budget;   // null: no budget binds it, or it is settled
  Intent intent;                        // from the first attempt to the end
  std::unique_ptr<BodyTap> bodies;      // null: they are not recorded
  std::unique_ptr<RequestTrace> trace;  // null: it belongs to none
  UsageRecord record;
  bool settled = false;
  mutable PriceMemo price_memo;  // a shortcut: what is found does not depend on it

  const RouteStep& step() const { return plan.steps[step_index]; }
  // Of the attempt under way: what goes to the upstream and comes from it.
  Dialect upstream_dialect() const {
    return translation == nullptr ? dialect : translation->upstream();
  }
};

}  // namespace weir::relay

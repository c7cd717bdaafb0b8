#include "services/relay/account_test_record.h"

#include "libs/common/ids.h"
#include "libs/common/operation.h"
#include "libs/common/price.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/version.h"

namespace weir::relay {
namespace {

// As a client of a request that ended so is told.
int StatusOf(const AccountTestUse& use) {
  constexpr int kClientGone = 499;
  constexpr int kBadGateway = 502;
  constexpr int kGatewayTimeout = 504;
  if (use.status != 0) return use.status;
  if (use.reason == reason::kClientGone) return kClientGone;
  return use.reason == reason::kUpstreamTimeout ? kGatewayTimeout : kBadGateway;
}

void PriceRecord(const Account& account, const Snapshot& snapshot, UsageRecord& record) {
  const Price* price =
      snapshot.FindPrice(account.provider, record.served_model, record.started_at_unix_ms);
  if (price == nullptr) return;
  const Charge charge = ChargeFor(price->prices, record.tokens, record.multiplier_ppm);
  record.price_id = price->id;
  record.prices = charge.prices;
  record.cost_nano_usd = charge.cost_nano_usd;
}

}  // namespace

UsageRecord RecordOf(const AccountTestPlan& plan, const AccountTestUse& use,
                     const Snapshot& snapshot, std::int64_t started_at_unix_ms,
                     std::int64_t latency_ms) {
  UsageRecord record;
  record.id = UuidFromText(plan.request_id).value_or(std::string());
  record.started_at_unix_ms = started_at_unix_ms;
  record.account_id = plan.account.id;
  record.account_name = plan.account.name;
  record.dialect = plan.dialect;
  record.operation = operation::kAccountTest;
  record.model = plan.model;
  record.served_model = plan.upstream_model;
  record.status = StatusOf(use);
  record.error_class = use.reason;
  record.complete = use.reason.empty();
  record.stream = plan.stream;
  record.tokens = use.tokens;
  record.usage_source = use.source;
  record.snapshot_revision = snapshot.revision();
  record.latency_ms = latency_ms;
  record.first_token_ms = use.first_token_ms;
  record.user_agent = StrCat("weir/", kVersion);
  record.upstream_request_id = use.upstream_request_id;
  record.attempts.push_back({.account_id = plan.account.id,
                             .http_status = use.status,
                             .error_class = use.reason,
                             .started_at_unix_ms = started_at_unix_ms,
                             .duration_ms = latency_ms,
                             .served_model = plan.upstream_model,
                             .action = AttemptAction::kNone,
                             .connect_ms = 0,
                             .first_byte_ms = 0,
                             .end_ms = 0,
                             .cooldown_until_unix_ms = 0});
  PriceRecord(plan.account, snapshot, record);
  return record;
}

}  // namespace weir::relay

// What the relay knows of one finished request; becomes a weir.v1.UsageEvent in the spool.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// Where the counts come from; the numbers are weir.v1.UsageSource's.
enum class UsageSource {
  kNone = 0,
  kReported = 1,
  kEstimated = 2,        // all
  kOutputEstimated = 3,  // what went in was reported
  kInputEstimated = 4,   // what came out was reported
};

// What became of an attempt; the numbers are weir.v1.AttemptAction's.
enum class AttemptAction {
  kNone = 0,
  kServed = 1,
  kPassedOn = 2,
  kRetried = 3,
  kFailedOver = 4,
  kFellBack = 5,
  kGaveUp = 6,
  kClientLeft = 7,
  kBrokeOff = 8,
};

// One upstream call; `error_class` is a word of libs/common/reason.h, empty = good.
struct AttemptRecord {
  std::int64_t account_id = 0;
  int http_status = 0;  // 0 = no answer
  std::string_view error_class;
  std::int64_t started_at_unix_ms = 0;
  std::int64_t duration_ms = 0;
  std::string_view served_model;  // must live as long as the record
  AttemptAction action = AttemptAction::kNone;
  std::int64_t connect_ms = 0;     // 0 = a kept connection, -1 = there was none
  std::int64_t first_byte_ms = 0;  // -1 = there was no answer
  std::int64_t end_ms = 0;
  std::int64_t cooldown_until_unix_ms = 0;
};

// Field by field as in proto/weir/v1/usage.proto, where units and meanings stand.
struct UsageRecord {
  std::string id;  // UUIDv7, 16 bytes
  std::int64_t started_at_unix_ms = 0;
  std::int64_t user_id = 0;
  std::int64_t key_id = 0;
  std::string key_name;
  std::int64_t group_id = 0;
  std::int64_t account_id = 0;
  std::string account_name;
  Dialect dialect = Dialect::kAnthropicMessages;
  std::string_view operation;
  std::string model;
  std::string served_model;
  int status = 0;
  std::string_view error_class;
  bool complete = false;
  bool stream = false;
  TokenCounts tokens;
  UsageSource usage_source = UsageSource::kNone;
  std::int64_t cost_nano_usd = 0;
  std::int64_t price_id = 0;
  TokenPrices prices;
  std::int64_t multiplier_ppm = kPpmOne;
  std::uint64_t snapshot_revision = 0;
  std::int64_t latency_ms = 0;
  std::int64_t first_token_ms = -1;
  std::int64_t overhead_us = 0;
  std::vector<AttemptRecord> attempts;
  std::string client_ip;
  std::string user_agent;
  std::string upstream_request_id;
  bool cache_hit = false;
  std::uint64_t session = 0;  // 0 = not known
  // Whose leases paid: weir.v1.BudgetCharge, its lists as bits 8 × kind of subject + {day_cost,
  // month_cost, total_cost, day_requests, month_requests, total_requests}, kinds in the order of
  // weir.v1.SubjectKind.
  std::string lease_session;
  std::uint32_t charged_budgets = 0;
};

}  // namespace weir::relay

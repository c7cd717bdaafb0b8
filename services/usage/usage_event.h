// A usage event as the ledger knows it: weir.v1.UsageEvent without the generated code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/common/cost.h"
#include "services/usage/budget.h"

namespace weir::usage {

// The number is weir.v1.AttemptAction's, stored as it came.
inline constexpr std::int64_t kNoAction = 0;

// One upstream call for a request. With kNoAction the times behind it say nothing.
struct Attempt {
  std::int64_t account_id = 0;
  std::int64_t http_status = 0;  // 0 = no answer
  std::string error_class = {};  // empty = good
  std::int64_t started_at_unix_ms = 0;
  std::int64_t duration_ms = 0;
  std::string served_model = {};
  std::int64_t action = kNoAction;
  std::int64_t connect_ms = 0;     // -1 = there was no connection
  std::int64_t first_byte_ms = 0;  // -1 = there was no answer
  std::int64_t end_ms = 0;
  std::int64_t cooldown_until_unix_ms = 0;

  bool operator==(const Attempt&) const = default;
};

// The price a cost was computed with.
struct AppliedPrice {
  std::int64_t price_id = 0;  // 0 = none
  TokenPrices prices;
  std::int64_t multiplier_ppm = 0;

  bool operator==(const AppliedPrice&) const = default;
};

// One line beside an event, which itself never changes.
struct Correction {
  std::int64_t number = 0;  // of the event's, from 1
  std::int64_t rerate_id = 0;
  std::int64_t made_at_unix_ms = 0;
  std::int64_t cost_nano_usd = 0;   // added to the cost; may be negative
  std::int64_t spend_nano_usd = 0;  // added to what budgets count; 0 = they were left alone
  AppliedPrice price = {};          // by which the event is rated from now on

  bool operator==(const Correction&) const = default;
};

// Whose leases paid: the cost of each budget of money, one of each budget of requests.
struct BudgetCharge {
  std::string session = {};  // empty = none
  std::vector<SubjectKind> day_cost = {};
  std::vector<SubjectKind> month_cost = {};
  std::vector<SubjectKind> total_cost = {};
  std::vector<SubjectKind> day_requests = {};
  std::vector<SubjectKind> month_requests = {};
  std::vector<SubjectKind> total_requests = {};

  bool operator==(const BudgetCharge&) const = default;
};

// Values of weir.v1.UsageSource that roll-ups tell apart.
inline constexpr std::int64_t kSourceNone = 0;
inline constexpr std::int64_t kSourceReported = 1;

// Field for field weir.v1.UsageEvent, where the units are told. Enums are kept as their numbers, so
// that a newer relay's values pass through.
struct UsageEvent {
  std::string id;  // 16 bytes
  std::string relay_id;
  std::int64_t started_at_unix_ms = 0;
  std::int64_t user_id = 0;
  std::int64_t key_id = 0;
  std::string key_name;
  std::int64_t group_id = 0;
  std::int64_t account_id = 0;
  std::string account_name;
  std::int64_t dialect = 0;
  std::string operation;
  std::string model;
  std::string served_model;
  std::int64_t status = 0;
  std::string error_class;
  bool complete = false;
  bool stream = false;
  TokenCounts tokens;
  std::int64_t usage_source = 0;
  std::int64_t cost_nano_usd = 0;
  AppliedPrice price;
  std::int64_t snapshot_revision = 0;
  std::int64_t latency_ms = 0;
  std::int64_t first_token_ms = -1;
  std::int64_t overhead_us = 0;
  std::string client_ip;
  std::string user_agent;
  std::string upstream_request_id;
  bool cache_hit = false;
  std::int64_t session = 0;  // weir.v1's, by its bits: databases have no unsigned integers
  std::vector<Attempt> attempts;
  std::vector<Correction> corrections;    // read with one event alone
  std::int64_t corrections_nano_usd = 0;  // the sum of all corrections; read with it, not a column
  BudgetCharge charge;  // moves leases when the event is committed; not stored with it

  // What the log list and the roll-ups count as an error.
  bool failed() const { return status >= 400 || !complete; }

  // More than one upstream call was made for it.
  bool retried() const { return attempts.size() > 1; }

  // Some of its counts were never told by the provider.
  bool has_estimates() const {
    return usage_source != kSourceNone && usage_source != kSourceReported;
  }

  // What a budget of requests counts.
  bool used_tokens() const { return usage_source != kSourceNone; }

  bool operator==(const UsageEvent&) const = default;
};

}  // namespace weir::usage

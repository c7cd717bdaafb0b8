// What is wrong now, and the messages about it that wait to be sent. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/store/table.h"

namespace weir::admin {

// Something that is wrong.
struct AlertCondition {
  std::string event;    // "account_lost"
  std::string subject;  // what it is about: "account/12"
  std::string text;     // one sentence, without a secret
  std::int64_t since_ms = 0;
  std::int64_t seen_ms = 0;  // when somebody last saw it
  bool told = false;         // there was a message
  bool operator==(const AlertCondition&) const = default;
};

enum class AlertState { kRaised, kResolved, kTest };
enum class AlertDelivery { kWaiting, kDelivered, kGivenUp };

// One message to the webhook.
struct AlertMessage {
  std::int64_t id = 0;
  std::int64_t created_at_ms = 0;
  std::string event;
  std::string subject;
  AlertState state = AlertState::kRaised;
  std::string text;
  AlertDelivery delivery = AlertDelivery::kWaiting;
  std::int64_t tries = 0;
  std::int64_t next_try_at_ms = 0;
  std::int64_t delivered_at_ms = 0;
  std::string last_error;
  bool operator==(const AlertMessage&) const = default;
};

namespace alert_store {

inline constexpr std::int64_t kConditionsMax = 10'000;  // of one event
inline constexpr std::int64_t kWaitingMax = 10'000;
inline constexpr std::int64_t kKept = 1'000;  // messages that wait no more

// By subject. Empty `event`: of all.
absl::StatusOr<std::vector<AlertCondition>> Conditions(sql::Transaction& transaction,
                                                       std::string_view event);
// New, or as it is now.
absl::Status Put(sql::Transaction& transaction, const AlertCondition& condition);
absl::Status Remove(sql::Transaction& transaction, const AlertCondition& condition);

// How many messages wait.
absl::StatusOr<std::int64_t> Waiting(sql::Transaction& transaction);
// Sets the message's id.
absl::Status Queue(sql::Transaction& transaction, std::int64_t now_ms, AlertMessage& message);

// Whether a message is due: what decides if Claim is worth its transaction.
absl::StatusOr<bool> IsDue(sql::Transaction& transaction, std::int64_t now_ms);
// Up to `limit` messages that are due, put off until `until_ms` so that no other process sends them
// meanwhile. The oldest first.
absl::StatusOr<std::vector<AlertMessage>> Claim(sql::Transaction& transaction, std::int64_t now_ms,
                                                std::int64_t until_ms, std::int64_t limit);
// How a try went. Nothing when the claim until `claimed_until_ms` ran out meanwhile.
absl::Status NoteTry(sql::Transaction& transaction, const AlertMessage& message,
                     std::int64_t claimed_until_ms);

absl::StatusOr<Page<AlertMessage>> List(sql::Transaction& transaction, const ListQuery& query);
// Forgets all but the last kKept of those that wait no more.
absl::Status Prune(sql::Transaction& transaction);
// Nobody is to be told any more: what waits is given up, and what is wrong will be news again.
absl::Status Forget(sql::Transaction& transaction);

}  // namespace alert_store
}  // namespace weir::admin

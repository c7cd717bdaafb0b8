// What relays learn about accounts, and what admin makes of it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"

namespace weir::admin {

enum class Signal {
  kRateLimited,
  kOverloaded,
  kCredentialRejected,
  kRecovered,
  kQuotaExhausted,
  kModelRefused,
};

struct Observation {
  std::int64_t account_id = 0;
  Signal signal = Signal::kRecovered;
  std::int64_t observed_at_ms = 0;
  std::int64_t cooldown_until_ms = 0;  // 0 = the relay did not say
  std::string reason;                  // word of libs/common/reason.h
  std::string model = {};              // upstream model; empty = the whole account
  std::int64_t http_status = 0;        // 0 = no answer
  std::string request_id = {};         // the request that showed it
  std::string relay_id = {};           // who saw it
};

// The rules, without a database: true when `account` was changed. A disabled account stays so until
// an administrator acts, and so does one whose credential was refused; what is older than the last
// thing we know is ignored. What is about one model rests that model alone.
bool Apply(const Observation& observation, Account& account);

// A token that its provider refuses before its end may have been revoked: plans that Weir gets
// another one, where it can. Behind Apply.
void PlanRenewal(const Observation& observation, std::int64_t now_ms, Account& account);

// Stores it, as a change that all relays get. OK when there was nothing to change or the account is
// gone.
absl::Status StoreObservation(Store& store, const Observation& observation);

}  // namespace weir::admin

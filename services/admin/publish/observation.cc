#include "services/admin/publish/observation.h"

#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "services/admin/model/words.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

// When a provider does not say how long: long enough to matter, short enough to be tried again.
constexpr std::int64_t kUsualCooldownMs = 60'000;

void SetStatus(Account& account, AccountStatus status, std::string_view reason,
               std::int64_t cooldown_until_ms) {
  account.status = status;
  account.status_reason = reason;
  account.cooldown_until_ms = cooldown_until_ms;
}

}  // namespace

bool Apply(const Observation& observation, Account& account) {
  if (account.status == AccountStatus::kDisabled ||
      account.status == AccountStatus::kAccountException ||
      observation.observed_at_ms <= account.status_observed_at_ms) {
    return false;
  }
  const std::int64_t until = observation.cooldown_until_ms != 0
                                 ? observation.cooldown_until_ms
                                 : observation.observed_at_ms + kUsualCooldownMs;
  switch (observation.signal) {
    case Signal::kRateLimited:
      SetStatus(account, AccountStatus::kRateLimited, reason::kUpstreamRateLimited, until);
      break;
    case Signal::kOverloaded:
      SetStatus(account, AccountStatus::kApiException, reason::kUpstreamOverloaded, until);
      break;
    case Signal::kCredentialRejected:
      SetStatus(account, AccountStatus::kAccountException, reason::kCredentialRejected, 0);
      break;
    case Signal::kRecovered:
      if (account.status == AccountStatus::kNormal) return false;
      SetStatus(account, AccountStatus::kNormal, "", 0);
      break;
  }
  account.status_observed_at_ms = observation.observed_at_ms;
  return true;
}

absl::Status StoreObservation(Store& store, const Observation& observation) {
  const std::int64_t now_ms = store.NowMs();
  Account account;
  bool changed = false;
  absl::Status status =
      store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        changed = false;
        auto read = account_store::Get(transaction, observation.account_id);
        if (absl::IsNotFound(read.status())) return absl::OkStatus();
        if (!read.ok()) return read.status();
        account = *std::move(read);
        changed = Apply(observation, account);
        return changed ? account_store::Update(transaction, changes, now_ms, account)
                       : absl::OkStatus();
      });
  if (status.ok() && changed) {
    LogInfo("account status changed", {{"account_id", account.id},
                                       {"status", WordOf(account.status)},
                                       {"reason", account.status_reason},
                                       {"observed", observation.reason},
                                       {"cooldown_until_ms", account.cooldown_until_ms}});
  }
  return status;
}

}  // namespace weir::admin

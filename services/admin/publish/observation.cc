#include "services/admin/publish/observation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "services/admin/model/account_status.h"
#include "services/admin/model/words.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

// When a provider does not say how long: long enough to matter, short enough to be tried again.
constexpr std::int64_t kUsualCooldownMs = 60'000;

// Between two renewals of a credential that the provider refuses.
constexpr std::int64_t kRenewalMs = 5 * 60'000;

// Models that rest are few; an upstream that refuses ever new names must not fill the row.
constexpr std::size_t kModelCooldownsMax = 64;

void SetStatus(Account& account, AccountStatus status, std::string_view reason,
               std::int64_t cooldown_until_ms) {
  account.status = status;
  account.status_reason = reason;
  account.cooldown_until_ms = cooldown_until_ms;
}

// The relay's word where it is one that may stand there.
std::string_view FailureWord(std::string_view observed) {
  for (const std::string_view word :
       {reason::kUpstreamError, reason::kUpstreamConnect, reason::kUpstreamTimeout,
        reason::kUpstreamClosed, reason::kUpstreamMalformed}) {
    if (word == observed) return word;
  }
  return reason::kUpstreamOverloaded;
}

std::string_view WordFor(const Observation& observation) {
  switch (observation.signal) {
    case Signal::kRateLimited:
      return reason::kUpstreamRateLimited;
    case Signal::kQuotaExhausted:
      return reason::kQuotaExhausted;
    case Signal::kCredentialRejected:
      return reason::kCredentialRejected;
    case Signal::kModelRefused:
      return reason::kModelRefused;
    case Signal::kOverloaded:
      return FailureWord(observation.reason);
    case Signal::kRecovered:
      break;
  }
  return {};
}

std::int64_t CooldownUntil(const Observation& observation) {
  return observation.cooldown_until_ms != 0 ? observation.cooldown_until_ms
                                            : observation.observed_at_ms + kUsualCooldownMs;
}

bool ApplyToModel(const Observation& observation, Account& account) {
  std::vector<ModelCooldown>& cooldowns = account.model_cooldowns;
  const auto known =
      std::find_if(cooldowns.begin(), cooldowns.end(),
                   [&](const ModelCooldown& entry) { return entry.model == observation.model; });
  if (known != cooldowns.end()) {
    if (observation.observed_at_ms <= known->observed_at_ms) return false;
    cooldowns.erase(known);
    if (observation.signal == Signal::kRecovered) return true;
  }
  if (observation.signal == Signal::kRecovered) return false;
  std::erase_if(cooldowns, [&](const ModelCooldown& entry) {
    return entry.until_ms <= observation.observed_at_ms;
  });
  if (cooldowns.size() >= kModelCooldownsMax) cooldowns.erase(cooldowns.begin());
  cooldowns.push_back({.model = observation.model,
                       .until_ms = CooldownUntil(observation),
                       .observed_at_ms = observation.observed_at_ms,
                       .reason = std::string(WordFor(observation))});
  return true;
}

absl::Status NoteHistory(sql::Transaction& transaction, const Observation& observation,
                         const Account& before, const Account& account) {
  AccountHistoryEntry entry = {.account_id = account.id,
                               .at_ms = observation.observed_at_ms,
                               .model = observation.model,
                               .status = AccountStatus::kNormal,
                               .reason = {},
                               .source = std::string(account_history::kFromRelay),
                               .until_ms = 0,
                               .http_status = observation.http_status,
                               .request_id = observation.request_id,
                               .seen_by = observation.relay_id};
  if (before.model_cooldowns == account.model_cooldowns) {
    entry.model.clear();
    return account_history::NoteStatus(transaction, before, account, std::move(entry));
  }
  if (observation.signal != Signal::kRecovered) {
    const bool limited =
        observation.signal == Signal::kRateLimited || observation.signal == Signal::kQuotaExhausted;
    entry.status = limited ? AccountStatus::kRateLimited : AccountStatus::kApiException;
    entry.reason = WordFor(observation);
    entry.until_ms = CooldownUntil(observation);
  }
  return account_history::Note(transaction, entry);
}

}  // namespace

bool Apply(const Observation& observation, Account& account) {
  if (account.status == AccountStatus::kDisabled ||
      account.status == AccountStatus::kAccountException ||
      observation.observed_at_ms <= account.status_observed_at_ms) {
    return false;
  }
  const bool about_account =
      observation.model.empty() || observation.signal == Signal::kCredentialRejected;
  if (!about_account) return ApplyToModel(observation, account);
  const std::string_view word = WordFor(observation);
  switch (observation.signal) {
    case Signal::kRateLimited:
    case Signal::kQuotaExhausted:
      SetStatus(account, AccountStatus::kRateLimited, word, CooldownUntil(observation));
      break;
    case Signal::kOverloaded:
    case Signal::kModelRefused:
      SetStatus(account, AccountStatus::kApiException, word, CooldownUntil(observation));
      break;
    case Signal::kCredentialRejected:
      SetStatus(account, AccountStatus::kAccountException, word, 0);
      break;
    case Signal::kRecovered:
      if (account.status == AccountStatus::kNormal) return false;
      SetStatus(account, AccountStatus::kNormal, "", 0);
      break;
  }
  account.status_observed_at_ms = observation.observed_at_ms;
  return true;
}

// Not again and again, where tokens are given out that nobody takes.
void PlanRenewal(const Observation& observation, std::int64_t now_ms, Account& account) {
  if (observation.signal != Signal::kCredentialRejected || !CanRefresh(account)) return;
  account.refresh_at_ms = std::max(now_ms, account.credential_refreshed_at_ms + kRenewalMs);
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
        const Account before = account;
        changed = Apply(observation, account);
        if (!changed) return absl::OkStatus();
        PlanRenewal(observation, now_ms, account);
        absl::Status noted = NoteHistory(transaction, observation, before, account);
        if (!noted.ok()) return noted;
        return account_store::Update(transaction, changes, now_ms, account);
      });
  if (status.ok() && changed) {
    LogInfo("account status changed", {{"account_id", account.id},
                                       {"status", WordOf(account.status)},
                                       {"reason", account.status_reason},
                                       {"model", observation.model},
                                       {"observed", observation.reason},
                                       {"cooldown_until_ms", account.cooldown_until_ms}});
  }
  return status;
}

}  // namespace weir::admin

#include "services/relay/snapshot/follow_status.h"

#include <algorithm>
#include <string_view>

#include "libs/common/clock.h"
#include "libs/common/reason.h"

namespace weir::relay {
namespace {

RestCause CauseOf(std::string_view reason) {
  if (reason == reason::kUpstreamRateLimited) return RestCause::kRateLimited;
  if (reason == reason::kQuotaExhausted) return RestCause::kQuotaExhausted;
  if (reason == reason::kModelRefused) return RestCause::kModelRefused;
  return reason == reason::kUpstreamOverloaded ? RestCause::kOverloaded : RestCause::kFailing;
}

// A rest that was over this long ago is not tried out any more when a relay first hears of it.
constexpr std::int64_t kForgottenMs = 60'000;

void Follow(AccountHealth& health, std::string_view model, std::string_view reason,
            std::int64_t until_unix_ms, std::int64_t observed_at_unix_ms) {
  if (until_unix_ms + kForgottenMs < UnixMs()) return;
  health.Follow(model, CauseOf(reason), until_unix_ms, observed_at_unix_ms);
}

bool Rests(const Account& account) {
  return account.status == AccountStatus::kRateLimited ||
         account.status == AccountStatus::kApiException;
}

const ModelCooldown* Find(const Account& account, std::string_view model) {
  const auto found = std::find_if(account.model_cooldowns.begin(), account.model_cooldowns.end(),
                                  [model](const ModelCooldown& c) { return c.model == model; });
  return found == account.model_cooldowns.end() ? nullptr : &*found;
}

void FollowModels(const Account& account, const Account* before) {
  AccountHealth& health = *account.health;
  for (const ModelCooldown& cooldown : account.model_cooldowns) {
    const ModelCooldown* known = before == nullptr ? nullptr : Find(*before, cooldown.model);
    if (known != nullptr && known->until_unix_ms == cooldown.until_unix_ms) continue;
    Follow(health, cooldown.model, cooldown.reason, cooldown.until_unix_ms,
           cooldown.observed_at_unix_ms);
  }
  if (before == nullptr) return;
  for (const ModelCooldown& known : before->model_cooldowns) {
    if (Find(account, known.model) == nullptr) {
      health.Close(known.model, known.observed_at_unix_ms);
    }
  }
}

}  // namespace

void FollowStatus(const Account& account, const Account* before) {
  AccountHealth& health = *account.health;
  const bool normal = account.status == AccountStatus::kNormal;
  if (before != nullptr && before->content_hash != account.content_hash && normal) health.Reset();
  FollowModels(account, before);
  const bool news = before == nullptr ||
                    before->status_observed_at_unix_ms != account.status_observed_at_unix_ms ||
                    before->status != account.status ||
                    before->cooldown_until_unix_ms != account.cooldown_until_unix_ms;
  if (!news) return;
  if (Rests(account)) {
    Follow(health, {}, account.status_reason, account.cooldown_until_unix_ms,
           account.status_observed_at_unix_ms);
  } else if (normal && before != nullptr) {
    health.Close({}, account.status_observed_at_unix_ms);
    // An administrator looked at it: what was seen until then is void, for all of its models.
    const bool was_out = before->status == AccountStatus::kAccountException ||
                         before->status == AccountStatus::kDisabled;
    if (was_out || account.model_cooldowns.empty()) {
      health.CloseAll(account.status_observed_at_unix_ms);
    }
  }
}

}  // namespace weir::relay

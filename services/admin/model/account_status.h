// What an account's stored state means.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/admin/model/types.h"

namespace weir::admin {

// A cooldown that has passed counts as normal.
inline AccountStatus StatusAt(const Account& account, std::int64_t now_ms) {
  const bool cooling = account.status == AccountStatus::kRateLimited ||
                       account.status == AccountStatus::kApiException;
  return cooling && account.cooldown_until_ms <= now_ms ? AccountStatus::kNormal : account.status;
}

// Why an account is out whose credential nobody can renew any more: somebody must log in anew.
inline constexpr std::string_view kNeedsLogin = "needs_login";

// There is something to renew its credential by: a refresh token, or a client's own secret.
inline bool CanRefresh(const Account& account) {
  return account.credential_type == CredentialType::kOauth && !account.oauth.token_url.empty() &&
         (!account.sealed_refresh_token.empty() || !account.sealed_client_secret.empty());
}

}  // namespace weir::admin

#include "services/admin/credentials/account_secrets.h"

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/model/account_status.h"
#include "services/admin/store/columns.h"

namespace weir::admin {
namespace {

std::string Owner(const Account& account, std::string_view of) {
  return StrCat("account/", account.id, "/", of);
}

constexpr std::string_view kCredential = "credential";
constexpr std::string_view kProxyUrl = "proxy_url";
constexpr std::string_view kClientSecret = "client_secret";
constexpr std::string_view kRefreshToken = "refresh_token";

std::string Sealed(const Vault& vault, const Secret& secret, const Account& account,
                   std::string_view of) {
  return secret.empty() ? std::string() : vault.Seal(secret, Owner(account, of));
}

absl::StatusOr<Secret> Opened(const Vault& vault, const std::string& sealed, const Account& account,
                              std::string_view of) {
  if (sealed.empty()) return Secret();
  return vault.Open(sealed, Owner(account, of));
}

// A proxy's URL that comes back as it was shown.
bool IsShownProxy(const Vault& vault, const Account& account, const Secret& given) {
  const auto held = OpenProxyUrl(vault, account);
  return held.ok() && !held->empty() && MaskPassword(held->Reveal()) == given.Reveal();
}

}  // namespace

void SetCredential(const Vault& vault, const Secret& credential, Account& account) {
  account.sealed_credential = Sealed(vault, credential, account, kCredential);
  if (account.status != AccountStatus::kAccountException) return;
  account.status = AccountStatus::kNormal;
  account.status_reason.clear();
}

void SetProxyUrl(const Vault& vault, const Secret& proxy_url, Account& account) {
  account.sealed_proxy_url = Sealed(vault, proxy_url, account, kProxyUrl);
}

void SetClientSecret(const Vault& vault, const Secret& secret, Account& account) {
  account.sealed_client_secret = Sealed(vault, secret, account, kClientSecret);
}

void SetRefreshToken(const Vault& vault, const Secret& token, Account& account) {
  account.sealed_refresh_token = Sealed(vault, token, account, kRefreshToken);
}

absl::StatusOr<Secret> OpenCredential(const Vault& vault, const Account& account) {
  return Opened(vault, account.sealed_credential, account, kCredential);
}

absl::StatusOr<Secret> OpenProxyUrl(const Vault& vault, const Account& account) {
  return Opened(vault, account.sealed_proxy_url, account, kProxyUrl);
}

absl::StatusOr<Secret> OpenClientSecret(const Vault& vault, const Account& account) {
  return Opened(vault, account.sealed_client_secret, account, kClientSecret);
}

absl::StatusOr<Secret> OpenRefreshToken(const Vault& vault, const Account& account) {
  return Opened(vault, account.sealed_refresh_token, account, kRefreshToken);
}

void PutSecrets(const Vault& vault, const AccountSecrets& given, const Account& before,
                Account& account) {
  if (given.credential.has_value()) {
    SetCredential(vault, *given.credential, account);
    if (account.credential_expires_at_ms == before.credential_expires_at_ms) {
      account.credential_expires_at_ms = 0;
    }
  }
  if (given.proxy_url.has_value() && !IsShownProxy(vault, account, *given.proxy_url)) {
    SetProxyUrl(vault, *given.proxy_url, account);
  }
  if (given.client_secret.has_value()) SetClientSecret(vault, *given.client_secret, account);
  if (given.refresh_token.has_value()) SetRefreshToken(vault, *given.refresh_token, account);
  const bool renewer_is_new = given.client_secret.has_value() || given.refresh_token.has_value() ||
                              account.oauth != before.oauth;
  if (renewer_is_new && account.status_reason == kNeedsLogin) {
    account.status = AccountStatus::kNormal;
    account.status_reason.clear();
  }
}

void NoteReplaced(const AccountSecrets& given, const Account& before, std::int64_t now_ms,
                  Account& account) {
  if (before.id == 0) return;  // it is new itself
  const bool is_another = given.credential.has_value() || given.refresh_token.has_value() ||
                          account.request_url != before.request_url ||
                          account.platform != before.platform;
  if (is_another) account.replaced_at_ms = now_ms;
}

bool HoldsProxy(const Vault& vault, const Account& account, const Secret& proxy_url) {
  const auto held = OpenProxyUrl(vault, account);
  return (held.ok() && SameSecret(held->Reveal(), proxy_url.Reveal())) ||
         IsShownProxy(vault, account, proxy_url);
}

AccountSecrets WithoutHeld(const Vault& vault, const AccountSecrets& given,
                           const Account& account) {
  AccountSecrets fresh = given;
  const auto drop = [](const absl::StatusOr<Secret>& held, std::optional<Secret>& secret) {
    if (secret.has_value() && held.ok() && SameSecret(held->Reveal(), secret->Reveal())) {
      secret.reset();
    }
  };
  drop(OpenCredential(vault, account), fresh.credential);
  drop(OpenProxyUrl(vault, account), fresh.proxy_url);
  drop(OpenClientSecret(vault, account), fresh.client_secret);
  drop(OpenRefreshToken(vault, account), fresh.refresh_token);
  return fresh;
}

std::string GivenMark(const AccountSecrets& given) {
  const auto text = [](const std::optional<Secret>& secret) {
    return secret.has_value() ? secret->Reveal() : std::string();
  };
  const Secret both(StrCat(text(given.credential), "\n", text(given.refresh_token)));
  return HexOf(ApiKeyHash(both.Reveal()));
}

std::string MaskPassword(const std::string& url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return url;
  const auto start = scheme_end + 3;
  const auto at = url.rfind('@');  // as ParseProxyUrl has it: a password may hold a slash
  const auto colon = url.find(':', start);
  if (at == std::string::npos || at < start || colon == std::string::npos || colon > at) return url;
  return StrCat(url.substr(0, colon + 1), "***", url.substr(at));
}

}  // namespace weir::admin

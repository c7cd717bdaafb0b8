#include "services/admin/credentials/account_secrets.h"

#include "libs/common/text.h"

namespace weir::admin {
namespace {

std::string CredentialOwner(const Account& account) {
  return StrCat("account/", account.id, "/credential");
}

std::string ProxyOwner(const Account& account) {
  return StrCat("account/", account.id, "/proxy_url");
}

}  // namespace

void SetCredential(const Vault& vault, const Secret& credential, Account& account) {
  account.sealed_credential =
      credential.empty() ? "" : vault.Seal(credential, CredentialOwner(account));
  if (account.status != AccountStatus::kAccountException) return;
  account.status = AccountStatus::kNormal;
  account.status_reason.clear();
}

void SetProxyUrl(const Vault& vault, const Secret& proxy_url, Account& account) {
  account.sealed_proxy_url = proxy_url.empty() ? "" : vault.Seal(proxy_url, ProxyOwner(account));
}

absl::StatusOr<Secret> OpenCredential(const Vault& vault, const Account& account) {
  if (account.sealed_credential.empty()) return Secret();
  return vault.Open(account.sealed_credential, CredentialOwner(account));
}

absl::StatusOr<Secret> OpenProxyUrl(const Vault& vault, const Account& account) {
  if (account.sealed_proxy_url.empty()) return Secret();
  return vault.Open(account.sealed_proxy_url, ProxyOwner(account));
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

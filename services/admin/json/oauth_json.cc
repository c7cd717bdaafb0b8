// How an account's credential is renewed, as REST and weir.yaml have it.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"
#include "services/admin/model/validate.h"

namespace weir::admin {

namespace json = boost::json;

json::value OauthJson(const Account& account) {
  return Where(account.credential_type == CredentialType::kOauth, [&account] {
    const OauthClient& client = account.oauth;
    return json::object{{"token_url", client.token_url},
                        {"client_id", client.client_id},
                        {"client_auth", WordJson(client.client_auth)},
                        {"scopes", TextsJson(client.scopes)},
                        {"has_client_secret", !account.sealed_client_secret.empty()},
                        {"has_refresh_token", !account.sealed_refresh_token.empty()},
                        {"next_refresh_at", TimeJson(account.refresh_at_ms)},
                        {"failures", 0},
                        {"failed_at", TimeJson(0)},
                        {"last_error", ""}};
  });
}

void AddRefresh(const RefreshState& state, json::object& oauth) {
  oauth["failures"] = state.failures;
  oauth["failed_at"] = TimeJson(state.failed_at_ms);
  oauth["last_error"] = state.last_error;
}

void ReadOauth(BodyReader& reader, Account& account, AccountSecrets& secrets) {
  const bool takes_away = reader.IsNull("oauth");
  const auto inner = reader.Object("oauth");
  if (takes_away) {
    // What an account of another type says; of one that had it, all of it goes.
    account.oauth = {};
    if (!account.sealed_client_secret.empty()) secrets.client_secret = Secret();
    if (!account.sealed_refresh_token.empty()) secrets.refresh_token = Secret();
  }
  if (inner == nullptr) return;
  inner->Ignore({"has_client_secret", "has_refresh_token", "next_refresh_at", "failures",
                 "failed_at", "last_error"});
  inner->Text("token_url", account.oauth.token_url);
  inner->Text("client_id", account.oauth.client_id);
  inner->Word("client_auth", account.oauth.client_auth);
  inner->Texts("scopes", account.oauth.scopes);
  inner->HiddenLine("client_secret", secrets.client_secret);
  inner->HiddenLine("refresh_token", secrets.refresh_token);
  inner->Finish();
}

void Validate(const AccountSecrets& secrets, FieldErrors& errors) {
  const auto check = [&errors](const std::optional<Secret>& secret, std::string_view field) {
    if (secret.has_value()) ValidateCredential(secret->Reveal(), field, errors);
  };
  check(secrets.credential, "secret_key");
  check(secrets.client_secret, "oauth.client_secret");
  check(secrets.refresh_token, "oauth.refresh_token");
  if (secrets.proxy_url.has_value()) {
    ValidateProxyUrl(secrets.proxy_url->Reveal(), "proxy_url", errors);
  }
}

}  // namespace weir::admin

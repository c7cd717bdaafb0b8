// Weir as a client of one OpenID provider: where a browser is sent, and what its way back proves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <boost/json/object.hpp>

#include "libs/common/clock.h"
#include "libs/common/secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"
#include "services/admin/oidc/login_attempt.h"
#include "services/admin/oidc/oidc_directory.h"
#include "services/admin/outbound/web_client.h"

namespace weir::admin {

// What the settings say of the provider.
struct OidcRegistration {
  std::string issuer;
  std::string client_id;
  Secret client_secret;  // empty: a public client, which has PKCE alone
  std::vector<std::string> scopes;
  std::string redirect_url;
};
// Conflict when the settings name no provider; errors of Vault::Open.
absl::StatusOr<OidcRegistration> RegistrationOf(const Vault& vault, const Settings& settings);
// Whether people can log in by a provider.
bool HasOidc(const Settings& settings);

inline constexpr std::string_view kOidcCallbackPath = "/api/v1/auth/oidc/callback";

// Where the browser goes to log in.
std::string AuthorizationUrl(const OidcEndpoints& endpoints, const OidcRegistration& registration,
                             const LoginAttempt& attempt);

// What is said to the token endpoint for a code.
WebCall CodeCall(const OidcEndpoints& endpoints, const OidcRegistration& registration,
                 std::string_view code, std::string_view verifier);

// Thread-safe; calls block.
class OidcClient {
 public:
  // `clock` must outlive this.
  OidcClient(SendWebCall send, const Clock& clock)
      : send_(send), clock_(clock), directory_(std::move(send), clock) {}

  // Unavailable.
  absl::StatusOr<OidcEndpoints> Endpoints(const OidcRegistration& registration) {
    return directory_.Endpoints(registration.issuer);
  }

  // The code's ID token, checked: its claims. Unauthenticated in words for whoever logs in;
  // Unavailable: the provider does not answer.
  absl::StatusOr<boost::json::object> Redeem(const OidcRegistration& registration,
                                             std::string_view code, const LoginAttempt& attempt);

 private:
  absl::StatusOr<boost::json::object> Check(const OidcRegistration& registration,
                                            std::string_view token, const std::string& nonce);

  const SendWebCall send_;
  const Clock& clock_;
  OidcDirectory directory_;
};

}  // namespace weir::admin

// Log-ins: by cookie (the console, with a CSRF token on changes) and by token (programs), both onto
// the same session, which ends both.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/http/jwt.h"
#include "services/admin/http/login_limiter.h"
#include "services/admin/http/message.h"
#include "services/admin/http/second_factors.h"
#include "services/admin/store/store.h"

namespace weir::admin {

inline constexpr std::int64_t kTokenLifeMs = 3600LL * 1000;

// A user who proved to be present this long ago is not asked again.
inline constexpr std::int64_t kConfirmedForMs = 15LL * 60 * 1000;

struct Credentials {
  std::string username;
  Secret password;
  Secret code;  // of the second factor; empty = none was given
};

// Where a request comes from.
struct ClientPlace {
  std::string_view ip;
  std::string_view user_agent;
};

// What a log-in gives. The secrets are nowhere else in clear.
struct Login {
  User user;
  std::string token;         // for `Authorization: Bearer`, lives kTokenLifeMs
  Secret refresh_token;      // empty when it stays
  Secret cookie;             // empty after a refresh: it stays
  std::string csrf_token;    // for `X-CSRF-Token` beside the cookie
  std::int64_t life_ms = 0;  // of the session and its cookies, from now on
};

// Thread-safe; calls block on the database.
class ConsoleSessions {
 public:
  // All must outlive this.
  ConsoleSessions(Store& store, const Clock& clock, const Vault& vault)
      : store_(store),
        clock_(clock),
        factors_(vault),
        signer_(vault.DeriveKey("token signing")),
        limiter_(clock) {}

  // Unauthenticated (wrong name or password: the same words for both; code_needed when the second
  // factor is missing), PermissionDenied (disabled), ResourceExhausted (too many failures).
  absl::StatusOr<Login> LogIn(const Credentials& credentials, const ClientPlace& client);

  // The same for who has proved in another way to be `user`, who must be stored and active.
  absl::StatusOr<Login> Admit(User user, const ClientPlace& client);

  // The same, with the second factor where one is in force: Unauthenticated as LogIn has it,
  // ResourceExhausted after too many wrong codes.
  absl::StatusOr<Login> AdmitWithCode(User user, const Secret& code, const ClientPlace& client);

  // The router's Authenticate.
  absl::StatusOr<Caller> Authenticate(const Request& request);

  // A new token for the session: by its refresh token, which is replaced by a new one. A refresh
  // token shown for the second time ends the session.
  absl::StatusOr<Login> RefreshByToken(const Secret& refresh_token);
  // A new token for who is logged in already; the refresh token stays as it is.
  absl::StatusOr<Login> Refresh(const Caller& caller);

  absl::Status LogOut(const Caller& caller);
  // OK when `password` is the caller's; counts failures like a log-in.
  absl::Status ConfirmPassword(const Caller& caller, const Secret& password,
                               std::string_view client_ip);
  // The same with the second factor's code where there is no password. The session counts as
  // confirmed from now on, for kConfirmedForMs.
  absl::Status Confirm(const Caller& caller, const Secret& password, const Secret& code,
                       std::string_view client_ip);
  // PermissionDenied (confirm_needed) when the caller has not proved to be present for a while.
  absl::Status CheckConfirmed(const Caller& caller) const;

  const SecondFactors& factors() const { return factors_; }

 private:
  // What the settings say of log-ins, from now on.
  absl::StatusOr<Settings> FollowSettings();
  absl::StatusOr<User> Verify(const Credentials& credentials, std::string_view client_ip);
  // Checks what is left to prove (the second factor) and opens the session, in one transaction.
  using Proof = std::function<absl::Status(sql::Transaction&, std::int64_t now_ms)>;
  absl::StatusOr<Login> OpenWithCode(User user, const Secret& code, const ClientPlace& client);
  absl::StatusOr<Login> Open(User user, const Proof& proof, const ClientPlace& client);
  void NoteSeen(const Session& session, std::string_view client_ip);
  absl::StatusOr<Login> Renew(const Session& session, bool rotate);
  absl::StatusOr<std::string> TokenFor(const Session& session) const;

  Store& store_;
  const Clock& clock_;
  SecondFactors factors_;
  TokenSigner signer_;
  LoginLimiter limiter_;
};

inline constexpr std::string_view kSessionCookie = "weir_session";
inline constexpr std::string_view kCsrfCookie = "weir_csrf";

}  // namespace weir::admin

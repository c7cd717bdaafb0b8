// Log-ins: by cookie (the console, with a CSRF token on changes) and by token (programs), both onto
// the same session, which ends both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/http/jwt.h"
#include "services/admin/http/login_limiter.h"
#include "services/admin/http/message.h"
#include "services/admin/store/store.h"

namespace weir::admin {

inline constexpr std::int64_t kTokenLifeMs = 3600LL * 1000;
inline constexpr std::int64_t kSessionLifeMs = 7LL * 24 * 3600 * 1000;

// What a log-in gives. The secrets are nowhere else in clear.
struct Login {
  User user;
  std::string token;       // for `Authorization: Bearer`, lives kTokenLifeMs
  Secret refresh_token;    // empty when it stays
  Secret cookie;           // empty after a refresh: it stays
  std::string csrf_token;  // for `X-CSRF-Token` beside the cookie
};

// Thread-safe; calls block on the database.
class ConsoleSessions {
 public:
  ConsoleSessions(Store& store, const Clock& clock, Secret signing_key)
      : store_(store), clock_(clock), signer_(std::move(signing_key)), limiter_(clock) {}

  // Unauthenticated (wrong name or password: the same words for both), PermissionDenied (disabled),
  // ResourceExhausted (too many failures).
  absl::StatusOr<Login> LogIn(const std::string& username, const Secret& password,
                              std::string_view client_ip);

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

 private:
  absl::StatusOr<Login> Renew(const Session& session, bool rotate);
  absl::StatusOr<std::string> TokenFor(const Session& session) const;

  Store& store_;
  const Clock& clock_;
  TokenSigner signer_;
  LoginLimiter limiter_;
};

inline constexpr std::string_view kSessionCookie = "weir_session";
inline constexpr std::string_view kCsrfCookie = "weir_csrf";

}  // namespace weir::admin

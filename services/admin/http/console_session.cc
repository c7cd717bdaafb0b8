#include "services/admin/http/console_session.h"

#include <algorithm>
#include <utility>

#include "libs/common/api_key_hash.h"
#include "libs/common/ids.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/credentials/password.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

constexpr std::string_view kBearer = "bearer ";

// Session secrets have 256 random bits, so a plain SHA-256 is enough to store them by.
std::string HashOf(std::string_view secret) { return HexOf(ApiKeyHash(secret)); }

absl::Status NotLoggedIn() {
  return Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
                 "log in first: POST /api/v1/auth/login");
}

absl::Status Disabled() {
  return Problem(absl::StatusCode::kPermissionDenied, reason::kUserDisabled,
                 "this user is disabled");
}

bool IsChange(std::string_view method) { return method != "GET" && method != "HEAD"; }

}  // namespace

absl::StatusOr<std::string> ConsoleSessions::TokenFor(const Session& session) const {
  const std::int64_t expires_at_ms =
      std::min(clock_.NowUnixMs() + kTokenLifeMs, session.expires_at_ms);
  return signer_.Sign(
      {.user_id = session.user_id, .session_id = session.id, .expires_at_ms = expires_at_ms});
}

absl::StatusOr<Login> ConsoleSessions::LogIn(const std::string& username, const Secret& password,
                                             std::string_view client_ip) {
  const std::string name = ToLower(StripSpace(username));
  if (absl::Status allowed = limiter_.Check(client_ip, name); !allowed.ok()) return allowed;
  Login login;
  absl::Status found = store_.Read([&](sql::Transaction& transaction) -> absl::Status {
    auto user = user_store::FindByUsername(transaction, name);
    if (absl::IsNotFound(user.status())) {
      login.user = {};
      return absl::OkStatus();
    }
    if (!user.ok()) return user.status();
    login.user = *std::move(user);
    return absl::OkStatus();
  });
  if (!found.ok()) return found;
  absl::Status verified = VerifyPassword(login.user.password_hash, password);
  if (absl::IsUnauthenticated(verified)) limiter_.Failed(client_ip, name);
  if (!verified.ok()) return verified;
  if (login.user.status != ActiveStatus::kActive) return Disabled();
  limiter_.Succeeded(client_ip, name);

  login.cookie = Secret(RandomHex(32));
  login.refresh_token = Secret(RandomHex(32));
  login.csrf_token = RandomHex(32);
  const std::int64_t now_ms = clock_.NowUnixMs();
  const Session session = {.id = RandomHex(16),
                           .user_id = login.user.id,
                           .cookie_hash = HashOf(login.cookie.Reveal()),
                           .refresh_hash = HashOf(login.refresh_token.Reveal()),
                           .previous_refresh_hash = {},
                           .csrf_token = login.csrf_token,
                           .created_at_ms = now_ms,
                           .expires_at_ms = now_ms + kSessionLifeMs};
  absl::Status stored = store_.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
    absl::Status done = session_store::DeleteExpired(transaction, now_ms);
    if (done.ok()) done = session_store::Insert(transaction, session);
    if (done.ok()) done = user_store::TouchLogin(transaction, login.user.id, now_ms);
    return done;
  });
  if (!stored.ok()) return stored;
  login.user.last_login_at_ms = now_ms;
  auto token = TokenFor(session);
  if (!token.ok()) return token.status();
  login.token = *std::move(token);
  return login;
}

absl::StatusOr<Caller> ConsoleSessions::Authenticate(const Request& request) {
  const std::string_view authorization = request.Header("authorization");
  Session session;
  if (!authorization.empty()) {
    if (!EqualsIgnoreCase(authorization.substr(0, kBearer.size()), kBearer)) return NotLoggedIn();
    auto claims = signer_.Verify(std::string(StripSpace(authorization.substr(kBearer.size()))),
                                 clock_.NowUnixMs());
    if (!claims.ok()) return claims.status();
    session.id = claims->session_id;
  }
  const std::string_view cookie = request.Cookie(kSessionCookie);
  const bool by_cookie = authorization.empty();
  if (by_cookie && cookie.empty()) return NotLoggedIn();
  Caller caller;
  absl::Status status = store_.Read([&](sql::Transaction& transaction) -> absl::Status {
    auto found = by_cookie ? session_store::FindByCookie(transaction, HashOf(cookie))
                           : session_store::Get(transaction, session.id);
    if (absl::IsNotFound(found.status())) return NotLoggedIn();
    if (!found.ok()) return found.status();
    session = *std::move(found);
    if (session.expires_at_ms <= clock_.NowUnixMs()) return NotLoggedIn();
    auto user = user_store::Get(transaction, session.user_id);
    if (absl::IsNotFound(user.status())) return NotLoggedIn();
    if (!user.ok()) return user.status();
    if (user->status != ActiveStatus::kActive) return Disabled();
    caller.user = *std::move(user);
    caller.session_id = session.id;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (by_cookie && IsChange(request.method) &&
      !SameSecret(request.Header("x-csrf-token"), session.csrf_token)) {
    return NotAllowed("the header X-CSRF-Token must hold the session's csrf_token");
  }
  return caller;
}

absl::StatusOr<Login> ConsoleSessions::Renew(const Session& session, bool rotate) {
  Login login;
  if (rotate) login.refresh_token = Secret(RandomHex(32));
  login.csrf_token = session.csrf_token;
  absl::Status status = store_.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
    auto user = user_store::Get(transaction, session.user_id);
    if (!user.ok()) return user.status();
    if (user->status != ActiveStatus::kActive) return Disabled();
    login.user = *std::move(user);
    if (!rotate) return absl::OkStatus();
    return session_store::RotateRefresh(transaction, session, HashOf(login.refresh_token.Reveal()));
  });
  if (!status.ok()) return status;
  auto token = TokenFor(session);
  if (!token.ok()) return token.status();
  login.token = *std::move(token);
  return login;
}

absl::StatusOr<Login> ConsoleSessions::RefreshByToken(const Secret& refresh_token) {
  const std::string hash = HashOf(refresh_token.Reveal());
  Session session;
  bool stolen = false;
  absl::Status status = store_.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
    auto found = session_store::FindByRefresh(transaction, hash);
    if (absl::IsNotFound(found.status())) return NotLoggedIn();
    if (!found.ok()) return found.status();
    session = *std::move(found);
    stolen = session.refresh_hash != hash;
    return stolen ? session_store::Delete(transaction, session.id) : absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (stolen || session.expires_at_ms <= clock_.NowUnixMs()) return NotLoggedIn();
  return Renew(session, true);
}

absl::StatusOr<Login> ConsoleSessions::Refresh(const Caller& caller) {
  Session session;
  absl::Status status = store_.Read([&](sql::Transaction& transaction) -> absl::Status {
    auto found = session_store::Get(transaction, caller.session_id);
    if (absl::IsNotFound(found.status())) return NotLoggedIn();
    if (!found.ok()) return found.status();
    session = *std::move(found);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return Renew(session, false);
}

absl::Status ConsoleSessions::LogOut(const Caller& caller) {
  return store_.Change([&](sql::Transaction& transaction, Changes&) {
    return session_store::Delete(transaction, caller.session_id);
  });
}

absl::Status ConsoleSessions::ConfirmPassword(const Caller& caller, const Secret& password,
                                              std::string_view client_ip) {
  absl::Status allowed = limiter_.Check(client_ip, caller.user.username);
  if (!allowed.ok()) return allowed;
  absl::Status verified = VerifyPassword(caller.user.password_hash, password);
  if (absl::IsUnauthenticated(verified)) limiter_.Failed(client_ip, caller.user.username);
  return verified;
}

}  // namespace weir::admin

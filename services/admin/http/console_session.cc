#include "services/admin/http/console_session.h"

#include <algorithm>
#include <utility>

#include "libs/common/api_key_hash.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/admin/credentials/password.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/settings_rules.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::size_t kUserAgentBytesMax = 256;
constexpr std::int64_t kSeenEveryMs = 60'000;

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

// Between a password that was right and the log-in that it opens: it may have been taken away.
absl::Status ChangedMeanwhile() {
  return Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
                 "this user was changed a moment ago; log in again");
}

bool IsChange(std::string_view method) { return method != "GET" && method != "HEAD"; }

}  // namespace

absl::StatusOr<std::string> ConsoleSessions::TokenFor(const Session& session) const {
  const std::int64_t expires_at_ms =
      std::min(clock_.NowUnixMs() + kTokenLifeMs, session.expires_at_ms);
  return signer_.Sign(
      {.user_id = session.user_id, .session_id = session.id, .expires_at_ms = expires_at_ms});
}

absl::StatusOr<Login> ConsoleSessions::LogIn(const Credentials& credentials,
                                             const ClientPlace& client) {
  Credentials plain = credentials;
  plain.username = ToLower(StripSpace(credentials.username));
  const std::string& name = plain.username;
  if (auto settings = FollowSettings(); !settings.ok()) return settings.status();
  if (absl::Status allowed = limiter_.Check(client.ip, name); !allowed.ok()) return allowed;
  absl::StatusOr<User> user = Verify(plain, client.ip);
  if (!user.ok()) return user.status();
  return OpenWithCode(*std::move(user), plain.code, client);
}

absl::StatusOr<Login> ConsoleSessions::OpenWithCode(User user, const Secret& code,
                                                    const ClientPlace& client) {
  const std::int64_t user_id = user.id;
  const std::string name = user.username;
  const Proof second_factor = [&](sql::Transaction& transaction, std::int64_t now_ms) {
    return factors_.Check(transaction, user_id, code, now_ms);
  };
  absl::StatusOr<Login> login = Open(std::move(user), second_factor, client);
  const bool guessed = absl::IsUnauthenticated(login.status()) && !code.empty();
  if (guessed) limiter_.Failed(client.ip, name);
  if (login.ok()) limiter_.Succeeded(client.ip, name);
  return login;
}

absl::StatusOr<Login> ConsoleSessions::AdmitWithCode(User user, const Secret& code,
                                                     const ClientPlace& client) {
  if (user.status != ActiveStatus::kActive) return Disabled();
  if (auto settings = FollowSettings(); !settings.ok()) return settings.status();
  if (absl::Status may = limiter_.Check(client.ip, user.username); !may.ok()) return may;
  return OpenWithCode(std::move(user), code, client);
}

absl::StatusOr<Settings> ConsoleSessions::FollowSettings() {
  auto settings = ReadValue(store_, settings_store::Get);
  if (!settings.ok()) return settings;
  limiter_.Follow({.failures_max = static_cast<int>(
                       OrElse(settings->login_failures_max, LoginLimiter::kFailuresPerName)),
                   .lock_ms = OrElse(settings->login_lock_ms, LoginLimiter::kWindowMs)});
  return settings;
}

absl::StatusOr<User> ConsoleSessions::Verify(const Credentials& credentials,
                                             std::string_view client_ip) {
  User user;
  absl::Status found = store_.Read([&](sql::Transaction& transaction) -> absl::Status {
    auto known = user_store::FindByUsername(transaction, credentials.username);
    user = known.ok() ? *known : User();
    return absl::IsNotFound(known.status()) ? absl::OkStatus() : known.status();
  });
  if (!found.ok()) return found;
  absl::Status verified = VerifyPassword(user.password_hash, credentials.password);
  if (absl::IsUnauthenticated(verified)) limiter_.Failed(client_ip, credentials.username);
  if (!verified.ok()) return verified;
  if (user.status != ActiveStatus::kActive) return Disabled();
  return user;
}

absl::StatusOr<Login> ConsoleSessions::Admit(User user, const ClientPlace& client) {
  if (user.status != ActiveStatus::kActive) return Disabled();
  const Proof nothing = [](sql::Transaction&, std::int64_t) { return absl::OkStatus(); };
  return Open(std::move(user), nothing, client);
}

absl::StatusOr<Login> ConsoleSessions::Open(User user, const Proof& proof,
                                            const ClientPlace& client) {
  auto settings = FollowSettings();
  if (!settings.ok()) return settings.status();
  Login login;
  login.life_ms = OrElse(settings->session_life_ms, kSessionLifeMs);
  login.user = std::move(user);
  login.cookie = Secret(RandomHex(32));
  login.refresh_token = Secret(RandomHex(32));
  login.csrf_token = RandomHex(32);
  const std::int64_t now_ms = clock_.NowUnixMs();
  Session session = {.id = RandomHex(16),
                     .user_id = login.user.id,
                     .cookie_hash = HashOf(login.cookie.Reveal()),
                     .refresh_hash = HashOf(login.refresh_token.Reveal()),
                     .previous_refresh_hash = {},
                     .csrf_token = login.csrf_token,
                     .created_at_ms = now_ms,
                     .expires_at_ms = now_ms + login.life_ms,
                     .user_agent = {},
                     .client_ip = std::string(client.ip),
                     .last_seen_at_ms = now_ms,
                     .confirmed_at_ms = now_ms};
  AssignValidUtf8(session.user_agent, client.user_agent, kUserAgentBytesMax);
  absl::Status stored = store_.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
    auto noted = user_store::NoteLogin(transaction, login.user, now_ms);
    if (!noted.ok()) return noted.status();
    if (!*noted) return ChangedMeanwhile();
    absl::Status done = proof(transaction, now_ms);
    return done.ok() ? session_store::Insert(transaction, session) : done;
  });
  if (!stored.ok()) return stored;
  login.user.last_login_at_ms = now_ms;
  auto token = TokenFor(session);
  if (!token.ok()) return token.status();
  login.token = *std::move(token);
  return login;
}

// Rarely, so that reading stays reading.
void ConsoleSessions::NoteSeen(const Session& session, std::string_view client_ip) {
  const std::int64_t now_ms = clock_.NowUnixMs();
  if (now_ms - session.last_seen_at_ms < kSeenEveryMs) return;
  absl::Status noted = store_.Change([&](sql::Transaction& transaction, Changes&) {
    return session_store::Touch(transaction, session.id, client_ip, now_ms);
  });
  if (!noted.ok()) LogWarning("a session's last use was not noted", {{"error", noted.ToString()}});
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
    caller.confirmed_at_ms = session.confirmed_at_ms;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (by_cookie && IsChange(request.method) &&
      !SameSecret(request.Header("x-csrf-token"), session.csrf_token)) {
    return NotAllowed("the header X-CSRF-Token must hold the session's csrf_token");
  }
  NoteSeen(session, request.client_ip);
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

absl::Status ConsoleSessions::Confirm(const Caller& caller, const Secret& password,
                                      const Secret& code, std::string_view client_ip) {
  const std::int64_t now_ms = clock_.NowUnixMs();
  const bool by_password = !password.empty();
  absl::Status proved = by_password ? ConfirmPassword(caller, password, client_ip)
                                    : limiter_.Check(client_ip, caller.user.username);
  if (!proved.ok()) return proved;
  absl::Status done = store_.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
    if (!by_password) {
      absl::Status right = factors_.Prove(transaction, caller.user.id, code, now_ms);
      if (!right.ok()) return right;
    }
    return session_store::Confirm(transaction, caller.session_id, now_ms);
  });
  if (absl::IsUnauthenticated(done)) limiter_.Failed(client_ip, caller.user.username);
  return done;
}

absl::Status ConsoleSessions::CheckConfirmed(const Caller& caller) const {
  if (clock_.NowUnixMs() - caller.confirmed_at_ms < kConfirmedForMs) return absl::OkStatus();
  return Problem(absl::StatusCode::kPermissionDenied, reason::kConfirmNeeded,
                 "this needs your password or code again: POST /api/v1/auth/confirm");
}

}  // namespace weir::admin

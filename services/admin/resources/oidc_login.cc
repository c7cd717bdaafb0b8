#include "services/admin/resources/oidc_login.h"

#include <algorithm>
#include <utility>

#include "libs/common/api_key_hash.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/admin/model/validate.h"
#include "services/admin/oidc/id_token.h"
#include "services/admin/resources/registrant.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/identity_store.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

constexpr std::size_t kUsernameBytesMax = 64;
constexpr std::size_t kNameBytesMax = 128;
constexpr int kTriesMax = 4;  // somebody may take a name, or the identity, at the same moment

std::string PlainUsername(const OidcPerson& person) {
  std::string name;
  for (const char c : ToLower(person.username).substr(0, kUsernameBytesMax)) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                      c == '-' || c == '@' || c == '+';
    name += good ? c : '-';
  }
  return name.empty() ? "user" : name;
}

absl::StatusOr<bool> IsTaken(sql::Transaction& transaction, std::string_view condition,
                             const std::string& value) {
  auto page = user_store::List(
      transaction, {.conditions = {{condition, {value}}}, .limit = 1, .with_total = false});
  if (!page.ok()) return page.status();
  return !page->items.empty();
}

// What it is called at the provider, or that and something of its own where the name is taken.
absl::StatusOr<std::string> FreeUsername(sql::Transaction& transaction, const OidcPerson& person,
                                         const std::string& issuer) {
  const std::string plain = PlainUsername(person);
  const std::string own = HexOf(ApiKeyHash(StrCat(issuer, "\n", person.subject)));
  for (const std::size_t digits : {std::size_t{0}, std::size_t{6}, std::size_t{12}}) {
    std::string name = digits == 0 ? plain : StrCat(plain, "-", own.substr(0, digits));
    auto taken = IsTaken(transaction, "username = ?", name);
    if (!taken.ok()) return taken.status();
    if (!*taken) return name;
  }
  return StrCat("user-", own.substr(0, 32));
}

// A provider's words are nobody's problem: what would not do is left out.
absl::StatusOr<User> NewUser(sql::Transaction& transaction, const OidcPerson& person,
                             const std::string& issuer) {
  User user;
  auto username = FreeUsername(transaction, person, issuer);
  if (!username.ok()) return username.status();
  user.username = *std::move(username);
  AssignValidUtf8(user.name, person.name, kNameBytesMax);
  user.email = person.email;
  FieldErrors errors;
  Validate(user, errors);
  if (errors.all().contains("name")) user.name.clear();
  if (errors.all().contains("email")) user.email.clear();
  if (user.email.empty()) return user;
  auto taken = IsTaken(transaction, "email = ?", user.email);
  if (!taken.ok()) return taken.status();
  if (*taken) user.email.clear();  // somebody else's here, whatever the provider says
  return user;
}

std::string LabelOf(const OidcPerson& person) {
  std::string label;
  AssignValidUtf8(label, person.username.empty() ? person.subject : person.username, kNameBytesMax);
  std::replace_if(
      label.begin(), label.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  return label;
}

absl::Status InsertIdentity(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                            std::int64_t user_id, const Settings& settings,
                            const OidcPerson& person) {
  UserIdentity identity;
  identity.user_id = user_id;
  identity.issuer = settings.oidc_issuer;
  identity.subject = person.subject;
  identity.label = LabelOf(person);
  return identity_store::Insert(transaction, changes, now_ms, identity);
}

absl::StatusOr<User> MakeUser(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                              const Settings& settings, const OidcPerson& person,
                              const std::string& invite_hash) {
  auto user = NewUser(transaction, person, settings.oidc_issuer);
  if (!user.ok()) return user;
  Registrant who{.user = *std::move(user), .password = {}, .invite_hash = invite_hash};
  absl::Status stored = settings.oidc_creates_users
                            ? user_store::Insert(transaction, changes, now_ms, who.user)
                            : StoreRegistrant(transaction, changes, now_ms, who);
  if (stored.ok()) {
    stored = InsertIdentity(transaction, changes, now_ms, who.user.id, settings, person);
  }
  if (!stored.ok()) return stored;
  return std::move(who.user);
}

// The last administrator stays one: somebody has to be able to mend the claims.
absl::Status FollowRole(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                        const Settings& settings, const boost::json::object& claims, User& user) {
  if (settings.oidc_role_claim.empty() || user.status != ActiveStatus::kActive) {
    return absl::OkStatus();
  }
  const bool is_admin = ClaimHas(claims, settings.oidc_role_claim, settings.oidc_admin_values);
  const Role role = is_admin ? Role::kAdmin : Role::kUser;
  if (role == user.role) return absl::OkStatus();
  if (role == Role::kUser) {
    auto others = user_store::CountOtherAdmins(transaction, user.id);
    if (!others.ok()) return others.status();
    if (*others == 0) {
      LogWarning("the last administrator stays one, whatever its provider says",
                 {{"user_id", user.id}});
      return absl::OkStatus();
    }
  }
  user.role = role;
  return user_store::Update(transaction, changes, now_ms, user);
}

absl::StatusOr<User> FindOrMake(sql::Transaction& transaction, Changes& changes,
                                std::int64_t now_ms, const Settings& settings,
                                const boost::json::object& claims, const std::string& invite_hash) {
  const OidcPerson person = PersonOf(claims);
  auto identity = identity_store::Find(transaction, settings.oidc_issuer, person.subject);
  if (!identity.ok() && !absl::IsNotFound(identity.status())) return identity.status();
  auto user = identity.ok() ? user_store::Get(transaction, identity->user_id)
                            : MakeUser(transaction, changes, now_ms, settings, person, invite_hash);
  if (!user.ok()) return user;
  absl::Status followed = FollowRole(transaction, changes, now_ms, settings, claims, *user);
  if (!followed.ok()) return followed;
  return user;
}

absl::StatusOr<User> LinkingUser(sql::Transaction& transaction, const LoginAttempt& attempt,
                                 std::int64_t now_ms) {
  const absl::Status over =
      Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
              "the log-in that wanted this identity is over; log in, and begin again");
  auto session = session_store::Get(transaction, attempt.link_session_id);
  if (absl::IsNotFound(session.status())) return over;
  if (!session.ok()) return session.status();
  if (session->user_id != attempt.link_user_id || session->expires_at_ms <= now_ms) return over;
  auto user = user_store::Get(transaction, attempt.link_user_id);
  if (user.ok() && user->status != ActiveStatus::kActive) return over;
  return user;
}

}  // namespace

absl::StatusOr<User> UserOfClaims(ResourceParts& parts, const Settings& settings,
                                  const boost::json::object& claims, const LoginAttempt& attempt,
                                  const Request& request) {
  const ActorScope scope(
      {0, StrCat("oidc: ", LabelOf(PersonOf(claims))), request.client_ip, request.request_id});
  absl::StatusOr<User> user = absl::UnknownError("not looked up");
  for (int tries = 0; tries < kTriesMax; ++tries) {
    user = ChangeValue(parts.store, [&](sql::Transaction& transaction, Changes& changes) {
      return FindOrMake(transaction, changes, parts.store.NowMs(), settings, claims,
                        attempt.invite_hash);
    });
    if (!absl::IsAlreadyExists(user.status())) break;
  }
  return user;
}

absl::Status LinkIdentity(ResourceParts& parts, const Settings& settings,
                          const boost::json::object& claims, const LoginAttempt& attempt,
                          const Request& request) {
  const OidcPerson person = PersonOf(claims);
  auto linking = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return LinkingUser(transaction, attempt, parts.store.NowMs());
  });
  if (!linking.ok()) return linking.status();
  const ActorScope scope({linking->id, linking->username, request.client_ip, request.request_id});
  return parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    const std::int64_t now_ms = parts.store.NowMs();
    auto known = identity_store::Find(transaction, settings.oidc_issuer, person.subject);
    if (known.ok() && known->user_id == linking->id) return absl::OkStatus();
    if (known.ok()) return Conflict("this identity is another user's");
    if (!absl::IsNotFound(known.status())) return known.status();
    return InsertIdentity(transaction, changes, now_ms, linking->id, settings, person);
  });
}

}  // namespace weir::admin

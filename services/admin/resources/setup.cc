// /setup: the first administrator, and with it the first account and the first key, made by whoever
// has the token that this process printed when it started.
#include <optional>
#include <string>
#include <utility>

#include <boost/json/value.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/version.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/password.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/password_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/given_account.h"
#include "services/admin/resources/login.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

// What the body asks for.
struct Wanted {
  User user;
  Secret password;
  std::optional<Account> account;
  AccountSecrets account_secrets;
  std::optional<ApiKey> key;
  Secret key_text;
};

// Errors of an object inside, under its name.
void AddUnder(std::string_view prefix, const FieldErrors& inner, FieldErrors& errors) {
  for (const auto& [field, what] : inner.all()) errors.Add(StrCat(prefix, ".", field), what);
}

void ReadAccountInside(BodyReader& outer, Wanted& wanted, FieldErrors& errors) {
  const auto reader = outer.Object("account");
  if (reader == nullptr) return;
  reader->Require({"name", "platform_type", "request_url"});
  Account account;
  ReadAccount(*reader, account, wanted.account_secrets);
  reader->Finish();
  FieldErrors inner;
  Validate(account, inner);
  Validate(wanted.account_secrets, inner);
  AddUnder("account", inner, errors);
  wanted.account = std::move(account);
}

void ReadKeyInside(BodyReader& outer, Wanted& wanted, FieldErrors& errors) {
  const auto reader = outer.Object("api_key");
  if (reader == nullptr) return;
  reader->Require({"name"});
  ApiKey key;
  reader->Text("name", key.name);
  reader->Finish();
  FieldErrors inner;
  ValidateName(key.name, "name", inner);
  AddUnder("api_key", inner, errors);
  wanted.key_text = Secret(NewApiKey());
  key.key_hash = ApiKeyHash(wanted.key_text.Reveal());
  key.key_hint = ApiKeyHint(wanted.key_text.Reveal());
  wanted.key = std::move(key);
}

void ReadFields(BodyReader& reader, Wanted& wanted, FieldErrors& errors) {
  reader.Require({"token", "username", "password"});
  std::optional<Secret> token;  // looked at already
  std::optional<Secret> password;
  reader.Hidden("token", token);
  reader.Text("username", wanted.user.username);
  wanted.user.username = ToLower(StripSpace(wanted.user.username));
  reader.Text("name", wanted.user.name);
  reader.Text("email", wanted.user.email);
  wanted.user.email = ToLower(StripSpace(wanted.user.email));
  wanted.user.role = Role::kAdmin;
  reader.Hidden("password", password);
  wanted.password = password.value_or(Secret());
  ReadAccountInside(reader, wanted, errors);
  ReadKeyInside(reader, wanted, errors);
}

void DescribeBody(BodyReader& reader) {
  Wanted wanted;
  FieldErrors errors;
  ReadFields(reader, wanted, errors);
}

absl::StatusOr<Wanted> ReadWanted(const json::object& body) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  Wanted wanted;
  ReadFields(reader, wanted, errors);
  reader.Finish();
  Validate(wanted.user, errors);
  ValidatePassword(wanted.password.Reveal(), wanted.user, Settings(), "password", errors);
  if (!errors.empty()) return errors.ToStatus();
  return wanted;
}

// All of it or nothing. NotFound when an administrator was made meanwhile.
absl::Status StoreWanted(ResourceParts& parts, sql::Transaction& transaction, Changes& changes,
                         Wanted& wanted) {
  const std::int64_t now_ms = parts.store.NowMs();
  auto made = user_store::InsertFirstAdmin(transaction, changes, now_ms, wanted.user);
  if (!made.ok()) return made.status();
  if (!*made) return SetupIsDone();
  if (wanted.account.has_value()) {
    absl::Status done = InsertGiven(transaction, changes, parts.vault, now_ms,
                                    wanted.account_secrets, *wanted.account);
    if (!done.ok()) return done;
  }
  if (!wanted.key.has_value()) return absl::OkStatus();
  wanted.key->user_id = wanted.user.id;
  return api_key_store::Insert(transaction, changes, now_ms, *wanted.key);
}

json::value DoneShape(ResourceParts& parts) {
  json::object body = LoginShape();
  body["account"] = MaybeAbsent(AccountJson(Account(), parts.vault, 0));
  json::object key = ApiKeyJson(ApiKey(), 0);
  key["key"] = "";
  body["api_key"] = MaybeAbsent(std::move(key));
  return body;
}

Response DoneResponse(ResourceParts& parts, const Request& request, const Login& login,
                      const Wanted& wanted) {
  const std::int64_t now_ms = parts.store.NowMs();
  json::object body = LoginJson(login);
  if (wanted.account.has_value())
    body["account"] = AccountJson(*wanted.account, parts.vault, now_ms);
  if (wanted.key.has_value()) {
    json::object key = ApiKeyJson(*wanted.key, now_ms);
    key["key"] = wanted.key_text.Reveal();
    body["api_key"] = std::move(key);
  }
  Response response = JsonResponse(201, body);
  AddLoginCookies(request, login, response);
  return response;
}

absl::StatusOr<Response> SetUp(ResourceParts& parts, const Request& request) {
  if (!IsSetupNeeded(parts)) return SetupIsDone();
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  const json::value* token = body->if_contains("token");
  const bool is_text = token != nullptr && token->is_string();
  const std::string shown = is_text ? std::string(token->get_string().c_str()) : "";
  if (absl::Status right = parts.setup.Check(shown, request.client_ip); !right.ok()) return right;
  auto wanted = ReadWanted(*body);
  if (!wanted.ok()) return wanted.status();
  auto hash = HashPassword(wanted->password);
  if (!hash.ok()) return hash.status();
  wanted->user.password_hash = *std::move(hash);
  const ActorScope scope({0, "set-up", request.client_ip, request.request_id});
  const Wanted as_read = *wanted;
  absl::Status stored = parts.store.Change([&](sql::Transaction& transaction, Changes& changes) {
    *wanted = as_read;
    return StoreWanted(parts, transaction, changes, *wanted);
  });
  if (stored.ok() || absl::IsNotFound(stored)) parts.setup.End();
  if (!stored.ok()) return stored;
  LogInfo("set-up is done", {{"username", wanted->user.username},
                             {"client_ip", request.client_ip},
                             {"request_id", request.request_id}});
  auto login =
      parts.sessions.Admit(wanted->user, {request.client_ip, request.Header("user-agent")});
  if (!login.ok()) return login.status();
  return DoneResponse(parts, request, *login, *wanted);
}

json::object StateJson(bool sqlite) {
  return {{"setup_needed", true},
          {"version", std::string(kVersion)},
          {"storage", OneWord({"sqlite", "postgresql"}, sqlite ? "sqlite" : "postgresql")}};
}

absl::StatusOr<Response> Show(ResourceParts& parts) {
  if (!IsSetupNeeded(parts)) return SetupIsDone();
  const bool sqlite = parts.store.database().dialect() == sql::SqlDialect::kSqlite;
  return JsonResponse(200, StateJson(sqlite));
}

}  // namespace

// Another process on the same database may have made the administrator.
bool IsSetupNeeded(ResourceParts& parts) {
  if (!parts.setup.wanted()) return false;
  const auto admins = ReadValue(parts.store, [](sql::Transaction& transaction) {
    return user_store::CountOtherAdmins(transaction, 0);
  });
  if (admins.ok() && *admins > 0) parts.setup.End();
  return parts.setup.wanted();
}

Routes SetupRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/setup",
       Access::kPublic,
       [&parts](const Request&, const Caller&) { return Show(parts); },
       {.summary = "Whether the first administrator is still to be made",
        .answers = {Answers([] { return StateJson(true); })},
        .refusals = {404},
        .about = "Whoever accepts text/html gets the console's page."}},
      {"POST",
       "/setup",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return SetUp(parts, request); },
       {.summary = "Make the first administrator",
        .body = DescribeBody,
        .answers = {Answers([&parts] { return DoneShape(parts); }, 201)},
        .refusals = {403, 404, 409},
        .about = "With the token that admin printed when it started; and with it the first account "
                 "and the first key, if wanted. Answers as a log-in does."}},
  };
}

}  // namespace weir::admin

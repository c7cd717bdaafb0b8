// /api/v1/auth/register, for who comes by themselves; /api/v1/public, what a page may know before
// anybody has logged in.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "libs/common/version.h"
#include "services/admin/credentials/password.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"
#include "services/admin/model/password_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/oidc/oidc_client.h"
#include "services/admin/resources/registrant.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/second_factor.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

void ReadFields(BodyReader& reader, User& user, std::optional<Secret>& password,
                std::optional<Secret>& invite) {
  reader.Require({"username", "email", "password"});
  reader.Text("username", user.username);
  user.username = ToLower(StripSpace(user.username));
  reader.Text("name", user.name);
  reader.Text("email", user.email);
  user.email = ToLower(StripSpace(user.email));
  reader.Hidden("password", password);
  reader.HiddenLine("invite", invite);
}

void DescribeBody(BodyReader& reader) {
  User user;
  std::optional<Secret> password;
  std::optional<Secret> invite;
  ReadFields(reader, user, password, invite);
}

absl::StatusOr<Registrant> ReadRegistrant(const json::object& body, const Settings& settings) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  Registrant who;
  std::optional<Secret> password;
  std::optional<Secret> invite;
  ReadFields(reader, who.user, password, invite);
  reader.Finish();
  Validate(who.user, errors);
  who.password = password.value_or(Secret());
  ValidatePassword(who.password.Reveal(), who.user, settings, "password", errors);
  if (invite.has_value() && !invite->empty()) {
    who.invite_hash = HexOf(ApiKeyHash(invite->Reveal()));
  }
  if (!errors.empty()) return errors.ToStatus();
  return who;
}

absl::StatusOr<Response> Register(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  auto who = ReadRegistrant(*body, *settings);
  if (!who.ok()) return who.status();
  absl::Status may = parts.store.Read([&](sql::Transaction& transaction) {
    return MayRegister(transaction, *who, parts.store.NowMs());
  });
  if (!may.ok()) return may;
  auto hash = HashPassword(who->password);
  if (!hash.ok()) return hash.status();
  who->user.password_hash = *std::move(hash);
  const ActorScope scope({0, who->user.username, request.client_ip, request.request_id});
  absl::Status stored = parts.store.Change([&](sql::Transaction& transaction, Changes& changes) {
    return StoreRegistrant(transaction, changes, parts.store.NowMs(), *who);
  });
  if (!stored.ok()) return stored;
  return RecordResponse(201, UserJson(who->user), who->user.version);
}

// What the button says, and where it leads.
json::object ProviderJson(const Settings& settings) {
  const auto url = ParseUpstreamUrl(settings.oidc_issuer);
  const std::string name = settings.oidc_name.empty() && url.ok() ? url->host : settings.oidc_name;
  return {{"name", name}, {"url", "/api/v1/auth/oidc/start"}};
}

json::object PublicJson(const Settings& settings, bool setup_needed) {
  std::vector<Settings> providers;
  if (HasOidc(settings)) providers.push_back(settings);
  return {{"name", settings.site_name.empty() ? "Weir" : settings.site_name},
          {"relay_url", settings.relay_url},
          {"version", std::string(kVersion)},
          {"registration", WordJson(settings.registration)},
          {"oidc", ListJson(providers, ProviderJson)},
          {"setup_needed", setup_needed}};
}

absl::StatusOr<Response> Public(ResourceParts& parts) {
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  return JsonResponse(200, PublicJson(*settings, IsSetupNeeded(parts)));
}

}  // namespace

Routes RegistrationRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/auth/register",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return Register(parts, request); },
       {.summary = "Register",
        .body = DescribeBody,
        .answers = {Answers(UserShape, 201)},
        .refusals = {403, 409},
        .about = "Where the settings let one: `registration` is open, or invite, and then by an "
                 "invite, which counts once."}},
      {"GET",
       "/api/v1/public",
       Access::kPublic,
       [&parts](const Request&, const Caller&) { return Public(parts); },
       {.summary = "What a page may know before anybody has logged in",
        .answers = {Answers([] { return PublicJson(Settings(), false); })}}},
  };
}

}  // namespace weir::admin

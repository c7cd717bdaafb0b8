// Records as JSON and back, as REST and the YAML file have them. `Read…` leaves what is absent as
// it is and adds what is wrong to the reader's errors; rules that span fields are in
// model/validate.h.
#pragma once

#include <optional>

#include <boost/json/object.hpp>

#include "libs/common/secret.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/setting_secrets.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/json/body_reader.h"
#include "services/admin/model/types.h"
#include "services/admin/store/refresh_store.h"

namespace weir::admin {

boost::json::value TimeJson(std::int64_t unix_ms);  // null for 0
boost::json::object LimitsJson(const Limits& limits);
boost::json::object TimeoutsJson(const Timeouts& timeouts);
boost::json::array TextsJson(const std::vector<std::string>& texts);
boost::json::array IdsJson(const std::vector<std::int64_t>& ids);
boost::json::value MapJson(const std::map<std::string, std::string>& map);

boost::json::object UserJson(const User& user);
boost::json::object GroupJson(const Group& group);
// `now_ms` decides whether the key has expired.
boost::json::object ApiKeyJson(const ApiKey& key, std::int64_t now_ms);
// Shows no secret: has_secret says whether there is one, proxy passwords are masked.
boost::json::object AccountJson(const Account& account, const Vault& vault, std::int64_t now_ms);
boost::json::object PriceJson(const Price& price);
boost::json::object SettingsJson(const Settings& settings);
// Each by its whole name ("timeouts.idle_ms"), without version and time; of a secret, whether there
// is one.
boost::json::object FlatSettingsJson(const Settings& settings);

// `now_ms` decides whether the invite has expired. The code is not in it.
boost::json::object InviteJson(const Invite& invite, std::int64_t now_ms);

boost::json::object RouteJson(const ModelRoute& route);

void ReadLimits(BodyReader& reader, Limits& limits);
void ReadTimeouts(BodyReader& reader, Timeouts& timeouts);

void ReadUser(BodyReader& reader, User& user, std::optional<Secret>& password);
void ReadGroup(BodyReader& reader, Group& group);
void ReadApiKey(BodyReader& reader, ApiKey& key);

// What an administrator says of an invite.
void ReadInvite(BodyReader& reader, Invite& invite);

// A platform without a credential_type beside it gets its usual one.
void ReadAccount(BodyReader& reader, Account& account, AccountSecrets& secrets);
// null when the credential is of another type.
boost::json::value OauthJson(const Account& account);
void ReadOauth(BodyReader& reader, Account& account, AccountSecrets& secrets);
boost::json::value SessionJson(const Account& account);
void ReadSession(BodyReader& reader, Account& account);
// How its renewal goes: failures and the last error, beside what OauthJson has.
void AddRefresh(const RefreshState& state, boost::json::object& oauth);
// Names what no relay could use.
void Validate(const AccountSecrets& secrets, FieldErrors& errors);
void ReadPrice(BodyReader& reader, Price& price);
void ReadSettings(BodyReader& reader, Settings& settings, SettingSecrets& secrets);
void Validate(const SettingSecrets& secrets, FieldErrors& errors);
// A route without a name is called as its model is.
void ReadRoute(BodyReader& reader, ModelRoute& route);

}  // namespace weir::admin

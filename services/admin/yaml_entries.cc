#include "services/admin/yaml_entries.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/password.h"
#include "services/admin/json/price_json.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/key_guard.h"
#include "services/admin/model/password_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/oauth/token_exchange.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/route_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin::yaml {
namespace {

namespace json = boost::json;

// A group by its name, or the errors' word for it.
std::int64_t GroupByName(Run& run, const std::string& name, std::string_view field,
                         FieldErrors& errors) {
  auto group = group_store::FindByName(run.transaction, name);
  if (group.ok()) return group->id;
  errors.Add(field, StrCat("there is no group '", name, "'"));
  return kDefaultGroupId;
}

}  // namespace

absl::Status ApplyGroup(Run& run, const json::object& entry) {
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  reader.Require({"name"});
  std::string name;
  reader.Text("name", name);
  auto known = group_store::FindByName(run.transaction, name);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  Group group = known.ok() ? *known : Group();
  ReadGroup(reader, group);
  reader.Finish();
  Validate(group, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (!known.ok()) return group_store::Insert(run.transaction, run.changes, run.now_ms, group);
  if (group == *known) return absl::OkStatus();
  return group_store::Update(run.transaction, run.changes, run.now_ms, group);
}

namespace {

// A password of the file is for the first log-in: later ones are the user's own.
absl::Status SetFirstPassword(sql::Transaction& transaction, const std::optional<Secret>& password,
                              User& user, FieldErrors& errors) {
  if (!password.has_value() || !user.password_hash.empty()) return absl::OkStatus();
  auto settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  ValidatePassword(password->Reveal(), user, *settings, "password", errors);
  if (!errors.empty()) return errors.ToStatus();
  auto hash = HashPassword(*password);
  if (!hash.ok()) return hash.status();
  user.password_hash = *std::move(hash);
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyUser(Run& run, const json::object& entry) {
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  reader.Require({"username"});
  std::string username;
  reader.Text("username", username);
  auto known = user_store::FindByUsername(run.transaction, ToLower(StripSpace(username)));
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  User user = known.ok() ? *known : User();
  std::optional<Secret> password;
  ReadUser(reader, user, password);
  std::string group;
  reader.Text("group", group);
  if (!group.empty()) user.group_id = GroupByName(run, group, "group", errors);
  reader.Finish();
  Validate(user, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (auto set = SetFirstPassword(run.transaction, password, user, errors); !set.ok()) return set;
  if (!known.ok()) return user_store::Insert(run.transaction, run.changes, run.now_ms, user);
  if (user == *known) return absl::OkStatus();
  const bool is_admin = user.role == Role::kAdmin && user.status == ActiveStatus::kActive;
  absl::Status may =
      is_admin ? absl::OkStatus() : user_store::CheckAdminRemains(run.transaction, *known);
  if (!may.ok()) return may;
  return user_store::Update(run.transaction, run.changes, run.now_ms, user);
}

namespace {

// Sealing makes another text each time, so what is held decides whether a secret differs.
// Those of OAuth accounts are renewed since, and must not come back.
void SetSecrets(Run& run, const AccountSecrets& secrets, const Account& before, Account& account) {
  AccountSecrets given = secrets;
  if (account.credential_type == CredentialType::kOauth) {
    const std::string mark = GivenMark(secrets);
    if (mark == account.given_mark) given.credential = given.refresh_token = std::nullopt;
    account.given_mark = mark;
  }
  given = WithoutHeld(run.vault, given, account);
  PutSecrets(run.vault, given, before, account);
  NoteReplaced(given, before, run.now_ms, account);
  PlanRefresh(before, given, run.now_ms, RefreshJitter(), account);
}

// The file is applied again at each start and change: `status: normal` switches a disabled account
// on and says nothing of what relays have seen since, or live traffic would run into it.
void KeepObserved(const Account& before, Account& account) {
  if (before.status == AccountStatus::kDisabled || account.status != AccountStatus::kNormal) return;
  account.status = before.status;
  account.status_reason = before.status_reason;
  account.cooldown_until_ms = before.cooldown_until_ms;
  account.model_cooldowns = before.model_cooldowns;
}

// As an administrator's decision by the API: what relays saw before it no longer counts.
absl::Status NoteDecision(Run& run, const Account& before, Account& account) {
  if (account.status != before.status) account.status_observed_at_ms = run.now_ms;
  AccountHistoryEntry entry;
  entry.at_ms = run.now_ms;
  entry.source = account_history::kFromAdmin;
  return account_history::NoteStatus(run.transaction, before, account, std::move(entry));
}

}  // namespace

absl::Status ApplyAccount(Run& run, const json::object& entry) {
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  reader.Require({"name"});
  std::string name;
  reader.Text("name", name);
  auto known = account_store::FindByName(run.transaction, name);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  if (!known.ok()) reader.Require({"platform_type", "request_url"});
  Account account = known.ok() ? *known : Account();
  AccountSecrets secrets;
  ReadAccount(reader, account, secrets);
  if (known.ok()) KeepObserved(*known, account);
  std::vector<std::string> groups;
  reader.Texts("groups", groups);
  if (!groups.empty()) account.group_ids.clear();
  for (const std::string& group : groups) {
    account.group_ids.push_back(GroupByName(run, group, "groups", errors));
  }
  std::sort(account.group_ids.begin(), account.group_ids.end());
  reader.Finish();
  Validate(account, errors);
  Validate(secrets, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (!known.ok()) {
    auto inserted = account_store::Insert(run.transaction, run.changes, run.now_ms, account);
    if (!inserted.ok()) return inserted;
    SetSecrets(run, secrets, Account(), account);
    return account_store::Update(run.transaction, run.changes, run.now_ms, account);
  }
  SetSecrets(run, secrets, *known, account);
  if (account == *known) return absl::OkStatus();
  if (auto noted = NoteDecision(run, *known, account); !noted.ok()) return noted;
  return account_store::Update(run.transaction, run.changes, run.now_ms, account);
}

namespace {

// The key's owner: the user that the entry names, who must exist.
absl::StatusOr<User> OwnerOf(Run& run, BodyReader& reader, FieldErrors& errors) {
  std::string username;
  reader.Require({"user"});
  reader.Text("user", username);
  auto user = user_store::FindByUsername(run.transaction, ToLower(username));
  if (absl::IsNotFound(user.status())) {
    errors.Add("user", StrCat("there is no user '", username, "'"));
    return errors.ToStatus();
  }
  return user;
}

}  // namespace

absl::Status ApplyKey(Run& run, const json::object& entry) {
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  reader.Require({"name", "key"});
  std::string name;
  std::optional<Secret> text;
  reader.Text("name", name);
  reader.HiddenLine("key", text);
  if (text.has_value()) {
    ValidateCredential(text->Reveal(), "key", errors);
    if (text->Reveal().size() < 20) errors.Add("key", "must have at least 20 characters");
  }
  auto owner = OwnerOf(run, reader, errors);
  if (!owner.ok()) return owner.status();
  auto known = api_key_store::FindByName(run.transaction, owner->id, name);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  ApiKey key = known.ok() ? *known : ApiKey();
  if (!known.ok()) key.group_id = owner->group_id;
  ReadApiKey(reader, key);
  key.user_id = owner->id;
  std::string group;
  reader.Text("group", group);
  if (!group.empty()) key.group_id = GroupByName(run, group, "group", errors);
  reader.Finish();
  Validate(key, errors);
  if (!errors.empty()) return errors.ToStatus();
  const std::string sha256 = ApiKeyHash(text->Reveal());
  if (sha256 != key.key_hash) {  // the file's word holds: what was rotated meanwhile is out
    key.previous_key_hash.clear();
    key.previous_key_hint.clear();
    key.previous_until_ms = 0;
  }
  key.key_hash = sha256;
  key.key_hint = ApiKeyHint(text->Reveal());
  key.managed = IsNarrowed(key, owner->group_id);  // the file is an administrator's word
  if (!known.ok()) return api_key_store::Insert(run.transaction, run.changes, run.now_ms, key);
  if (key == *known) return absl::OkStatus();
  return api_key_store::Update(run.transaction, run.changes, run.now_ms, key);
}

absl::Status ApplyPrice(Run& run, const json::object& entry) {
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  reader.Require({"model", "input", "output"});
  Price price;
  ReadPrice(reader, price);
  ReadFree(reader, price, errors);
  reader.Finish();
  Validate(price, errors);
  if (!errors.empty()) return errors.ToStatus();
  for (const PriceRow& row : run.prices) {
    const Price& other = row.price;
    if (other.provider == price.provider && other.model == price.model &&
        other.effective_from_ms == price.effective_from_ms) {
      return absl::InvalidArgumentError("is there twice");
    }
  }
  run.prices.push_back({std::move(price), run.prices.size() + 1, reader.Has("aliases"),
                        reader.Has("max_output_tokens")});
  return absl::OkStatus();
}

absl::Status ApplyPrices(Run& run) {
  auto plan = PlanPriceList(run.transaction, run.prices, run.now_ms);
  if (!plan.ok()) return plan.status();
  if (absl::Status past = CheckPriceList(*plan); !past.ok()) return past;
  return ApplyPriceList(run.transaction, run.changes, run.now_ms, PriceSource::kFile, *plan);
}

absl::Status ApplyRoute(Run& run, const json::object& entry) {
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  reader.Require({"model"});
  std::string name;
  reader.Text(reader.Has("name") ? "name" : "model", name);
  auto known = route_store::FindByName(run.transaction, name);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  ModelRoute route = known.ok() ? *known : ModelRoute();
  ReadRoute(reader, route);
  std::vector<std::string> groups;
  reader.Texts("groups", groups);
  if (reader.Has("groups")) route.group_ids.clear();
  for (const std::string& group : groups) {
    route.group_ids.push_back(GroupByName(run, group, "groups", errors));
  }
  std::sort(route.group_ids.begin(), route.group_ids.end());
  reader.Finish();
  Validate(route, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (!known.ok()) return route_store::Insert(run.transaction, run.changes, run.now_ms, route);
  if (route == *known) return absl::OkStatus();
  return route_store::Update(run.transaction, run.changes, run.now_ms, route);
}

absl::Status ApplySettings(Run& run, const json::object& entry) {
  auto known = settings_store::Get(run.transaction);
  if (!known.ok()) return known.status();
  FieldErrors errors;
  BodyReader reader(entry, errors, "", Scalars::kText);
  Settings settings = *known;
  SettingSecrets secrets;
  ReadSettings(reader, settings, secrets);
  reader.Finish();
  Validate(secrets, errors);
  PutSecrets(run.vault, secrets, settings);
  Validate(settings, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (settings == *known) return absl::OkStatus();
  return settings_store::Update(run.transaction, run.changes, run.now_ms, settings);
}

}  // namespace weir::admin::yaml

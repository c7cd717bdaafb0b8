#include "services/admin/yaml_config.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/password.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/yaml_json.h"
#include "services/admin/model/key_guard.h"
#include "services/admin/model/validate.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_list.h"
#include "services/admin/store/route_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

// What one run works on. Each Apply… takes one entry of a section, whose path is for messages.
struct Run {
  sql::Transaction& transaction;
  Changes& changes;
  const Vault& vault;
  std::int64_t now_ms;
  std::vector<PriceRow> prices = {};  // gathered, since rows of one model are seen together
};

// Errors of one entry, with its path before the field's name.
absl::Status At(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  const auto fields = FieldsOf(status);
  if (fields.empty()) {
    return absl::Status(status.code(), StrCat(path, ": ", status.message()));
  }
  std::string message;
  for (const auto& [field, what] : fields) {
    StrAppend(message, message.empty() ? "" : "; ", path, ".", field, ": ", what);
  }
  return absl::InvalidArgumentError(message);
}

// A group by its name, or the errors' word for it.
std::int64_t GroupByName(Run& run, const std::string& name, std::string_view field,
                         FieldErrors& errors) {
  auto group = group_store::FindByName(run.transaction, name);
  if (group.ok()) return group->id;
  errors.Add(field, StrCat("there is no group '", name, "'"));
  return kDefaultGroupId;
}

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

// A password of the file is for the first log-in: later ones are the user's own.
absl::Status SetFirstPassword(const std::optional<Secret>& password, User& user,
                              FieldErrors& errors) {
  if (!password.has_value() || !user.password_hash.empty()) return absl::OkStatus();
  ValidatePassword(password->Reveal(), "password", errors);
  if (!errors.empty()) return errors.ToStatus();
  auto hash = HashPassword(*password);
  if (!hash.ok()) return hash.status();
  user.password_hash = *std::move(hash);
  return absl::OkStatus();
}

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
  if (auto set = SetFirstPassword(password, user, errors); !set.ok()) return set;
  if (!known.ok()) return user_store::Insert(run.transaction, run.changes, run.now_ms, user);
  if (user == *known) return absl::OkStatus();
  return user_store::Update(run.transaction, run.changes, run.now_ms, user);
}

// Sealing makes another text each time, so what is held decides whether a secret differs.
void SetSecrets(const Vault& vault, const AccountSecrets& secrets, Account& account) {
  if (secrets.credential.has_value()) {
    const auto held = OpenCredential(vault, account);
    if (!held.ok() || held->Reveal() != secrets.credential->Reveal()) {
      SetCredential(vault, *secrets.credential, account);
    }
  }
  if (secrets.proxy_url.has_value()) {
    const auto held = OpenProxyUrl(vault, account);
    if (!held.ok() || held->Reveal() != secrets.proxy_url->Reveal()) {
      SetProxyUrl(vault, *secrets.proxy_url, account);
    }
  }
}

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
    SetSecrets(run.vault, secrets, account);
    return account_store::Update(run.transaction, run.changes, run.now_ms, account);
  }
  SetSecrets(run.vault, secrets, account);
  if (account == *known) return absl::OkStatus();
  return account_store::Update(run.transaction, run.changes, run.now_ms, account);
}

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
  key.key_hash = ApiKeyHash(text->Reveal());
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
  return ApplyPriceList(run.transaction, run.changes, run.now_ms, *plan);
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
  ReadSettings(reader, settings);
  reader.Finish();
  Validate(settings, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (settings == *known) return absl::OkStatus();
  return settings_store::Update(run.transaction, run.changes, run.now_ms, settings);
}

struct Section {
  const char* name;
  absl::Status (*apply)(Run&, const json::object&);
};

// In the order in which they name each other.
constexpr Section kSections[] = {{"groups", ApplyGroup}, {"users", ApplyUser},
                                 {"prices", ApplyPrice}, {"accounts", ApplyAccount},
                                 {"models", ApplyRoute}, {"api_keys", ApplyKey}};

absl::Status ApplySection(Run& run, const Section& section, const json::value& value) {
  if (value.is_null()) return absl::OkStatus();
  if (!value.is_array()) {
    return absl::InvalidArgumentError(StrCat(section.name, ": must be a list"));
  }
  std::size_t number = 0;
  for (const json::value& entry : value.get_array()) {
    const std::string path = StrCat(section.name, "[", number++, "]");
    if (!entry.is_object()) {
      return absl::InvalidArgumentError(StrCat(path, ": must hold fields"));
    }
    absl::Status applied = At(path, section.apply(run, entry.get_object()));
    if (!applied.ok()) return applied;
  }
  return absl::OkStatus();
}

absl::Status CheckSections(const json::object& root) {
  for (const auto& entry : root) {
    const std::string name(entry.key().data(), entry.key().size());
    bool known = name == "settings";
    for (const Section& section : kSections) known = known || name == section.name;
    if (!known) return absl::InvalidArgumentError(StrCat(name, ": is not a known section"));
  }
  return absl::OkStatus();
}

absl::Status ApplyAll(Run& run, const json::object& root) {
  for (const Section& section : kSections) {
    const json::value* value = root.if_contains(section.name);
    if (value == nullptr) continue;
    absl::Status applied = ApplySection(run, section, *value);
    if (!applied.ok()) return applied;
  }
  if (absl::Status prices = At("prices", ApplyPrices(run)); !prices.ok()) return prices;
  const json::value* settings = root.if_contains("settings");
  if (settings == nullptr || settings->is_null()) return absl::OkStatus();
  if (!settings->is_object()) return absl::InvalidArgumentError("settings: must hold fields");
  return At("settings", ApplySettings(run, settings->get_object()));
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

absl::Status ApplyYaml(Store& store, const Vault& vault, std::string_view text,
                       const Environment& environment) {
  auto root = JsonOfYaml(text, environment);
  if (!root.ok()) return root.status();
  if (root->is_null()) return absl::OkStatus();
  if (!root->is_object()) return absl::InvalidArgumentError("the file must hold sections");
  if (absl::Status known = CheckSections(root->get_object()); !known.ok()) return known;
  const ActorScope scope({.user_id = 0, .name = "weir.yaml", .client_ip = {}, .request_id = {}});
  return store.Change([&](sql::Transaction& transaction, Changes& changes) {
    Run run = {
        .transaction = transaction, .changes = changes, .vault = vault, .now_ms = store.NowMs()};
    return ApplyAll(run, root->get_object());
  });
}

absl::Status ApplyYamlFile(Store& store, const Vault& vault, const std::string& path,
                           const Environment& environment) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return absl::NotFoundError(StrCat("cannot read the configuration '", path, "'"));
  absl::Status applied = ApplyYaml(store, vault, content.str(), environment);
  if (applied.ok()) return applied;
  return absl::Status(applied.code(), StrCat(path, ": ", applied.message()));
}

}  // namespace weir::admin

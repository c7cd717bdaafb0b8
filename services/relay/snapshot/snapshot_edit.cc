#include "services/relay/snapshot/snapshot_edit.h"

#include <algorithm>

#include "libs/common/text.h"
#include "services/relay/snapshot/resource_reader.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

absl::Status Refused(std::string_view kind, std::int64_t id, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(kind, " ", id, ": ", what));
}

template <typename T, typename Map>
absl::Status Keep(absl::StatusOr<T> read, Map& values) {
  if (!read.ok()) return read.status();
  const std::int64_t id = read->id;
  values[id] = std::make_shared<const T>(*std::move(read));
  return absl::OkStatus();
}

template <typename Map, typename Ids>
absl::Status CheckNotIn(std::string_view kind, const Map& added, const Ids& removed) {
  for (const std::int64_t id : removed) {
    if (added.contains(id)) return Refused(kind, id, "is both changed and removed");
  }
  return absl::OkStatus();
}

// The base's table itself when nothing changes.
template <typename Table, typename Map, typename Ids>
std::shared_ptr<const Table> Edited(const std::shared_ptr<const Table>* base, const Map& added,
                                    const Ids& removed) {
  if (base != nullptr && added.empty() && removed.empty()) return *base;
  typename Table::Editor editor(base == nullptr ? nullptr : base->get());
  for (const std::int64_t id : removed) editor.Erase(id);
  for (const auto& [id, value] : added) editor.Upsert(value);
  return std::make_shared<const Table>(std::move(editor).Done());
}

}  // namespace

SnapshotEdit::SnapshotEdit(const SnapshotTables* base, AccountHealthRegistry& health)
    : base_(base), health_(health) {}

absl::Status SnapshotEdit::Add(const v1::Resource& resource) {
  switch (resource.kind_case()) {
    case v1::Resource::kApiKey:
      return AddKey(resource.api_key());
    case v1::Resource::kUser:
      return Keep(ReadUser(resource.user()), users_);
    case v1::Resource::kGroup:
      return Keep(ReadGroup(resource.group()), groups_);
    case v1::Resource::kAccount:
      return Keep(ReadAccount(resource.account()), accounts_);
    case v1::Resource::kPrice:
      return Keep(ReadPrice(resource.price()), prices_);
    case v1::Resource::kRoute:
      return Keep(ReadRoute(resource.route()), routes_);
    case v1::Resource::kSettings: {
      absl::StatusOr<RelaySettings> settings = ReadSettings(resource.settings());
      if (!settings.ok()) return settings.status();
      settings_ = *std::move(settings);
      return absl::OkStatus();
    }
    case v1::Resource::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a resource is of a kind that this version does not know");
}

absl::Status SnapshotEdit::AddKey(const v1::ApiKey& key) {
  absl::StatusOr<std::optional<PreviousSecret>> previous = ReadPreviousSecret(key);
  if (!previous.ok()) return previous.status();
  if (absl::Status kept = Keep(ReadApiKey(key), keys_); !kept.ok()) return kept;
  previous_secrets_[key.id()] = *previous;
  return absl::OkStatus();
}

absl::Status SnapshotEdit::Remove(const v1::ResourceRef& ref) {
  switch (ref.kind()) {
    case v1::RESOURCE_KIND_API_KEY:
      removed_keys_.insert(ref.id());
      return absl::OkStatus();
    case v1::RESOURCE_KIND_USER:
      removed_users_.insert(ref.id());
      return absl::OkStatus();
    case v1::RESOURCE_KIND_GROUP:
      removed_groups_.insert(ref.id());
      return absl::OkStatus();
    case v1::RESOURCE_KIND_ACCOUNT:
      removed_accounts_.insert(ref.id());
      return absl::OkStatus();
    case v1::RESOURCE_KIND_PRICE:
      removed_prices_.insert(ref.id());
      return absl::OkStatus();
    case v1::RESOURCE_KIND_ROUTE:
      removed_routes_.insert(ref.id());
      return absl::OkStatus();
    case v1::RESOURCE_KIND_SETTINGS:
      settings_ = RelaySettings();
      return absl::OkStatus();
    default:
      break;
  }
  return absl::InvalidArgumentError("a removal names a kind that this version does not know");
}

absl::Status SnapshotEdit::CheckNotBoth() const {
  for (const absl::Status& status :
       {CheckNotIn("api_key", keys_, removed_keys_), CheckNotIn("user", users_, removed_users_),
        CheckNotIn("group", groups_, removed_groups_),
        CheckNotIn("account", accounts_, removed_accounts_),
        CheckNotIn("price", prices_, removed_prices_),
        CheckNotIn("route", routes_, removed_routes_)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<SnapshotTables> SnapshotEdit::Finish() {
  if (const absl::Status status = CheckNotBoth(); !status.ok()) return status;
  SnapshotTables tables;
  if (base_ != nullptr) tables = *base_;
  if (settings_) tables.settings = *settings_;
  if (const absl::Status status = EditKeys(tables); !status.ok()) return status;
  EditUsers(tables);
  EditGroups(tables);
  EditAccounts(tables);
  EditPrices(tables);
  EditRoutes(tables);
  IndexGroups(tables);
  if (const absl::Status status = CheckKeys(tables); !status.ok()) return status;
  if (const absl::Status status = CheckAccounts(tables); !status.ok()) return status;
  if (const absl::Status status = CheckRoutes(tables); !status.ok()) return status;
  return tables;
}

absl::Status SnapshotEdit::EditKeys(SnapshotTables& tables) {
  tables.keys = Edited(base_ ? &base_->keys : nullptr, keys_, removed_keys_);
  auto previous =
      EditedSecrets(base_ ? base_->previous_secrets : nullptr, previous_secrets_, removed_keys_);
  if (!previous.ok()) return previous.status();
  tables.previous_secrets = *std::move(previous);
  if (base_ != nullptr && keys_.empty() && removed_keys_.empty()) return absl::OkStatus();

  KeyHashTable::Editor by_sha256(base_ ? base_->keys_by_sha256.get() : nullptr);
  const auto forget = [&](std::int64_t id) {
    const ApiKey* known = base_ == nullptr ? nullptr : base_->keys->Find(id);
    if (known == nullptr) return;
    by_sha256.Erase(HashOfSha256(known->sha256.data()), SameSha256{known->sha256.data()});
  };
  // All that changes out first, so that two keys may exchange their hashes in one revision.
  for (const std::int64_t id : removed_keys_) forget(id);
  for (const auto& [id, key] : keys_) {
    const ApiKey* known = base_ == nullptr ? nullptr : base_->keys->Find(id);
    if (known != nullptr && known->sha256 != key->sha256) forget(id);
  }
  for (const auto& [id, key] : keys_) {
    const std::uint64_t hash = HashOfSha256(key->sha256.data());
    const SameSha256 same{key->sha256.data()};
    const auto* other = by_sha256.Find(hash, same);
    if (other != nullptr && (*other)->id != id) {
      return Refused("api_key", id, StrCat("has the sha256 of api_key ", (*other)->id));
    }
    by_sha256.Upsert(hash, key, same);
  }
  tables.keys_by_sha256 = std::make_shared<const KeyHashTable>(std::move(by_sha256).Done());
  return absl::OkStatus();
}

void SnapshotEdit::EditUsers(SnapshotTables& tables) {
  tables.users = Edited(base_ ? &base_->users : nullptr, users_, removed_users_);
}

void SnapshotEdit::EditGroups(SnapshotTables& tables) {
  tables.groups = Edited(base_ ? &base_->groups : nullptr, groups_, removed_groups_);
}

void SnapshotEdit::EditAccounts(SnapshotTables& tables) {
  if (settings_ && base_ != nullptr) {
    // New defaults reach every account that has no timeouts of its own.
    base_->accounts->ForEach([&](const std::shared_ptr<const Account>& account) {
      if (!removed_accounts_.contains(account->id)) accounts_.try_emplace(account->id, account);
    });
  }
  for (auto& [id, account] : accounts_) {
    Account whole = *account;
    whole.timeouts = FilledIn(whole.configured_timeouts, tables.settings.timeouts);
    whole.health = health_.Of(id);
    account = std::make_shared<const Account>(std::move(whole));
  }
  tables.accounts = Edited(base_ ? &base_->accounts : nullptr, accounts_, removed_accounts_);
}

void SnapshotEdit::EditPrices(SnapshotTables& tables) {
  if (base_ != nullptr && prices_.empty() && removed_prices_.empty()) return;
  PriceTable::ById by_id;
  if (base_ != nullptr) by_id = base_->prices->by_id();
  for (const std::int64_t id : removed_prices_) by_id.erase(id);
  for (const auto& [id, price] : prices_) by_id[id] = price;
  tables.prices = std::make_shared<const PriceTable>(std::move(by_id));
}

void SnapshotEdit::EditRoutes(SnapshotTables& tables) {
  if (base_ != nullptr && routes_.empty() && removed_routes_.empty()) return;
  RouteTable::ById by_id;
  if (base_ != nullptr) by_id = base_->routes->by_id();
  for (const std::int64_t id : removed_routes_) by_id.erase(id);
  for (const auto& [id, route] : routes_) by_id[id] = route;
  tables.routes = std::make_shared<const RouteTable>(std::move(by_id));
}

void SnapshotEdit::IndexGroups(SnapshotTables& tables) const {
  if (base_ != nullptr && accounts_.empty() && removed_accounts_.empty()) return;
  // Groups that a changed account was in or is in now; lists of all others are shared.
  std::unordered_map<std::int64_t, std::vector<const Account*>> lists;
  const auto affects = [&](std::int64_t id) {
    const Account* known = base_ == nullptr ? nullptr : base_->accounts->Find(id);
    if (known == nullptr) return;
    for (const std::int64_t group : known->group_ids) lists[group];
  };
  for (const std::int64_t id : removed_accounts_) affects(id);
  for (const auto& [id, account] : accounts_) {
    affects(id);
    for (const std::int64_t group : account->group_ids) lists[group];
  }
  for (auto& [group, list] : lists) {
    if (base_ == nullptr) break;
    const auto before = base_->group_index->find(group);
    if (before == base_->group_index->end()) continue;
    for (const Account* account : before->second->all) {
      if (!accounts_.contains(account->id) && !removed_accounts_.contains(account->id)) {
        list.push_back(account);
      }
    }
  }
  for (const auto& [id, account] : accounts_) {
    for (const std::int64_t group : account->group_ids) lists[group].push_back(account.get());
  }
  GroupIndex index;
  MixedGroups mixed;
  if (base_ != nullptr) {
    index = *base_->group_index;
    mixed = *base_->mixed_groups;
  }
  for (auto& [group, list] : lists) {
    NoteMixed(group, list, mixed);
    index[group] = std::make_shared<const GroupAccounts>(IndexAccounts(std::move(list)));
  }
  std::erase_if(index, [](const auto& entry) { return entry.second->all.empty(); });
  tables.group_index = std::make_shared<const GroupIndex>(std::move(index));
  tables.mixed_groups = std::make_shared<const MixedGroups>(std::move(mixed));
}

absl::Status SnapshotEdit::CheckKeys(const SnapshotTables& tables) const {
  absl::Status wrong;
  const auto check = [&](const ApiKey& key) {
    if (!wrong.ok()) return;
    if (tables.users->Find(key.user_id) == nullptr) {
      wrong = Refused("api_key", key.id, StrCat("its user ", key.user_id, " is not there"));
    } else if (tables.groups->Find(key.group_id) == nullptr) {
      wrong = Refused("api_key", key.id, StrCat("its group ", key.group_id, " is not there"));
    }
  };
  if (removed_users_.empty() && removed_groups_.empty()) {
    for (const auto& [id, key] : keys_) check(*key);
  } else {
    // Rare enough for a pass over all.
    tables.keys->ForEach([&](const std::shared_ptr<const ApiKey>& key) { check(*key); });
  }
  return wrong;
}

absl::Status SnapshotEdit::CheckAccounts(const SnapshotTables& tables) const {
  absl::Status wrong;
  const auto check = [&](const Account& account) {
    for (const std::int64_t group : account.group_ids) {
      if (wrong.ok() && tables.groups->Find(group) == nullptr) {
        wrong = Refused("account", account.id, StrCat("its group ", group, " is not there"));
      }
    }
  };
  if (removed_groups_.empty()) {
    for (const auto& [id, account] : accounts_) check(*account);
  } else {
    tables.accounts->ForEach([&](const std::shared_ptr<const Account>& a) { check(*a); });
  }
  return wrong;
}

// Routes are few: all are looked at when a group goes or a route changes.
absl::Status SnapshotEdit::CheckRoutes(const SnapshotTables& tables) const {
  if (removed_groups_.empty() && routes_.empty()) return absl::OkStatus();
  for (const auto& [id, route] : tables.routes->by_id()) {
    for (const std::int64_t group : route->group_ids) {
      if (tables.groups->Find(group) != nullptr) continue;
      return Refused("route", id, StrCat("its group ", group, " is not there"));
    }
  }
  return absl::OkStatus();
}

}  // namespace weir::relay

#include "tests/unit/relay/support/snapshots.h"

#include <algorithm>
#include <utility>

#include "libs/common/api_key_hash.h"
#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::relay::testing {
namespace {

template <typename Table, typename Value>
std::shared_ptr<const Table> TableOf(const std::vector<Value>& values) {
  typename Table::Editor editor(nullptr);
  for (const Value& value : values) editor.Upsert(std::make_shared<const Value>(value));
  return std::make_shared<const Table>(std::move(editor).Done());
}

std::shared_ptr<const KeyHashTable> KeysByHash(const std::vector<ApiKey>& keys) {
  KeyHashTable::Editor editor(nullptr);
  for (const ApiKey& key : keys) {
    editor.Upsert(HashOfSha256(key.sha256.data()), std::make_shared<const ApiKey>(key),
                  SameSha256{key.sha256.data()});
  }
  return std::make_shared<const KeyHashTable>(std::move(editor).Done());
}

std::shared_ptr<const GroupIndex> IndexOf(const AccountTable& accounts) {
  std::unordered_map<std::int64_t, std::vector<const Account*>> lists;
  accounts.ForEach([&lists](const std::shared_ptr<const Account>& account) {
    for (const std::int64_t group : account->group_ids) lists[group].push_back(account.get());
  });
  GroupIndex index;
  for (auto& [group, list] : lists) {
    index[group] = std::make_shared<const GroupAccounts>(IndexAccounts(std::move(list)));
  }
  return std::make_shared<const GroupIndex>(std::move(index));
}

}  // namespace

Group SnapshotMaker::MakeGroup(std::int64_t id) {
  Group group;
  group.id = id;
  group.name = "group " + std::to_string(id);
  return group;
}

ApiKey& SnapshotMaker::AddKey(std::string_view text) {
  ApiKey key;
  key.id = static_cast<std::int64_t>(keys.size()) + 1;
  const std::string hash = ApiKeyHash(text);
  std::copy(hash.begin(), hash.end(), key.sha256.begin());
  key.name = "key " + std::to_string(key.id);
  key.user_id = 1;
  key.group_id = 1;
  keys.push_back(std::move(key));
  return keys.back();
}

Account& SnapshotMaker::AddAccount(std::int64_t id) {
  Account account;
  account.id = id;
  account.name = "account " + std::to_string(id);
  account.group_ids = {1};
  account.health = std::make_shared<AccountHealth>();
  accounts.push_back(std::move(account));
  return accounts.back();
}

std::shared_ptr<const Snapshot> SnapshotMaker::Make() const {
  auto tables = std::make_shared<SnapshotTables>();
  tables->revision = 1;
  tables->settings = settings;
  tables->keys_by_sha256 = KeysByHash(keys);
  tables->keys = TableOf<KeyTable>(keys);
  tables->users = TableOf<UserTable>(users);
  tables->groups = TableOf<GroupTable>(groups);
  tables->accounts = TableOf<AccountTable>(accounts);
  tables->group_index = IndexOf(*tables->accounts);
  MixedGroups mixed;
  for (const auto& [group, list] : *tables->group_index) {
    NoteMixed(group, list->all, mixed);
  }
  tables->mixed_groups = std::make_shared<const MixedGroups>(std::move(mixed));
  tables->prices = std::make_shared<const PriceTable>(PriceTable::ById{});
  RouteTable::ById routes_by_id;
  for (const ModelRoute& route : routes) {
    routes_by_id[route.id] = std::make_shared<const ModelRoute>(route);
  }
  tables->routes = std::make_shared<const RouteTable>(std::move(routes_by_id));
  return std::make_shared<const Snapshot>(std::move(tables));
}

}  // namespace weir::relay::testing

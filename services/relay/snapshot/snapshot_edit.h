// A revision in the making: changes gathered, checked as a whole, turned into tables.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::v1 {
class ApiKey;
class Resource;
class ResourceRef;
}  // namespace weir::v1

namespace weir::relay {

// Used by one thread, once: Add and Remove in any order, then Finish; nothing after an error.
class SnapshotEdit {
 public:
  // `base` is what the changes build on, nullptr for a full revision; it must outlive this.
  SnapshotEdit(const SnapshotTables* base, AccountHealthRegistry& health);

  absl::Status Add(const v1::Resource& resource);
  absl::Status Remove(const v1::ResourceRef& ref);

  // Without revision and lineage, which the caller knows.
  absl::StatusOr<SnapshotTables> Finish();

  // The accounts that Add brought, by id.
  const std::unordered_map<std::int64_t, std::shared_ptr<const Account>>& accounts() const {
    return accounts_;
  }

 private:
  using Ids = std::unordered_set<std::int64_t>;

  absl::Status AddKey(const v1::ApiKey& key);
  absl::Status CheckNotBoth() const;
  absl::Status EditKeys(SnapshotTables& tables);
  void EditUsers(SnapshotTables& tables);
  void EditGroups(SnapshotTables& tables);
  void EditAccounts(SnapshotTables& tables);
  void EditPrices(SnapshotTables& tables);
  void EditRoutes(SnapshotTables& tables);
  void IndexGroups(SnapshotTables& tables) const;
  absl::Status CheckKeys(const SnapshotTables& tables) const;
  absl::Status CheckAccounts(const SnapshotTables& tables) const;
  absl::Status CheckRoutes(const SnapshotTables& tables) const;

  const SnapshotTables* base_;
  AccountHealthRegistry& health_;
  // A later change of the same resource replaces an earlier one.
  std::unordered_map<std::int64_t, std::shared_ptr<const ApiKey>> keys_;
  ChangedSecrets previous_secrets_;  // of keys_
  std::unordered_map<std::int64_t, std::shared_ptr<const User>> users_;
  std::unordered_map<std::int64_t, std::shared_ptr<const Group>> groups_;
  std::unordered_map<std::int64_t, std::shared_ptr<const Account>> accounts_;
  std::unordered_map<std::int64_t, std::shared_ptr<const Price>> prices_;
  std::unordered_map<std::int64_t, std::shared_ptr<const ModelRoute>> routes_;
  std::optional<RelaySettings> settings_;
  Ids removed_keys_, removed_users_, removed_groups_, removed_accounts_, removed_prices_;
  Ids removed_routes_;
};

}  // namespace weir::relay

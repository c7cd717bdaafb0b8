// What a Snapshot is made of. Each table is shared with the snapshot before it when nothing of its
// kind has changed, and shares its shards when something has.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "libs/common/price_table.h"
#include "services/relay/snapshot/account_index.h"
#include "services/relay/snapshot/previous_secrets.h"
#include "services/relay/snapshot/route_table.h"
#include "services/relay/snapshot/sharded_table.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// With a million keys a shard holds some 500; copying one takes microseconds.
inline constexpr std::size_t kManyShards = 2048;
inline constexpr std::size_t kFewShards = 128;

using KeyHashTable = ShardedTable<ApiKey, kManyShards>;
using KeyTable = IdTable<ApiKey, kManyShards>;
using UserTable = IdTable<User, kManyShards>;
using GroupTable = IdTable<Group, kFewShards>;
using AccountTable = IdTable<Account, kFewShards>;

// Groups whose accounts of one kin are of more than one family: for each kin a set.
using MixedGroups = std::array<std::unordered_set<std::int64_t>, kSignatureKins>;
void NoteMixed(std::int64_t group_id, const std::vector<const Account*>& accounts,
               MixedGroups& mixed);

// A SHA-256 is random already. Whoever chooses keys to collide here only slows down their own
// refusal: the table holds issued keys alone.
inline std::uint64_t HashOfSha256(const char* sha256) {
  std::uint64_t head;
  std::memcpy(&head, sha256, sizeof(head));
  return head;
}

struct SameSha256 {
  const char* sha256;
  bool operator()(const ApiKey& key) const {
    return std::memcmp(key.sha256.data(), sha256, key.sha256.size()) == 0;
  }
};

struct SnapshotTables {
  std::uint64_t revision = 0;
  std::string lineage;
  RelaySettings settings;
  std::shared_ptr<const KeyHashTable> keys_by_sha256;
  std::shared_ptr<const KeyTable> keys;
  std::shared_ptr<const PreviousSecrets> previous_secrets;
  std::shared_ptr<const UserTable> users;
  std::shared_ptr<const GroupTable> groups;
  std::shared_ptr<const AccountTable> accounts;
  std::shared_ptr<const GroupIndex> group_index;
  std::shared_ptr<const MixedGroups> mixed_groups;
  std::shared_ptr<const PriceTable> prices;
  std::shared_ptr<const RouteTable> routes;
};

}  // namespace weir::relay

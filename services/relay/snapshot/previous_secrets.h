// What keys were called by before they were rotated, for as long as both texts are good. Apart from
// the keys themselves, since few have one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "absl/status/statusor.h"

#include "services/relay/snapshot/sharded_table.h"

namespace weir::relay {

struct ApiKey;
class Snapshot;

struct PreviousSecret {
  std::int64_t id = 0;             // of the key
  std::array<char, 32> sha256{};   // of the text that it had
  std::int64_t until_unix_ms = 0;  // good before that
};

// Immutable, shared between snapshots.
struct PreviousSecrets {
  static constexpr std::size_t kShards = 1024;
  using ById = IdTable<PreviousSecret, kShards>;
  using ByHash = ShardedTable<PreviousSecret, kShards>;

  ById by_id;
  ByHash by_sha256;
};

// Changed keys, each with what it has; nothing for a key that has none.
using ChangedSecrets = std::unordered_map<std::int64_t, std::optional<PreviousSecret>>;

// `base` (nullptr = empty) with the changes; base itself when nothing changes. InvalidArgument when
// two keys would have the same.
absl::StatusOr<std::shared_ptr<const PreviousSecrets>> EditedSecrets(
    const std::shared_ptr<const PreviousSecrets>& base, const ChangedSecrets& changed,
    const std::unordered_set<std::int64_t>& removed);

// The key whose text before its rotation has this hash and is still good; else nullptr.
const ApiKey* FindRotatedKey(const Snapshot& snapshot, std::string_view sha256,
                             std::int64_t now_unix_ms);

}  // namespace weir::relay

// A group's accounts, ordered for choosing: by priority, within it by what they serve, within that
// in buckets, so that a choice among ten thousand looks at a few hundred.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

struct IndexedAccount {
  std::uint64_t hash = 0;  // of its id
  const Account* account = nullptr;
};

// Accounts of one platform that serve the same models. Their places never depend on health, so who
// goes and comes back finds its conversations again. An account's bucket is given by its id and
// the number of buckets, which doubles when the accounts are four times as many.
struct AccountClass {
  struct Bucket {
    std::uint64_t hash = 0;
    double weight = 0;  // sum of its accounts' weights
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<IndexedAccount> accounts;  // by bucket
  std::vector<Bucket> buckets;           // those that are not empty

  const Account& sample() const { return *accounts.front().account; }
};

struct AccountTier {
  std::uint32_t priority = 0;
  std::vector<AccountClass> classes;
};

// The accounts themselves belong to the AccountTable.
struct GroupAccounts {
  std::vector<const Account*> all;  // by (priority, id)
  std::vector<AccountTier> tiers;   // smallest priority number first
};
using GroupIndex = std::unordered_map<std::int64_t, std::shared_ptr<const GroupAccounts>>;

// Sorts `accounts` and orders them.
GroupAccounts IndexAccounts(std::vector<const Account*> accounts);

}  // namespace weir::relay

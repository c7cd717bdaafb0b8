#include "services/relay/snapshot/account_index.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "libs/common/stable_hash.h"

namespace weir::relay {
namespace {

// What accounts of one class have in common, as text.
std::string ClassOf(const Account& account) {
  std::string text = std::to_string(static_cast<int>(account.platform));
  if (account.IsOpenAi()) text += '!';  // speaks more than others of its platform
  // Sessions of one platform may speak different protocols.
  if (account.platform == Platform::kSession) {
    text += std::to_string(static_cast<int>(account.session_protocol));
  }
  for (const ModelPattern& pattern : account.models) {
    // A head matches what goes on after it, a family's word does not.
    const bool head = !pattern.exact() && pattern.Matches(pattern.stem() + "x");
    text += '\n';
    text += pattern.exact() ? '=' : head ? '*' : '~';
    text += pattern.stem();
  }
  return text;
}

// About as many buckets as accounts in one.
std::size_t BucketCount(std::size_t accounts) {
  return std::bit_ceil(static_cast<std::size_t>(std::sqrt(static_cast<double>(accounts))));
}

AccountClass ClassFrom(std::string_view name, std::vector<IndexedAccount> accounts) {
  const std::uint64_t mask = BucketCount(accounts.size()) - 1;
  std::sort(accounts.begin(), accounts.end(), [mask](const auto& a, const auto& b) {
    return std::pair(a.hash & mask, a.hash) < std::pair(b.hash & mask, b.hash);
  });
  AccountClass made;
  const std::uint64_t seed = StableHash(name);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const std::uint64_t bucket = accounts[i].hash & mask;
    if (i == 0 || bucket != (accounts[i - 1].hash & mask)) {
      made.buckets.push_back({MixBits(seed ^ bucket), 0, static_cast<std::uint32_t>(i),
                              static_cast<std::uint32_t>(i)});
    }
    made.buckets.back().weight += accounts[i].account->weight;
    ++made.buckets.back().end;
  }
  made.accounts = std::move(accounts);
  return made;
}

AccountTier TierOf(const std::vector<const Account*>& accounts, std::size_t begin,
                   std::size_t end) {
  std::unordered_map<std::string, std::vector<IndexedAccount>> by_class;
  std::vector<const std::string*>
      order;  // of their first accounts, so that it is the same anywhere
  for (std::size_t i = begin; i < end; ++i) {
    const auto [entry, is_new] = by_class.try_emplace(ClassOf(*accounts[i]));
    if (is_new) order.push_back(&entry->first);
    entry->second.push_back({MixBits(static_cast<std::uint64_t>(accounts[i]->id)), accounts[i]});
  }
  AccountTier tier;
  tier.priority = accounts[begin]->priority;
  for (const std::string* name : order) {
    tier.classes.push_back(ClassFrom(*name, std::move(by_class[*name])));
  }
  return tier;
}

}  // namespace

GroupAccounts IndexAccounts(std::vector<const Account*> accounts) {
  std::sort(accounts.begin(), accounts.end(), [](const Account* a, const Account* b) {
    return std::pair(a->priority, a->id) < std::pair(b->priority, b->id);
  });
  GroupAccounts group;
  for (std::size_t begin = 0; begin < accounts.size();) {
    std::size_t end = begin;
    while (end < accounts.size() && accounts[end]->priority == accounts[begin]->priority) ++end;
    group.tiers.push_back(TierOf(accounts, begin, end));
    begin = end;
  }
  group.all = std::move(accounts);
  return group;
}

}  // namespace weir::relay

#include "services/relay/accounts/account_selector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "libs/common/reason.h"

namespace weir::relay {
namespace {

// splitmix64 (Steele, Lea, Flood 2014): mixes seed and account into independent-looking bits.
std::uint64_t Mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

// Weighted rendezvous hashing (Schindelhauer and Schomaker 2005): the account with the greatest
// -weight / ln(u) wins, and takes a share of the seeds in proportion to its weight; when one goes
// away, only its own seeds move.
double Score(const Account& account, std::uint64_t seed) {
  const std::uint64_t bits = Mix(seed ^ Mix(static_cast<std::uint64_t>(account.id)));
  constexpr double kScale = 1.0 / 9007199254740992.0;                 // 2^-53
  const double u = (static_cast<double>(bits >> 11) + 0.5) * kScale;  // within (0, 1)
  return -static_cast<double>(account.weight) / std::log(u);
}

bool Enabled(const Account& account) {
  return account.status != AccountStatus::kDisabled &&
         account.status != AccountStatus::kAccountException && !account.health->rejected();
}

// What stood in the way of those that were left out, from the least to the most telling.
struct Misses {
  bool other_dialect = false;
  bool disabled = false;
  std::int64_t earliest_unix_ms = std::numeric_limits<std::int64_t>::max();
};

bool IsCandidate(const Account& account, const SelectionRequest& request, Misses& misses) {
  if (!account.Serves(request.model)) return false;
  if (!SpeaksNatively(account.platform, request.dialect)) {
    misses.other_dialect = true;
    return false;
  }
  if (!Enabled(account)) {
    misses.disabled = true;
    return false;
  }
  const std::int64_t until =
      std::max(account.health->CooldownUntil(request.model), account.cooldown_until_unix_ms);
  if (until > request.now_unix_ms) {
    misses.earliest_unix_ms = std::min(misses.earliest_unix_ms, until);
    return false;
  }
  return true;
}

void OrderByScore(std::vector<const Account*>& tier, std::uint64_t seed) {
  if (tier.size() < 2) return;
  std::vector<std::pair<double, const Account*>> scored;
  scored.reserve(tier.size());
  for (const Account* account : tier) scored.emplace_back(Score(*account, seed), account);
  std::sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second->id < b.second->id;
  });
  for (std::size_t i = 0; i < scored.size(); ++i) tier[i] = scored[i].second;
}

}  // namespace

bool SpeaksNatively(Platform platform, Dialect dialect) {
  switch (platform) {
    case Platform::kClaude:
    case Platform::kClaudeConsole:
      return dialect == Dialect::kAnthropicMessages;
    case Platform::kOpenAi:
      return dialect == Dialect::kOpenAiChat;
    case Platform::kOpenAiResponses:
    case Platform::kAzureOpenAi:
    case Platform::kOllama:
    case Platform::kGemini:
    case Platform::kSession:
      return false;
  }
  return false;
}

std::uint64_t StableHash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a, then mixed
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return Mix(hash);
}

Selection SelectAccounts(const Snapshot& snapshot, const SelectionRequest& request,
                         std::size_t attempts_max) {
  Selection selection;
  Misses misses;
  std::vector<const Account*> tier;
  std::uint32_t tier_priority = 0;
  const auto close_tier = [&] {
    OrderByScore(tier, request.seed);
    for (const Account* account : tier) {
      if (selection.accounts.size() < attempts_max) selection.accounts.push_back(account);
    }
    tier.clear();
  };
  for (const Account* account : snapshot.AccountsOf(request.group_id)) {
    if (!tier.empty() && account->priority != tier_priority) close_tier();
    if (selection.accounts.size() >= attempts_max) break;
    if (!IsCandidate(*account, request, misses)) continue;
    tier_priority = account->priority;
    tier.push_back(account);
  }
  close_tier();
  if (!selection.accounts.empty()) return selection;
  if (misses.earliest_unix_ms != std::numeric_limits<std::int64_t>::max()) {
    selection.reason = reason::kNoAccountAvailable;
    selection.earliest_unix_ms = misses.earliest_unix_ms;
  } else if (misses.disabled) {
    selection.reason = reason::kNoAccountAvailable;
  } else {
    selection.reason = misses.other_dialect ? reason::kDialectNotServed : reason::kModelNotFound;
  }
  return selection;
}

}  // namespace weir::relay

#include "services/relay/snapshot/account_health.h"

#include <algorithm>

#include "libs/common/clock.h"

namespace weir::relay {
namespace {

// Models cool down one by one; an upstream that refuses ever new names must not fill the memory.
constexpr std::size_t kCoolingModelsMax = 256;

}  // namespace

void AccountHealth::CoolDown(std::int64_t until_unix_ms) {
  std::int64_t known = cooldown_until_unix_ms_.load(std::memory_order_relaxed);
  while (known < until_unix_ms && !cooldown_until_unix_ms_.compare_exchange_weak(
                                      known, until_unix_ms, std::memory_order_relaxed)) {
  }
}

void AccountHealth::CoolDownModel(std::string_view model, std::int64_t until_unix_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& cooling = model_cooldown_until_unix_ms_;
  const auto found = cooling.find(model);
  if (found != cooling.end()) {
    found->second = std::max(found->second, until_unix_ms);
    return;
  }
  if (cooling.size() >= kCoolingModelsMax) {
    const std::int64_t now = UnixMs();
    std::erase_if(cooling, [now](const auto& entry) { return entry.second <= now; });
    if (cooling.size() >= kCoolingModelsMax) cooling.erase(cooling.begin());
  }
  cooling.emplace(model, until_unix_ms);
  has_model_cooldowns_.store(true, std::memory_order_release);
}

bool AccountHealth::CountSuccess() {
  bool was_ill = false;
  if (failures_in_row_.load(std::memory_order_relaxed) != 0) {
    was_ill = failures_in_row_.exchange(0, std::memory_order_relaxed) != 0;
  }
  // A request that was under way when another one met a rate limit proves nothing: only a cooldown
  // that has run out is over.
  std::int64_t until = cooldown_until_unix_ms_.load(std::memory_order_relaxed);
  if (until != 0 && until <= UnixMs()) {
    was_ill |= cooldown_until_unix_ms_.compare_exchange_strong(until, 0, std::memory_order_relaxed);
  }
  return was_ill;
}

std::int64_t AccountHealth::CooldownUntil(std::string_view model) const {
  const std::int64_t account = cooldown_until_unix_ms_.load(std::memory_order_relaxed);
  if (!has_model_cooldowns_.load(std::memory_order_acquire)) return account;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = model_cooldown_until_unix_ms_.find(model);
  if (found == model_cooldown_until_unix_ms_.end()) return account;
  return std::max(account, found->second);
}

void AccountHealth::Reset() {
  const std::lock_guard<std::mutex> lock(mutex_);
  model_cooldown_until_unix_ms_.clear();
  has_model_cooldowns_.store(false, std::memory_order_release);
  cooldown_until_unix_ms_.store(0, std::memory_order_relaxed);
  failures_in_row_.store(0, std::memory_order_relaxed);
  rejected_.store(false, std::memory_order_relaxed);
}

}  // namespace weir::relay

#include "services/relay/snapshot/account_health_registry.h"

namespace weir::relay {

std::shared_ptr<AccountHealth> AccountHealthRegistry::Of(std::int64_t account_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<AccountHealth>& health = health_[account_id];
  if (health == nullptr) health = std::make_shared<AccountHealth>(account_id);
  return health;
}

void AccountHealthRegistry::Forget(std::int64_t account_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  health_.erase(account_id);
}

std::vector<std::pair<std::int64_t, std::shared_ptr<AccountHealth>>> AccountHealthRegistry::All()
    const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {health_.begin(), health_.end()};
}

std::size_t AccountHealthRegistry::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return health_.size();
}

}  // namespace weir::relay

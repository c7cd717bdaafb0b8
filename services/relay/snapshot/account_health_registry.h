// One AccountHealth for each account of this process, carried from snapshot to snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/relay/snapshot/account_health.h"

namespace weir::relay {

// Thread-safe.
class AccountHealthRegistry {
 public:
  // The same object for the same id until Forget(id).
  std::shared_ptr<AccountHealth> Of(std::int64_t account_id);
  // The account is gone; who still holds its health may go on with it.
  void Forget(std::int64_t account_id);
  std::vector<std::pair<std::int64_t, std::shared_ptr<AccountHealth>>> All() const;
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<AccountHealth>> health_;  // by mutex_
};

}  // namespace weir::relay

// What an account's stored status means at a moment.
#pragma once

#include <cstdint>

#include "services/admin/model/types.h"

namespace weir::admin {

// A cooldown that has passed counts as normal.
inline AccountStatus StatusAt(const Account& account, std::int64_t now_ms) {
  const bool cooling = account.status == AccountStatus::kRateLimited ||
                       account.status == AccountStatus::kApiException;
  return cooling && account.cooldown_until_ms <= now_ms ? AccountStatus::kNormal : account.status;
}

}  // namespace weir::admin

// What this relay knows of an account beyond the snapshot: cooldowns and failures in a row.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace weir::relay {

// Thread-safe; reading costs one or two relaxed loads while all is well.
class AccountHealth {
 public:
  // The account as a whole, or for one model only (a 429 on one model leaves the others usable).
  void CoolDown(std::int64_t until_unix_ms);
  void CoolDownModel(std::string_view model, std::int64_t until_unix_ms);
  // The credential was refused: out until an administrator acts (ClearRejected on a new snapshot).
  void MarkRejected() { rejected_.store(true, std::memory_order_relaxed); }
  bool rejected() const { return rejected_.load(std::memory_order_relaxed); }

  // A failure of the kind that a breaker counts; returns how many in a row.
  int CountFailure() { return failures_in_row_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // True when it had been failing or cooling down: worth telling the others.
  bool CountSuccess();

  // When this account may serve `model` again; <= now means at once.
  std::int64_t CooldownUntil(std::string_view model) const;

  // An administrator changed or reset the account: what was learned of the old one is void.
  void Reset();

 private:
  std::atomic<std::int64_t> cooldown_until_unix_ms_{0};
  std::atomic<bool> rejected_{false};
  std::atomic<int> failures_in_row_{0};
  std::atomic<bool> has_model_cooldowns_{false};
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> model_cooldown_until_unix_ms_;  // by mutex_
};

}  // namespace weir::relay

// Renews the credentials of OAuth accounts ahead of their end. Any number of admins may do so at
// once: who claims an account's row does. The new tokens are stored only if the refresh token is
// still the one that they were got for, so neither a claim that ran out nor an operator's new token
// is ever overwritten. A provider that hands out refresh tokens for one use each gets each once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/metrics.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"
#include "services/admin/outbound/web_client.h"
#include "services/admin/store/store.h"

namespace weir::admin {

struct Tokens;

// Thread-safe.
class TokenRefresher {
 public:
  // All must outlive it.
  TokenRefresher(Store& store, const Vault& vault, SendWebCall send, Metrics& metrics);
  ~TokenRefresher();  // stops

  // Renews in the background what is due, from now on.
  void Start();
  // Waits for calls under way.
  void Stop();

  // Renews one account at once, due or not. NotFound; Conflict: it cannot be renewed, is being
  // renewed, was given another refresh token meanwhile, or somebody must log in anew (needs_login);
  // Unavailable: its endpoint gave none.
  absl::Status Refresh(std::int64_t account_id);

  // One look at what is due, on this thread; how many were renewed or failed. For tests, too.
  absl::StatusOr<int> RefreshDue();

 private:
  struct Work {
    Account account;
    std::string runner;
    std::int64_t claimed_until_ms = 0;
  };
  enum class Wanted : std::uint8_t { kIfDue, kNow };

  void Run();
  absl::Status RefreshOne(std::int64_t account_id, Wanted wanted);
  absl::StatusOr<Work> Claim(std::int64_t account_id, Wanted wanted);
  absl::Status Ask(const Work& work, Tokens& tokens);
  absl::Status Keep(const Work& work, const Tokens& tokens);
  absl::Status StoreTokens(const Work& work, const Tokens& tokens);
  absl::Status StoreFailure(const Work& work, const absl::Status& failure);
  absl::Status Release(const Work& work);

  Store& store_;
  const Vault& vault_;
  const SendWebCall send_;
  prometheus::Counter& renewed_;
  prometheus::Counter& failed_;

  std::mutex mutex_;
  std::condition_variable wakes_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::admin

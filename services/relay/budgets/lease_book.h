// The leases of this relay, by budget; shared by all loops.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "services/relay/budgets/lease.h"

namespace weir::relay {

// Sharded: a look-up holds a lock that few others want, for some ten nanoseconds. Thread-safe.
class LeaseBook {
 public:
  // `listener` must outlive it.
  explicit LeaseBook(LeaseListener& listener) : listener_(listener) {}

  // The budget's lease of the present session, pinned; made when there is none. True in `changed`
  // when the budget's cap is another than before.
  Lease& PinLease(const BudgetLine& line, bool& changed);

  // What is available of the budget's lease; 0 when there is none. Makes none.
  std::int64_t AtHand(const BudgetKey& key);

  // Of the latest request's cap, how much was not spent by any relay when usage last said; null =
  // it never has.
  std::optional<std::int64_t> Unspent(const BudgetKey& key);

  // Undoes the caller's pin, and forgets the lease when nobody else has it pinned.
  void Forget(Lease& lease);

  // All leases are of a session that is gone: those to come belong to `session`. Leases that are
  // still pinned live until they are not.
  void BeginSession(std::shared_ptr<const std::string> session);

  // Each lease in turn, pinned meanwhile. `visit` must not call the book.
  void ForEach(const std::function<void(Lease&)>& visit);

  std::size_t size() const;

 private:
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<BudgetKey, std::unique_ptr<Lease>> leases;  // by mutex
    std::shared_ptr<const std::string> session;                     // by mutex
  };
  static constexpr std::size_t kShards = 64;

  Shard& ShardOf(const BudgetKey& key);

  LeaseListener& listener_;
  std::array<Shard, kShards> shards_;
  std::mutex retired_mutex_;
  std::vector<std::unique_ptr<Lease>> retired_;  // by retired_mutex_
};

}  // namespace weir::relay

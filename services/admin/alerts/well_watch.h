// The thread of each admin that looks whether anything is wrong, whoever asks and whether there is
// a webhook or not: "all well since".
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/alerts/well_memory.h"
#include "services/admin/maintenance_client.h"
#include "services/admin/publish/relay_registry.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// There is one at least; all that are listed are connected, and none refuses its revision or is
// without its Redis.
bool RelaysAreWell(const std::vector<RelayState>& relays);
// None rests or was refused; those that somebody disabled are meant to be. Errors of the store.
absl::StatusOr<bool> AccountsAreWell(Store& store);

// What is asked of others.
struct WellSources {
  std::function<absl::StatusOr<LedgerIngest>()> ingest;
  // Models without a price, requests that came again with another content; an error when nobody can
  // tell.
  std::function<absl::StatusOr<bool>()> nothing_left_to_do;
};

// Thread-safe.
class WellWatch {
 public:
  // `store` and `relays` must outlive it.
  WellWatch(Store& store, RelayRegistry& relays, WellSources sources);
  ~WellWatch();

  void Start();
  // Waits for a look under way.
  void Stop();

  // One look, on this thread. For tests, too.
  void Look();

  WellState Read() const { return memory_.Read(); }

 private:
  void Run();
  bool IsWell();

  Store& store_;
  RelayRegistry& relays_;
  const WellSources sources_;
  WellMemory memory_;

  std::mutex mutex_;
  std::condition_variable wakes_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace weir::admin

// The thread of each admin that sends what waits, and looks at the relays that only it can see.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/metrics.h"
#include "services/admin/alerts/alert_delivery.h"
#include "services/admin/publish/relay_registry.h"

namespace weir::admin {

// Thread-safe.
class AlertCourier {
 public:
  // All must outlive it.
  AlertCourier(Store& store, const Vault& vault, RelayRegistry& relays, SendWebCall send,
               Metrics& metrics);
  ~AlertCourier();

  void Start();
  // Waits for a call under way.
  void Stop();

  // One look, on this thread. For tests, too.
  absl::Status Round();

  // Conflict: there is no webhook. Whether it arrived stands in the message.
  absl::StatusOr<AlertMessage> Test(std::string_view who);

 private:
  void Run();
  absl::Status LookAtRelays();
  void NoteWaiting();

  Store& store_;
  const Vault& vault_;
  RelayRegistry& relays_;
  const SendWebCall send_;
  prometheus::Counter& delivered_;
  prometheus::Counter& failed_;
  std::atomic<std::int64_t> waiting_ = 0;
  std::int64_t looked_at_ms_ = 0;

  std::mutex mutex_;
  std::condition_variable wakes_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace weir::admin

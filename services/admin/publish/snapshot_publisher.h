// Knows which revision is the latest and wakes those who wait for it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "services/admin/store/store.h"

namespace weir::admin {

// Learns of a change at once when this process made it (Store's listener), and within the poll's
// interval when another did. Thread-safe.
class SnapshotPublisher {
 public:
  static constexpr std::int64_t kPollMs = 250;

  // `store` must outlive it. Takes the store's listener.
  explicit SnapshotPublisher(Store& store);
  ~SnapshotPublisher();

  // Ends the poll and wakes all who wait.
  void Stop();

  // Blocks until the latest revision is greater than `seen`, WakeAll was called after `ticket` was
  // taken, or `timeout_ms` passed; returns the latest (0 = not known yet: the database has not
  // answered).
  std::int64_t WaitForNewer(std::int64_t seen, std::uint64_t ticket, std::int64_t timeout_ms);
  std::uint64_t TakeTicket() const;
  // Makes all waiting return now; for a stream that has something else to look at.
  void WakeAll();

  std::int64_t latest() const;
  bool stopped() const;

 private:
  void Poll();
  void ReadLatest();

  Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable poke_;
  std::int64_t latest_ = 0;
  std::uint64_t wakes_ = 0;
  bool poked_ = false;
  bool stopped_ = false;
  std::thread poller_;
};

}  // namespace weir::admin

// Knows which revision is the latest and wakes those who wait for it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "libs/common/sql/postgres_listener.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// Learns of a change at once when this process made it (Store's listener) or when PostgreSQL tells
// of another's, and within the poll's interval otherwise. Thread-safe.
class SnapshotPublisher {
 public:
  static constexpr std::int64_t kPollMs = 250;
  // While PostgreSQL tells: a connection may be lost without anybody noticing.
  static constexpr std::int64_t kListeningPollMs = 2'000;

  // One who waits: a relay's stream. Each is woken alone, so that the answer of one of two hundred
  // relays costs nothing at the others.
  class Waiter {
   public:
    explicit Waiter(SnapshotPublisher& publisher);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    // Blocks until the latest revision is greater than `seen`, Wake was called since this returned
    // last, or `timeout_ms` passed; returns the latest (0 = not known yet: the database has not
    // answered).
    std::int64_t WaitForNewer(std::int64_t seen, std::int64_t timeout_ms);
    // Makes the one that waits return now, or at its next wait; for something else to look at.
    void Wake();

   private:
    friend class SnapshotPublisher;

    SnapshotPublisher& publisher_;
    std::condition_variable changed_;  // with the publisher's mutex, as is the rest
    bool woken_ = false;
    std::list<Waiter*>::iterator place_;
  };

  // `store` must outlive it. Takes the store's listener. `database_url`: where others' changes are
  // told of, if it is PostgreSQL's.
  explicit SnapshotPublisher(Store& store, const std::string& database_url = {});
  ~SnapshotPublisher();

  // Ends the poll and wakes all who wait.
  void Stop();

  void WakeAll();

  std::int64_t latest() const;
  bool stopped() const;

 private:
  void Poke();
  void Poll();
  void ReadLatest();

  Store& store_;
  mutable std::mutex mutex_;
  std::list<Waiter*> waiters_;
  std::condition_variable poke_;
  std::int64_t latest_ = 0;
  bool poked_ = false;
  bool stopped_ = false;
  std::unique_ptr<sql::PostgresListener> listener_;  // null where there is nothing to listen to
  std::thread poller_;
};

}  // namespace weir::admin

// Where leases come from and go to: one thread that trades with usage in rounds, and the requests
// that wait until there is enough.
//
// A request reserves out of leases that are here (Reserve, quick, any thread). Only when they do
// not suffice it waits, with a ticket: the thread asks usage, and whoever gives something back
// serves those that wait. Small requests pass large ones that do not fit, so neither the end of a
// budget nor a greedy request holds up everybody.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/common/backoff.h"
#include "services/relay/budgets/lease_book.h"
#include "services/relay/budgets/lease_policy.h"
#include "services/relay/budgets/lease_round.h"
#include "services/relay/budgets/reservation.h"

namespace weir::relay {

// A request that waits. Made by Reserve or Grow; filled in by the desk, under its lock, until
// `done`.
struct LeaseTicket {
  Reservation reservation;
  std::int64_t full = 0;   // nano-USD
  std::int64_t least = 0;  // nano-USD; less is of no use
  std::int64_t since_round = 0;
  Lease* waits_for = nullptr;
  bool done = false;
  BudgetVerdict verdict = BudgetVerdict::kBusy;
  BudgetKey which;             // what stood in the way
  std::function<void()> wake;  // called once, when `done`; quick, from any thread
};

struct LeaseDeskOptions {
  std::int64_t alive_ms = 600'000;  // see ExchangeLeasesRequest
  std::int64_t sweep_ms = 1'000;    // how often idle leases are looked for
  int idle_sweeps = 5;              // after which a lease goes back
  std::int64_t scarce_ms = 100;     // how often what is short is asked for again
  std::int64_t retry_ms_min = 100;  // after a round that failed
  std::int64_t retry_ms_max = 2'000;
};

// Read by /metrics.
struct LeaseCounters {
  std::atomic<std::int64_t> rounds{0};
  std::atomic<std::int64_t> errors{0};
  std::atomic<std::int64_t> waits{0};
  std::atomic<std::int64_t> exceeded{0};
  std::atomic<std::int64_t> busy{0};
  std::atomic<std::int64_t> away{0};
  std::atomic<std::int64_t> overdrawn_nano_usd{0};  // spent beyond what was reserved and at hand
};

// Thread-safe. Owns one thread from Start to Stop.
class LeaseDesk final : public LeaseListener {
 public:
  // `earlier_settled`: all events of earlier runs are acknowledged; asked until it is true.
  LeaseDesk(LeaseDeskOptions options, ExchangeLeases exchange,
            std::function<bool()> earlier_settled);
  ~LeaseDesk();  // stops

  void Start();
  // No more waiting: every ticket ends now, and those to come do at once.
  void CloseTickets();
  // After the last request and the last acknowledged event: gives everything back, within
  // `timeout_ms`.
  void ReturnAll(std::int64_t timeout_ms);
  void Stop();

  // At most `full` and at least `least` nano-USD of each budget of money, one of each budget of
  // requests. kReserved: `ticket` is null and `reservation` has it. kExceeded: `which` says what.
  // kBusy: wait with `ticket`.
  BudgetVerdict Reserve(const BudgetLines& lines, std::int64_t full, std::int64_t least,
                        Reservation& reservation, BudgetKey& which,
                        std::shared_ptr<LeaseTicket>& ticket);
  // More for a request that runs: all of `full` now, or a ticket for it.
  bool Grow(Reservation& reservation, std::int64_t full, std::int64_t least,
            std::shared_ptr<LeaseTicket>& ticket);

  // `wake` is called once the ticket is done: at once, if it is.
  void Await(const std::shared_ptr<LeaseTicket>& ticket, std::function<void()> wake);
  // Without waiting. True: the ticket is the caller's alone from here on.
  bool Done(const LeaseTicket& ticket);
  // Nobody waits any more; from here on the ticket is the caller's alone, and done.
  void Abandon(LeaseTicket& ticket);

  // What became of a request, for the counters.
  void Count(BudgetVerdict verdict);

  // What could be reserved of a budget this moment without asking usage.
  std::int64_t AtHand(const BudgetKey& key) { return Alive() ? book_.AtHand(key) : 0; }

  // See LeaseBook.
  std::optional<std::int64_t> Unspent(const BudgetKey& key) { return book_.Unspent(key); }

  // Usage did not answer the last round.
  bool away() const { return away_.load(std::memory_order_relaxed); }
  const LeaseCounters& counters() const { return counters_; }
  std::size_t leases() const { return book_.size(); }

  void OnFree(Lease& lease) override;
  void OnLow(Lease& lease) override;

 private:
  // The thread's.
  void Run();
  bool WaitForWork();  // false: stop
  void Sweep();
  void LookAfter();
  bool RoundIsDue(std::int64_t now_ns);
  void TradeRound();
  std::vector<Lease*> TakeAsked();
  LeaseRound BuildRound(std::vector<Lease*>& batch, std::int64_t now_ns);
  void RoundFailed(const absl::Status& status, const std::vector<Lease*>& batch);
  void ApplyRound(const LeaseRound& round, const LeaseAnswer& answer,
                  const std::vector<Lease*>& batch);
  void BeginSession();

  // With mutex_ held.
  static LeaseDemand DemandOf(const Lease& lease);
  LeaseState StateOf(Lease& lease, std::int64_t now_ns);
  void Apply(Lease& lease, const LeaseState& stated, const LeaseGrant& grant);
  void Serve(Lease& lease);
  bool ServeOne(Lease& lease, const std::shared_ptr<LeaseTicket>& ticket);
  void Queue(Lease& lease, const std::shared_ptr<LeaseTicket>& ticket);
  void Finish(LeaseTicket& ticket, BudgetVerdict verdict, const BudgetKey& which);
  void RefuseHopeless(Lease& lease);

  std::shared_ptr<LeaseTicket> MakeTicket(Reservation&& reservation, Lease& lacking,
                                          std::int64_t full, std::int64_t least);
  bool Alive() const;

  const LeaseDeskOptions options_;
  const ExchangeLeases exchange_;
  const std::function<bool()> earlier_settled_;
  LeaseCounters counters_;
  LeaseBook book_;
  std::atomic<std::int64_t> alive_until_ns_{0};  // steady; leases must not be spent later
  std::atomic<bool> away_{false};

  // Taken last, and for a few instructions: leases run low under any other lock.
  std::mutex asked_mutex_;
  std::condition_variable wakes_;
  std::vector<Lease*> asked_;  // by asked_mutex_; pinned, to be in the next round
  bool stopping_ = false;      // by asked_mutex_

  std::mutex mutex_;                  // guards Lease::desk of all leases, all tickets, and:
  std::vector<Lease*> looked_after_;  // pinned; those with tickets, or scarce
  std::shared_ptr<const std::string> session_;
  bool tickets_closed_ = false;
  std::int64_t number_ = 0;  // of the last round that was built

  // The thread's own.
  Backoff backoff_;
  bool answered_ = false;           // some round of this session
  bool settled_told_ = false;       // earlier sessions are free
  std::int64_t next_round_ns_ = 0;  // not before, after a failure
  std::int64_t last_round_ns_ = 0;
  std::int64_t next_sweep_ns_ = 0;
  std::thread thread_;
};

}  // namespace weir::relay

// What this relay holds of one budget. Reserving and settling are a few atomic additions, shared by
// all loops; what usage has granted and who waits is the desk's business (lease_desk).
//
// At any moment: granted = spent + reserved by requests + available.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/relay/budgets/budget_key.h"

namespace weir::relay {

class Lease;
struct LeaseTicket;

// Told when something became available of a lease that requests wait for. Any thread.
class LeaseListener {
 public:
  virtual void OnFree(Lease& lease) = 0;
  // The lease runs low, for the first time since the desk last saw to it.
  virtual void OnLow(Lease& lease) = 0;

 protected:
  ~LeaseListener() = default;
};

// Amounts in the budget's unit. Thread-safe but for `desk`.
class Lease {
 public:
  // `listener` must outlive it. `session` is whose lease it is; see weir.v1.ExchangeLeasesRequest.
  Lease(const BudgetKey& key, std::shared_ptr<const std::string> session, LeaseListener& listener)
      : key_(key), session_(std::move(session)), listener_(listener) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  const BudgetKey& key() const { return key_; }
  const std::shared_ptr<const std::string>& session() const { return session_; }

  // All of it or nothing.
  bool Take(std::int64_t amount) {
    std::int64_t now = available_.load();
    do {
      if (now < amount) return false;
    } while (!available_.compare_exchange_weak(now, now - amount));
    if (now - amount < low_.load(std::memory_order_relaxed)) AskForMore();
    return true;
  }
  // As much as there is.
  std::int64_t TakeAll() {
    std::int64_t now = available_.load();
    while (now > 0 && !available_.compare_exchange_weak(now, 0)) {
    }
    return now > 0 ? now : 0;
  }
  // Undoes a Take at once, or adds what was granted; tells nobody.
  void Add(std::int64_t amount) { available_.fetch_add(amount); }
  // Back, unspent.
  void Give(std::int64_t amount) {
    available_.fetch_add(amount);
    if (waiting_.load() > 0) listener_.OnFree(*this);
  }
  // The end of a request: `reserved` was taken, `cost` of it (or more) is spent. More than reserved
  // comes out of what is available, if need be as a debt that the next grant pays.
  void Settle(std::int64_t reserved, std::int64_t cost) {
    spent_.fetch_add(cost, std::memory_order_relaxed);
    Give(reserved - cost);
  }
  std::int64_t available() const { return available_.load(); }
  std::int64_t spent() const { return spent_.load(std::memory_order_relaxed); }

  // Asks the desk for more, once until it has seen to it.
  void AskForMore() {
    if (!asked_.exchange(true)) listener_.OnLow(*this);
  }

  // Who may still touch it; a lease with pins is not destroyed.
  void Pin() { pins_.fetch_add(1, std::memory_order_relaxed); }
  void Unpin() { pins_.fetch_sub(1, std::memory_order_release); }
  std::int64_t pins() const { return pins_.load(std::memory_order_acquire); }

  // The cap of the latest request's snapshot. True when it was another one.
  bool SetCap(std::int64_t cap) { return cap_.exchange(cap, std::memory_order_relaxed) != cap; }
  std::int64_t cap() const { return cap_.load(std::memory_order_relaxed); }

  // False: with this cap, more than has been spent already, so that asking is of no use.
  bool MayHave(std::int64_t amount) const {
    return amount <= left_at_most_.load(std::memory_order_relaxed) ||
           cap() != left_cap_.load(std::memory_order_relaxed);
  }
  // Null: usage has said nothing of this cap.
  std::optional<std::int64_t> Unspent() const {
    const std::int64_t left = left_at_most_.load(std::memory_order_relaxed);
    if (cap() != left_cap_.load(std::memory_order_relaxed)) return std::nullopt;
    return left;
  }
  void SetLeftAtMost(std::int64_t left, std::int64_t cap) {
    left_at_most_.store(left, std::memory_order_relaxed);
    left_cap_.store(cap, std::memory_order_relaxed);
  }

  // The desk's own, under its lock.
  struct Desk {
    std::int64_t granted = 0;
    std::int64_t request = 0;  // what the last request that waited would have liked
    std::int64_t ready = 0;    // to keep available ahead of need
    std::int64_t last_refill_ns = 0;
    std::int64_t answered_round = 0;  // the last in which something was asked for
    bool scarce = false;              // the budget nears its end: nothing is kept ahead
    bool looked_after = false;        // is in the desk's list of those that are waited for
    bool give_back = false;
    bool closing = false;  // usage was told that it is done, and has not answered
    int idle_sweeps = 0;
    std::deque<std::shared_ptr<LeaseTicket>> tickets;  // wait for this lease
    std::vector<LeaseTicket*> beside;  // need this lease as well, and wait for another
    bool needed() const { return !tickets.empty() || !beside.empty(); }
  };
  Desk desk;
  bool TakeTouched() { return touched_.exchange(false, std::memory_order_relaxed); }
  void Touch() { touched_.store(true, std::memory_order_relaxed); }
  void SetAsked(bool asked) { asked_.store(asked); }
  void SetLow(std::int64_t low) { low_.store(low, std::memory_order_relaxed); }
  void CountWaiting(int change) { waiting_.fetch_add(change); }
  // Its session is gone, so nothing of it may be reserved any more.
  void Retire() { available_.fetch_sub(std::numeric_limits<std::int64_t>::max() / 2); }
  void AddSpent(std::int64_t amount) { spent_.fetch_add(amount, std::memory_order_relaxed); }

 private:
  const BudgetKey key_;
  const std::shared_ptr<const std::string> session_;
  LeaseListener& listener_;
  std::atomic<std::int64_t> available_{0};
  std::atomic<std::int64_t> low_{0};
  std::atomic<std::int64_t> spent_{0};
  std::atomic<std::int64_t> pins_{0};
  std::atomic<std::int64_t> cap_{0};
  std::atomic<std::int64_t> left_at_most_{std::numeric_limits<std::int64_t>::max()};
  std::atomic<std::int64_t> left_cap_{0};
  std::atomic<int> waiting_{0};
  std::atomic<bool> asked_{false};
  std::atomic<bool> touched_{false};
};

}  // namespace weir::relay

// What one request has set aside of all budgets that bind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "services/relay/budgets/lease.h"

namespace weir::relay {

// Belongs to one request; used by one thread at a time. Gives back what is not settled when it is
// destroyed.
class Reservation {
 public:
  Reservation() = default;
  ~Reservation() { Clear(); }
  Reservation(Reservation&& other) noexcept { *this = std::move(other); }
  Reservation& operator=(Reservation&& other) noexcept;

  // Takes over a pin. False, with the pin undone: it belongs to another session than the others.
  bool Add(Lease& pinned);

  // `nano_usd` of each budget of money and one of each budget of requests: all of them, or nothing
  // and the lease that lacked it. Only when nothing is taken.
  Lease* Take(std::int64_t nano_usd);
  // At most `full`, at least `least`, as much as all have; or nothing, and the lease that has
  // least.
  Lease* TakeUpTo(std::int64_t full, std::int64_t least);
  // Another one on the same budgets of money, with nothing taken yet; and what it took, taken over.
  Reservation MoneyTwin() const;
  void Absorb(Reservation&& twin);
  // Less money.
  void Shrink(std::int64_t nano_usd);

  // The request is over. `used`: it counts, and cost `nano_usd`; else all goes back.
  void Settle(bool used, std::int64_t nano_usd);
  // Gives everything back and forgets its leases.
  void Clear();

  bool empty() const { return size_ == 0; }
  bool taken() const { return taken_; }
  std::int64_t nano_usd() const { return nano_usd_; }  // of each budget of money
  bool has_money() const;
  const std::string& session() const { return *parts_[0]->session(); }
  // What `nano_usd` is in the unit of a lease: that, or one request.
  static std::int64_t Amount(const Lease& lease, std::int64_t nano_usd) {
    return lease.key().unit == BudgetUnit::kNanoUsd ? nano_usd : 1;
  }
  // Bit kBudgetSlots × subject + BudgetSlot for each budget.
  std::uint32_t Mask() const;

  Lease* const* begin() const { return parts_.data(); }
  Lease* const* end() const { return parts_.data() + size_; }

 private:
  std::array<Lease*, BudgetLines::kLinesMax> parts_;
  std::size_t size_ = 0;
  std::int64_t nano_usd_ = 0;
  bool taken_ = false;
};

}  // namespace weir::relay

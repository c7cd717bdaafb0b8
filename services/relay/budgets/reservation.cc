#include "services/relay/budgets/reservation.h"

#include <algorithm>
#include <utility>

namespace weir::relay {

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  std::copy(other.begin(), other.end(), parts_.begin());
  size_ = std::exchange(other.size_, 0);
  nano_usd_ = std::exchange(other.nano_usd_, 0);
  taken_ = std::exchange(other.taken_, false);
  return *this;
}

bool Reservation::Add(Lease& pinned) {
  if (size_ == parts_.size() || (size_ > 0 && parts_[0]->session() != pinned.session())) {
    pinned.Unpin();
    return false;
  }
  parts_[size_++] = &pinned;
  return true;
}

Lease* Reservation::Take(std::int64_t nano_usd) {
  for (std::size_t i = 0; i < size_; ++i) {
    if (parts_[i]->Take(Amount(*parts_[i], nano_usd))) continue;
    Lease* lacking = parts_[i];
    while (i-- > 0) parts_[i]->Add(Amount(*parts_[i], nano_usd));
    return lacking;
  }
  nano_usd_ = nano_usd;
  taken_ = true;
  return nullptr;
}

Lease* Reservation::TakeUpTo(std::int64_t full, std::int64_t least) {
  constexpr int kTriesMax = 8;  // others take at the same time
  Lease* lacking = nullptr;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    std::int64_t amount = full;
    for (Lease* lease : *this) {
      if (lease->key().unit != BudgetUnit::kNanoUsd || lease->available() >= amount) continue;
      amount = lease->available();
      lacking = lease;
    }
    if (amount < least) return lacking;
    lacking = Take(amount);
    if (lacking == nullptr) return nullptr;
  }
  return lacking;
}

Reservation Reservation::MoneyTwin() const {
  Reservation twin;
  for (Lease* lease : *this) {
    if (lease->key().unit != BudgetUnit::kNanoUsd) continue;
    lease->Pin();
    twin.Add(*lease);
  }
  return twin;
}

void Reservation::Absorb(Reservation&& twin) {
  nano_usd_ += std::exchange(twin.nano_usd_, 0);
  twin.taken_ = false;  // it is ours now
  twin.Clear();
}

void Reservation::Shrink(std::int64_t nano_usd) {
  nano_usd_ -= nano_usd;
  for (Lease* lease : *this) {
    if (lease->key().unit == BudgetUnit::kNanoUsd) lease->Give(nano_usd);
  }
}

void Reservation::Settle(bool used, std::int64_t nano_usd) {
  if (taken_) {
    for (Lease* lease : *this) {
      const std::int64_t reserved = Amount(*lease, nano_usd_);
      lease->Settle(reserved, used ? Amount(*lease, nano_usd) : 0);
    }
  }
  taken_ = false;
  nano_usd_ = 0;
  Clear();
}

void Reservation::Clear() {
  if (taken_) {
    Settle(/*used=*/false, 0);
    return;
  }
  for (Lease* lease : *this) lease->Unpin();
  size_ = 0;
}

bool Reservation::has_money() const {
  return std::any_of(begin(), end(),
                     [](const Lease* lease) { return lease->key().unit == BudgetUnit::kNanoUsd; });
}

std::uint32_t Reservation::Mask() const {
  std::uint32_t mask = 0;
  for (const Lease* lease : *this) {
    const BudgetKey& key = lease->key();
    mask |= 1U << (kBudgetSlots * static_cast<unsigned>(key.subject) + BudgetSlot(key));
  }
  return mask;
}

}  // namespace weir::relay

// Which budgets bind a request: whose, for which time, of what.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "services/relay/snapshot/snapshot.h"
#include "services/relay/snapshot/subject.h"

namespace weir::relay {

enum class BudgetPeriod : std::uint8_t { kDay, kMonth, kTotal };  // UTC
enum class BudgetUnit : std::uint8_t { kNanoUsd, kRequests };

// One budget in one of its periods.
struct BudgetKey {
  std::int64_t subject_id = 0;
  std::int64_t window_unix_ms = 0;  // first moment of the UTC day or month; 0 for the lifetime
  SubjectKind subject = SubjectKind::kKey;
  BudgetPeriod period = BudgetPeriod::kDay;
  BudgetUnit unit = BudgetUnit::kNanoUsd;

  bool operator==(const BudgetKey&) const = default;

  template <typename H>
  friend H AbslHashValue(H state, const BudgetKey& key) {
    return H::combine(std::move(state), key.subject_id, key.window_unix_ms, key.subject, key.period,
                      key.unit);
  }
};

// When the budget begins anew; 0 = never.
std::int64_t ResetsAtUnixMs(const BudgetKey& key);

// As `limits` calls it: "usd_per_day", "requests_total".
std::string_view BudgetName(const BudgetKey& key);

// The figure that `limits` has for it; 0 = none.
std::int64_t CapOf(const Limits& limits, const BudgetKey& key);

// For lists of what paid: 0 to kBudgetSlots - 1 for each period of each unit.
inline constexpr unsigned kBudgetSlots = 8;
constexpr unsigned BudgetSlot(const BudgetKey& key) {
  constexpr unsigned kPeriods = 3;
  return kPeriods * static_cast<unsigned>(key.unit) + static_cast<unsigned>(key.period);
}

struct BudgetLine {
  BudgetKey key;
  std::int64_t cap = 0;  // nano-USD, or requests
};

// All that a key may ever spend is spent: a fault of the key, and no matter of this request.
bool IsExhausted(const BudgetLine& line, std::int64_t spent);

// The budgets of one request: at most six of each of its four subjects.
class BudgetLines {
 public:
  static constexpr std::size_t kLinesMax = 24;

  // Those that `limits` has, in the windows that hold `at_unix_ms`.
  void Add(SubjectKind subject, std::int64_t subject_id, const Limits& limits,
           std::int64_t at_unix_ms);

  const BudgetLine* begin() const { return lines_.data(); }
  const BudgetLine* end() const { return lines_.data() + size_; }
  bool empty() const { return size_ == 0; }

 private:
  void Push(const BudgetKey& key, std::int64_t cap) {
    if (size_ < kLinesMax) lines_[size_++] = {key, cap};
  }

  std::array<BudgetLine, kLinesMax> lines_;
  std::size_t size_ = 0;
};

// The one test that requests without budgets pay for.
inline bool HasBudgets(const Limits& limits) {
  return (limits.requests_per_day | limits.requests_per_month | limits.requests_total |
          limits.nano_usd_per_day | limits.nano_usd_per_month | limits.nano_usd_total) != 0;
}

}  // namespace weir::relay

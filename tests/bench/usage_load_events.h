// Made-up usage events: keys that are used much and little, each with few models and accounts, as a
// gateway sees them.
#pragma once

#include <cstdint>
#include <random>

namespace weir::v1 {
class UsageEvent;
}

namespace weir::bench {

inline constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;

struct EventsPlan {
  std::int64_t count = 0;
  std::int64_t days = 1;  // over which they lie, up to `now_unix_ms`
  std::int64_t keys = 100;
  std::int64_t now_unix_ms = 0;
};

// The conversations of a key; twenty each are made up.
std::uint64_t SessionOf(std::int64_t key, std::int64_t number);

// Not thread-safe: one a thread, each with a seed of its own.
class Events {
 public:
  Events(const EventsPlan& plan, std::uint32_t seed);

  // Event `number` of plan.count: its time follows from the number, all else from chance.
  void Fill(std::int64_t number, v1::UsageEvent& event);

 private:
  std::int64_t Pick(std::int64_t below);
  bool OneIn(std::int64_t many) { return Pick(many) == 0; }
  void FillOrigin(std::int64_t key, v1::UsageEvent& event);
  void FillMoney(v1::UsageEvent& event);
  void FillAttempt(v1::UsageEvent& event);

  const EventsPlan plan_;
  const std::int64_t span_ms_;
  const std::int64_t first_unix_ms_;
  std::mt19937 random_;
};

}  // namespace weir::bench

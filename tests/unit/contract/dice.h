// Chances of a schedule, the same for the same seed.
#pragma once

#include <cstdint>
#include <random>

namespace weir::testing {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::int64_t Int(std::int64_t min, std::int64_t max) {
    return std::uniform_int_distribution<std::int64_t>(min, max)(random_);
  }
  bool OneIn(std::int64_t n) { return Int(1, n) == 1; }

 private:
  std::mt19937_64 random_;
};

}  // namespace weir::testing

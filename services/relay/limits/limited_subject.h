// Who is limited, and to what: the few figures that the counters need of a key, user, group or
// account.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "services/relay/snapshot/snapshot.h"
#include "services/relay/snapshot/subject.h"

namespace weir::relay {

enum class LimitKind : std::uint8_t { kRequests, kTokens, kConcurrency };

// "requests", "tokens", "concurrency": as answers say it.
constexpr std::string_view LimitName(LimitKind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"requests", "tokens", "concurrency"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Limits of 0 = none.
struct LimitedSubject {
  SubjectKind kind = SubjectKind::kKey;
  std::int64_t id = 0;
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
  std::int64_t concurrency = 0;
};

inline bool HasRates(const Limits& limits) {
  return (limits.requests_per_minute | limits.tokens_per_minute | limits.concurrency) != 0;
}

// At most three: key, user, group; or one account. Those without limits are left out.
class SubjectList {
 public:
  static constexpr std::size_t kMax = 3;

  void Add(SubjectKind kind, std::int64_t id, const Limits& limits) {
    if (!HasRates(limits)) return;
    subjects_[size_++] = {kind, id, limits.requests_per_minute, limits.tokens_per_minute,
                          limits.concurrency};
  }
  std::span<const LimitedSubject> all() const { return {subjects_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<LimitedSubject, kMax> subjects_;
  std::size_t size_ = 0;
};

}  // namespace weir::relay

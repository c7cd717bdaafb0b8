#include "services/admin/http/request_limiter.h"

#include <algorithm>
#include <string>

#include "libs/common/client_address.h"

namespace weir::admin {
namespace {

constexpr std::size_t kAddressesMax = 100'000;
constexpr std::int64_t kMinuteUs = 60'000'000;

}  // namespace

std::int64_t RequestLimiter::WaitSeconds(std::string_view address) {
  if (per_minute_ == 0) return 0;
  const std::int64_t each_us = std::max<std::int64_t>(1, kMinuteUs / per_minute_);
  const std::int64_t now_us = clock_.NowUnixMs() * 1000;
  const std::lock_guard lock(mutex_);
  const std::string network = ClientNetwork(address);
  auto found = whole_at_us_.find(network);
  if (found == whole_at_us_.end()) {
    if (whole_at_us_.size() >= kAddressesMax) Forget(now_us);
    found = whole_at_us_.emplace(network, now_us).first;
  }
  // Further ahead than a minute it cannot be: the clock was set back, and what was counted by the
  // one before says nothing.
  const bool set_back = found->second > now_us + kMinuteUs;
  const std::int64_t whole_at_us = set_back ? now_us : std::max(found->second, now_us);
  const std::int64_t over_us = whole_at_us + each_us - (now_us + kMinuteUs);
  if (over_us > 0) return (over_us + 999'999) / 1'000'000;
  found->second = whole_at_us + each_us;
  return 0;
}

// Who has all requests again needs no entry. Still full: somebody makes up addresses, and
// forgetting all is better than growing.
void RequestLimiter::Forget(std::int64_t now_us) {
  std::erase_if(whole_at_us_, [=](const auto& entry) { return entry.second <= now_us; });
  if (whole_at_us_.size() >= kAddressesMax) whole_at_us_.clear();
}

}  // namespace weir::admin

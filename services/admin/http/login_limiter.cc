#include "services/admin/http/login_limiter.h"

#include <algorithm>

#include "libs/common/client_address.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

constexpr std::size_t kEntriesMax = 100'000;

std::string NameKey(std::string_view address, std::string_view name) {
  return StrCat(ClientNetwork(address), " ", name.substr(0, 128));
}

}  // namespace

void LoginLimiter::Follow(const Policy& policy) {
  const std::lock_guard lock(mutex_);
  policy_ = policy;
}

absl::Status LoginLimiter::Check(std::string_view address, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ms = clock_.NowUnixMs();
  absl::Status by_name = CheckOne(NameKey(address, name), policy_.failures_max, now_ms);
  const int by_address_max = std::max(kFailuresPerAddress, policy_.failures_max);
  return by_name.ok() ? CheckOne(ClientNetwork(address), by_address_max, now_ms) : by_name;
}

absl::Status LoginLimiter::CheckOne(const std::string& key, int max, std::int64_t now_ms) {
  const auto found = failures_.find(key);
  if (found == failures_.end()) return absl::OkStatus();
  if (found->second.until_ms <= now_ms) {
    failures_.erase(found);
    return absl::OkStatus();
  }
  if (found->second.count < max) return absl::OkStatus();
  const std::int64_t seconds = (found->second.until_ms - now_ms + 999) / 1000;
  return Problem(absl::StatusCode::kResourceExhausted, reason::kTooManyRequests,
                 StrCat("too many failed log-ins; try again in ", seconds, " s"));
}

void LoginLimiter::Failed(std::string_view address, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ms = clock_.NowUnixMs();
  if (failures_.size() >= kEntriesMax) {
    std::erase_if(failures_, [&](const auto& entry) { return entry.second.until_ms <= now_ms; });
    // Still full: somebody makes up names. Forgetting all is better than growing.
    if (failures_.size() >= kEntriesMax) failures_.clear();
  }
  Count(NameKey(address, name), now_ms);
  Count(ClientNetwork(address), now_ms);
}

void LoginLimiter::Count(const std::string& key, std::int64_t now_ms) {
  Failures& failures = failures_[key];
  if (failures.until_ms <= now_ms) failures = {.count = 0, .until_ms = now_ms + policy_.lock_ms};
  failures.count += 1;
}

void LoginLimiter::Succeeded(std::string_view address, std::string_view name) {
  const std::lock_guard lock(mutex_);
  failures_.erase(NameKey(address, name));
}

}  // namespace weir::admin

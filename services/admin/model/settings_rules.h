// Bounds of what administrators set for admin itself; those for relays are in
// libs/common/resource_rules.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "services/admin/model/types.h"

namespace weir::admin {

inline constexpr std::int64_t kSessionLifeMsMin = 5LL * 60 * 1000;
inline constexpr std::int64_t kSessionLifeMsMax = 90LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kSessionLifeMs = 7LL * 24 * 3600 * 1000;  // unless set
inline constexpr std::int64_t kLoginFailuresMin = 3;
inline constexpr std::int64_t kLoginFailuresMax = 100;
inline constexpr std::int64_t kLoginLockMsMin = 60LL * 1000;
inline constexpr std::int64_t kLoginLockMsMax = 24LL * 3600 * 1000;
inline constexpr std::int64_t kPasswordBytesMin = 8;      // at least, whatever is set
inline constexpr std::int64_t kPasswordBytesMinMax = 64;  // more asks for sentences

inline constexpr std::size_t kAlertSecretBytesMin = 16;
inline constexpr std::size_t kConsoleOriginsMax = 19;  // beside console_url's

// 0 = not set.
inline std::int64_t OrElse(std::int64_t value, std::int64_t standard) {
  return value == 0 ? standard : value;
}

// Whether people log in by the same provider, in the same way.
bool SameOidc(const Settings& a, const Settings& b);

// Whether relays would notice no difference between the two.
bool SameForRelays(const Settings& a, const Settings& b);

}  // namespace weir::admin

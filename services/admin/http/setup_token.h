// The token that lets whoever can see this process's terminal make the first administrator.
#pragma once

#include <mutex>
#include <string_view>

#include "absl/status/status.h"

#include "libs/common/clock.h"
#include "libs/common/secret.h"
#include "services/admin/http/login_limiter.h"

namespace weir::admin {

// Thread-safe; in memory alone, so a restart makes another.
class SetupToken {
 public:
  // `clock` must outlive this. There is no token before Begin().
  explicit SetupToken(const Clock& clock) : limiter_(clock) {}

  // Makes a token, good until End(). For the terminal, never for the log.
  Secret Begin();
  void End();
  bool wanted() const;

  // OK when `shown` is the token. NotFound when there is none, PermissionDenied when it is another,
  // ResourceExhausted after too many tries from `address`.
  absl::Status Check(std::string_view shown, std::string_view address);

 private:
  mutable std::mutex mutex_;
  Secret token_;  // empty = none
  LoginLimiter limiter_;
};

// What whoever comes too late is told.
absl::Status SetupIsDone();

}  // namespace weir::admin

#include "services/admin/http/setup_token.h"

#include "libs/common/ids.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

constexpr int kTokenBytes = 16;
constexpr std::string_view kLimiterName = "set-up";

}  // namespace

absl::Status SetupIsDone() {
  return Problem(absl::StatusCode::kNotFound, reason::kNotFound,
                 "there is an administrator already: set-up is done");
}

Secret SetupToken::Begin() {
  const std::lock_guard lock(mutex_);
  token_ = Secret(RandomHex(kTokenBytes));
  return token_;
}

void SetupToken::End() {
  const std::lock_guard lock(mutex_);
  token_ = Secret();
}

bool SetupToken::wanted() const {
  const std::lock_guard lock(mutex_);
  return !token_.empty();
}

absl::Status SetupToken::Check(std::string_view shown, std::string_view address) {
  if (!wanted()) return SetupIsDone();
  absl::Status allowed = limiter_.Check(address, kLimiterName);
  if (!allowed.ok()) return allowed;
  const std::lock_guard lock(mutex_);
  if (!token_.empty() && SameSecret(StripSpace(shown), token_.Reveal())) return absl::OkStatus();
  limiter_.Failed(address, kLimiterName);
  return NotAllowed("the token is not the one that admin printed when it started");
}

}  // namespace weir::admin

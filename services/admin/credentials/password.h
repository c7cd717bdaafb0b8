// Passwords: Argon2id, with at most a few computed at once, since each takes 64 MiB.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::admin {

// Blocks for some 50 ms, longer when others are being computed. ResourceExhausted when too many
// wait already.
absl::StatusOr<std::string> HashPassword(const Secret& password);

// Unauthenticated when it is another; ResourceExhausted as above. An empty `hash` takes as long as
// a real one and never matches, so that time does not tell whether a name exists.
absl::Status VerifyPassword(const std::string& hash, const Secret& password);

// 20 characters that a person can read out and type: some 100 bits.
Secret NewPassword();

}  // namespace weir::admin

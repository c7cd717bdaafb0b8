// The tokens that programs log in with: HS256, short-lived, bound to a session, so that ending the
// session ends them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::admin {

struct TokenClaims {
  std::int64_t user_id = 0;
  std::string session_id;
  std::int64_t expires_at_ms = 0;
};

class TokenSigner {
 public:
  explicit TokenSigner(Secret key) : key_(std::move(key)) {}

  absl::StatusOr<std::string> Sign(const TokenClaims& claims) const;
  // Unauthenticated when it is not one of ours, was changed, or has expired at `now_ms`.
  absl::StatusOr<TokenClaims> Verify(const std::string& token, std::int64_t now_ms) const;

 private:
  Secret key_;
};

}  // namespace weir::admin

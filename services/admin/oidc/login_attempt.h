// One log-in at a provider, from its begin to its way back: what only the browser that began it
// holds, sealed, in a cookie. So nothing is kept here for strangers who begin and never return, and
// any of several admins takes it up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"

namespace weir::admin {

inline constexpr std::int64_t kAttemptLifeMs = 10 * 60'000;

struct LoginAttempt {
  std::string state;
  std::string nonce;
  std::string verifier;           // PKCE (RFC 7636)
  std::string next;               // where the browser goes afterwards
  std::string invite_hash;        // empty = came without an invite
  std::int64_t link_user_id = 0;  // not a log-in: this user adds an identity; 0 = nobody
  std::string link_session_id;
  std::int64_t ends_at_ms = 0;
  bool operator==(const LoginAttempt&) const = default;
};

// With random state, nonce and verifier.
LoginAttempt BeginAttempt(std::int64_t now_ms);

// "code_challenge" by S256.
std::string ChallengeOf(const LoginAttempt& attempt);

std::string SealAttempt(const Vault& vault, const LoginAttempt& attempt);
// InvalidArgument: it is none of ours, or too old.
absl::StatusOr<LoginAttempt> OpenAttempt(const Vault& vault, std::string_view sealed,
                                         std::int64_t now_ms);

// Somebody whom the provider has vouched for and who is being asked for a second factor.
std::string SealPending(const Vault& vault, std::int64_t user_id, std::int64_t now_ms);
absl::StatusOr<std::int64_t> OpenPending(const Vault& vault, std::string_view sealed,
                                         std::int64_t now_ms);

// A path of this origin and nothing that a browser could take for another one.
bool IsOwnPath(std::string_view path);

}  // namespace weir::admin

#include "services/admin/http/second_factors.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "libs/common/api_key_hash.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/credentials/one_time_code.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/second_factor_store.h"

namespace weir::admin {
namespace {

std::string OwnerOf(std::int64_t user_id) { return StrCat("user/", user_id, "/second_factor"); }

// Recovery codes have 80 random bits, so a plain SHA-256 is enough to store them by.
std::string RecoveryHash(std::string_view typed) {
  return HexOf(ApiKeyHash(PlainRecoveryCode(typed)));
}

absl::Status CodeNeeded() {
  return Problem(absl::StatusCode::kUnauthenticated, reason::kCodeNeeded,
                 "this user logs in with a second factor: send the authenticator app's code, or a "
                 "recovery code, as `code`");
}

absl::Status WrongCode() {
  return Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
                 "the code is wrong, or was used already");
}

// `factor` after `code` was used; nothing when the code is wrong.
absl::StatusOr<std::optional<SecondFactor>> Used(const Vault& vault, const SecondFactor& factor,
                                                 const Secret& code, std::int64_t now_ms) {
  auto secret = vault.Open(factor.sealed_secret, OwnerOf(factor.user_id));
  if (!secret.ok()) return secret.status();
  SecondFactor used = factor;
  const std::string_view digits = StripSpace(code.Reveal());
  if (const auto step = StepOfCode(*secret, digits, now_ms, factor.last_step)) {
    used.last_step = *step;
    return used;
  }
  std::vector<std::string>& left = used.recovery_hashes;
  const auto found = std::find(left.begin(), left.end(), RecoveryHash(digits));
  if (found == left.end()) return std::nullopt;
  left.erase(found);
  return used;
}

bool InForce(const std::optional<SecondFactor>& factor) {
  return factor.has_value() && factor->in_force;
}

absl::Status Spend(const Vault& vault, sql::Transaction& transaction, const SecondFactor& factor,
                   const Secret& code, std::int64_t now_ms) {
  if (code.empty()) return CodeNeeded();
  auto used = Used(vault, factor, code, now_ms);
  if (!used.ok()) return used.status();
  if (!used->has_value()) return WrongCode();
  return second_factor_store::Replace(transaction, factor, **used);
}

}  // namespace

absl::StatusOr<Secret> SecondFactors::Begin(sql::Transaction& transaction,
                                            std::int64_t user_id) const {
  auto factor = second_factor_store::Find(transaction, user_id);
  if (!factor.ok()) return factor.status();
  if (InForce(*factor)) {
    return Conflict("there is a second factor already; turn it off first");
  }
  Secret secret = NewCodeSecret();
  absl::Status put =
      second_factor_store::Put(transaction, {.user_id = user_id,
                                             .sealed_secret = vault_.Seal(secret, OwnerOf(user_id)),
                                             .in_force = false,
                                             .last_step = 0,
                                             .recovery_hashes = {}});
  if (!put.ok()) return put;
  return secret;
}

absl::StatusOr<std::vector<Secret>> SecondFactors::PutInForce(sql::Transaction& transaction,
                                                              std::int64_t user_id,
                                                              const Secret& code,
                                                              std::int64_t now_ms) const {
  auto factor = second_factor_store::Find(transaction, user_id);
  if (!factor.ok()) return factor.status();
  if (!factor->has_value() || (*factor)->in_force) {
    return Conflict("no second factor waits for its first code: POST /api/v1/auth/2fa/begin");
  }
  auto used = Used(vault_, **factor, code, now_ms);
  if (!used.ok()) return used.status();
  if (!used->has_value()) {
    FieldErrors errors;
    errors.Add("code", "is not the code that the app shows now; is the clock right?");
    return errors.ToStatus();
  }
  (*used)->in_force = true;
  std::vector<Secret> codes;
  for (int i = 0; i < kRecoveryCodes; ++i) {
    codes.push_back(NewRecoveryCode());
    (*used)->recovery_hashes.push_back(RecoveryHash(codes.back().Reveal()));
  }
  absl::Status put = second_factor_store::Replace(transaction, **factor, **used);
  if (!put.ok()) return put;
  return codes;
}

absl::Status SecondFactors::Prove(sql::Transaction& transaction, std::int64_t user_id,
                                  const Secret& code, std::int64_t now_ms) const {
  auto factor = second_factor_store::Find(transaction, user_id);
  if (!factor.ok()) return factor.status();
  return InForce(*factor) ? Spend(vault_, transaction, **factor, code, now_ms) : WrongCode();
}

absl::Status SecondFactors::Check(sql::Transaction& transaction, std::int64_t user_id,
                                  const Secret& code, std::int64_t now_ms) const {
  auto factor = second_factor_store::Find(transaction, user_id);
  if (!factor.ok()) return factor.status();
  if (!InForce(*factor)) return absl::OkStatus();
  return Spend(vault_, transaction, **factor, code, now_ms);
}

}  // namespace weir::admin

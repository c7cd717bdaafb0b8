// The second factor of a log-in: codes of an authenticator app, and ten recovery codes for the day
// on which it is lost, each good once.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "libs/common/sql/database.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// Thread-safe. Each call is a part of the caller's transaction.
class SecondFactors {
 public:
  static constexpr int kRecoveryCodes = 10;

  // `vault` must outlive this.
  explicit SecondFactors(const Vault& vault) : vault_(vault) {}

  // A new secret for the app; it is in force once a code of it was shown. Conflict when another one
  // is already.
  absl::StatusOr<Secret> Begin(sql::Transaction& transaction, std::int64_t user_id) const;
  // The first code: puts it in force and gives the recovery codes, which are not shown again.
  // InvalidArgument when the code is wrong, Conflict when nothing was begun.
  absl::StatusOr<std::vector<Secret>> PutInForce(sql::Transaction& transaction,
                                                 std::int64_t user_id, const Secret& code,
                                                 std::int64_t now_ms) const;

  // Unauthenticated: code_needed without a code, not_logged_in with a wrong one, or when there is
  // no second factor. A right one is used up by it.
  absl::Status Prove(sql::Transaction& transaction, std::int64_t user_id, const Secret& code,
                     std::int64_t now_ms) const;
  // The same for a log-in: OK when no second factor is in force.
  absl::Status Check(sql::Transaction& transaction, std::int64_t user_id, const Secret& code,
                     std::int64_t now_ms) const;

 private:
  const Vault& vault_;
};

}  // namespace weir::admin

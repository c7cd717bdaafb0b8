// Who makes a user of themselves, by password or by a provider: whether they may.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "libs/common/secret.h"
#include "services/admin/model/types.h"
#include "services/admin/store/store.h"

namespace weir::admin {

struct Registrant {
  User user;
  Secret password;
  std::string invite_hash;  // empty = came without an invite
};

// Whether this one may register now; before the work of hashing a password is done for anybody.
absl::Status MayRegister(sql::Transaction& transaction, const Registrant& who, std::int64_t now_ms);

// The same, and done: the user is stored, and the invite used up.
absl::Status StoreRegistrant(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                             Registrant& who);

}  // namespace weir::admin

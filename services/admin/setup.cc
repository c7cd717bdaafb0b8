#include "services/admin/setup.h"

#include <cstdlib>
#include <utility>

#include "libs/common/settings.h"
#include "libs/common/text.h"
#include "services/admin/credentials/password.h"
#include "services/admin/model/password_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

constexpr const char* kPasswordVariable = "WEIR_ADMIN_SETUP_PASSWORD";

absl::Status Explained(const FieldErrors& errors) {
  std::string message;
  for (const auto& [field, what] : errors.all()) {
    StrAppend(message, message.empty() ? "" : "; ", "setup ", field, ": ", what);
  }
  return errors.empty() ? absl::OkStatus() : absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<bool> HasAdministrator(Store& store) {
  auto count = ReadValue(store, [](sql::Transaction& transaction) {
    return user_store::CountOtherAdmins(transaction, 0);
  });
  if (!count.ok()) return count.status();
  return *count > 0;
}

absl::StatusOr<Secret> LoadSetupPassword(const std::string& file) {
  if (!file.empty()) return ReadSecretFile(file);
  const char* value = std::getenv(kPasswordVariable);
  return Secret(value == nullptr ? "" : value);
}

absl::Status MakeFirstAdministrator(Store& store, const std::string& username,
                                    const Secret& password) {
  auto there = HasAdministrator(store);
  if (!there.ok() || *there) return there.status();
  User user;
  user.username = ToLower(StripSpace(username));
  user.role = Role::kAdmin;
  FieldErrors errors;
  Validate(user, errors);
  ValidatePassword(password.Reveal(), user, Settings(), "password", errors);
  if (!errors.empty()) return Explained(errors);
  auto hash = HashPassword(password);
  if (!hash.ok()) return hash.status();
  user.password_hash = *std::move(hash);
  const ActorScope scope({0, "environment", "", ""});
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    auto made = user_store::InsertFirstAdmin(transaction, changes, store.NowMs(), user);
    return made.status();
  });
}

}  // namespace weir::admin

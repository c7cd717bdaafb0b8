#include "services/admin/restore_access.h"

#include "libs/common/text.h"
#include "services/admin/credentials/password.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/second_factor_store.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kNamesMax = 10;

absl::Status NoSuchUser(sql::Transaction& transaction, const std::string& username) {
  const ListQuery query = {.conditions = {{"role = 'admin'", {}}}, .limit = kNamesMax};
  auto admins = user_store::List(transaction, query);
  if (!admins.ok()) return admins.status();
  std::string names;
  for (const User& user : admins->items) StrAppend(names, names.empty() ? "" : ", ", user.username);
  return absl::NotFoundError(StrCat("there is no user '", username,
                                    "'; administrators are: ", names.empty() ? "none" : names));
}

absl::Status GiveAccess(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                        User& user) {
  user.role = Role::kAdmin;
  user.status = ActiveStatus::kActive;
  // First: a log-in that is under way is over then, or does not come (NoteLogin).
  absl::Status done = user_store::Update(transaction, changes, now_ms, user);
  if (done.ok()) done = second_factor_store::Delete(transaction, user.id);
  if (done.ok()) done = session_store::DeleteOfUser(transaction, user.id, "");
  return done;
}

}  // namespace

absl::StatusOr<Secret> RestoreAccess(Store& store, const std::string& username) {
  Secret password = NewPassword();
  auto hash = HashPassword(password);
  if (!hash.ok()) return hash.status();
  const ActorScope scope({0, "restore-access", "", ""});
  absl::Status done =
      store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto user = user_store::FindByUsername(transaction, ToLower(StripSpace(username)));
        if (absl::IsNotFound(user.status())) return NoSuchUser(transaction, username);
        if (!user.ok()) return user.status();
        user->password_hash = *hash;
        return GiveAccess(transaction, changes, store.NowMs(), *user);
      });
  if (!done.ok()) return done;
  return password;
}

}  // namespace weir::admin

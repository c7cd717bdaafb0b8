#include "services/admin/resources/registrant.h"

#include "services/admin/model/problem.h"
#include "services/admin/store/invite_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

absl::Status WrongInvite(std::string_view what) {
  FieldErrors errors;
  errors.Add("invite", what);
  return errors.ToStatus();
}

// The registrant's invite, when it can still be used. Which of the reasons it is not is nobody's
// business.
absl::StatusOr<Invite> UsableInvite(sql::Transaction& transaction, const Registrant& who,
                                    std::int64_t now_ms) {
  auto invite = invite_store::FindByCode(transaction, who.invite_hash);
  if (!invite.ok() && !absl::IsNotFound(invite.status())) return invite;
  if (!invite.ok() || invite->used_at_ms != 0 || invite->expires_at_ms <= now_ms) {
    return WrongInvite("is unknown, used or expired; ask an administrator for another");
  }
  if (!invite->email.empty() && invite->email != who.user.email) {
    return WrongInvite("is for another e-mail address");
  }
  return invite;
}

}  // namespace

absl::Status MayRegister(sql::Transaction& transaction, const Registrant& who,
                         std::int64_t now_ms) {
  auto settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  if (settings->registration == Registration::kClosed) {
    return NotAllowed("registration is closed; ask an administrator");
  }
  if (!who.invite_hash.empty()) return UsableInvite(transaction, who, now_ms).status();
  if (settings->registration == Registration::kOpen) return absl::OkStatus();
  return WrongInvite("is needed; ask an administrator for one");
}

// Two at once with one invite: its row changes once, the other one runs again and finds it used.
absl::Status StoreRegistrant(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                             Registrant& who) {
  absl::Status may = MayRegister(transaction, who, now_ms);
  if (!may.ok()) return may;
  if (who.invite_hash.empty()) {
    return user_store::Insert(transaction, changes, now_ms, who.user);
  }
  auto invite = UsableInvite(transaction, who, now_ms);
  if (!invite.ok()) return invite.status();
  who.user.group_id = invite->group_id;
  absl::Status inserted = user_store::Insert(transaction, changes, now_ms, who.user);
  if (!inserted.ok()) return inserted;
  invite->used_by = who.user.id;
  invite->used_at_ms = now_ms;
  return invite_store::Update(transaction, changes, now_ms, *invite);
}

}  // namespace weir::admin

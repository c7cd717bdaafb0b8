#include "services/admin/resources/key_rules.h"

#include "services/admin/model/key_guard.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {

absl::StatusOr<ApiKey> VisibleKey(sql::Transaction& transaction, std::int64_t id,
                                  const Caller& caller) {
  auto key = api_key_store::Get(transaction, id);
  if (!key.ok()) return key.status();
  if (!caller.is_admin() && key->user_id != caller.user.id) return NotFound("API key");
  return key;
}

absl::Status CheckKeyOwner(sql::Transaction& transaction, const Caller& caller,
                           const ApiKey* before, const ApiKey& key) {
  FieldErrors errors;
  const auto user = user_store::Get(transaction, key.user_id);
  if (absl::IsNotFound(user.status())) {
    errors.Add("user_id", "does not exist");
  } else if (!user.ok()) {
    return user.status();
  }
  const auto group = group_store::Get(transaction, key.group_id);
  if (absl::IsNotFound(group.status())) {
    errors.Add("group_id", "does not exist");
  } else if (!group.ok()) {
    return group.status();
  }
  if (!caller.is_admin()) {
    const bool recorded = before != nullptr && before->record_bodies;
    if (key.record_bodies != recorded) errors.Add("record_bodies", "is for administrators to set");
    const bool same_group = before != nullptr && before->group_id == key.group_id;
    if (key.user_id != caller.user.id) errors.Add("user_id", "must be your own");
    if (key.group_id != caller.user.group_id && !same_group) {
      errors.Add("group_id", "must be your own group");
    }
  }
  return errors.ToStatus();
}

absl::Status GuardKey(sql::Transaction& transaction, const Caller& caller, const ApiKey& before,
                      ApiKey& after) {
  if (caller.is_admin()) {
    auto owner = user_store::Get(transaction, after.user_id);
    if (!owner.ok()) return owner.status();
    after.managed = ManagedAfter(before, after, owner->group_id);
    return absl::OkStatus();
  }
  if (!before.managed) return absl::OkStatus();
  FieldErrors errors;
  CheckNarrower(before, after, errors);
  if (errors.all().contains("status")) {
    return NotAllowed("an administrator's settings hold for this key; ask one to enable it");
  }
  return errors.ToStatus();
}

}  // namespace weir::admin

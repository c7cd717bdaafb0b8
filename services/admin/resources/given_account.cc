#include "services/admin/resources/given_account.h"

#include "services/admin/oauth/token_exchange.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {

void PutGiven(const Vault& vault, const AccountSecrets& given, const Account& before,
              std::int64_t now_ms, Account& account) {
  PutSecrets(vault, given, before, account);
  NoteReplaced(given, before, now_ms, account);
  PlanRefresh(before, given, now_ms, RefreshJitter(), account);
}

absl::Status InsertGiven(sql::Transaction& transaction, Changes& changes, const Vault& vault,
                         std::int64_t now_ms, const AccountSecrets& given, Account& account) {
  absl::Status done = account_store::Insert(transaction, changes, now_ms, account);
  if (!done.ok()) return done;
  // The seal is bound to the id, which is known only now.
  const Account inserted = account;
  PutGiven(vault, given, Account(), now_ms, account);
  return account == inserted ? done : account_store::Update(transaction, changes, now_ms, account);
}

}  // namespace weir::admin

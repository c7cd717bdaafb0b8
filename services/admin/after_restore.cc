#include "services/admin/after_restore.h"

#include "libs/common/ids.h"

namespace weir::admin {

absl::Status AfterRestore(Store& store) {
  return store.database().Transact([](sql::Transaction& transaction) {
    auto renamed = transaction.Execute("UPDATE revision SET lineage = $1", {RandomHex(16)});
    if (!renamed.ok()) return renamed.status();
    // Made anew at the next start: who has the backup must not be able to sign for its keys.
    auto forgotten = transaction.Execute("UPDATE settings SET sealed_playground_secret = ''");
    if (!forgotten.ok()) return forgotten.status();
    return transaction.Execute("DELETE FROM sessions").status();
  });
}

}  // namespace weir::admin

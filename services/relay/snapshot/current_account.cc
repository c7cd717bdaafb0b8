#include "services/relay/snapshot/current_account.h"

namespace weir::relay {

bool IsCurrent(const Account& account, const Snapshot& now) {
  const Account* known = now.FindAccount(account.id);
  return known == &account || (known != nullptr && known->content_hash == account.content_hash);
}

}  // namespace weir::relay

// Checks of accounts: the test of an account, whose outcome counts. A good one puts the account
// back in service, one whose credential is refused takes it out; anything else says nothing for
// good and is only shown.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"
#include "services/admin/publish/account_test_run.h"
#include "services/admin/store/check_store.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// An account as relays get it: with the models of its tier. NotFound.
absl::StatusOr<Account> ReadServedAccount(Store& store, std::int64_t account_id);

// The rules, without a database: true when `account` was changed. A disabled one stays as it is.
bool ApplyCheck(const AccountCheck& check, const AccountTestOutcome& outcome, Account& account);

// Thread-safe.
class AccountChecker {
 public:
  // Between two checks of a session by the task, at least.
  static constexpr std::int64_t kSessionPauseMs = 10LL * 60 * 1000;

  // All must outlive it.
  AccountChecker(Store& store, const Vault& vault, AccountTestBroker& broker)
      : store_(store), vault_(vault), broker_(broker) {}

  // Waits for the outcome and stores it. `model` and `relay_id` may be empty. InvalidArgument:
  // there is no model to ask for. FailedPrecondition: the account was changed meanwhile, or its
  // secrets do not open. Unavailable: no relay has done it.
  absl::Status Check(std::int64_t account_id, std::string_view model, std::string_view relay_id);

  // All session accounts in service; what was found, in words.
  absl::StatusOr<std::string> CheckSessions(const std::function<bool()>& gone);

 private:
  absl::Status Keep(const Account& asked, const AccountTestOutcome& outcome,
                    const AccountCheck& check);

  Store& store_;
  const Vault& vault_;
  AccountTestBroker& broker_;
};

}  // namespace weir::admin

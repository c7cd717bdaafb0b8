// What is worth an alert, looked at now and then: conditions, not moments, so that nothing is
// missed while no admin runs, and nothing is said twice.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/alerts/alert_findings.h"
#include "services/admin/alerts/budget_watch.h"
#include "services/admin/maintenance_client.h"
#include "services/admin/publish/relay_registry.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// Accounts that an administrator has to look at: disabled, or their credential was refused.
absl::StatusOr<AlertFindings> LostAccounts(Store& store);
// Of those connected to this process; others are left as they are, but for those that no process
// has seen for a while.
AlertFindings RefusingRelays(const std::vector<RelayState>& relays, std::int64_t now_ms);
// `ingest` is what usage said; its error when it did not answer.
AlertFindings LateLedger(const absl::StatusOr<LedgerIngest>& ingest);
// Models that were asked for without a price; `all`: there are no others.
struct UnpricedNames {
  std::vector<std::string> models;
  bool all = true;
};
AlertFindings UnpricedModels(const UnpricedNames& unpriced);

// What the watch asks.
struct AlertSources {
  std::function<absl::StatusOr<LedgerIngest>()> ingest;
  PeekBudgets peek_budgets;
  // Models without a price; an error when nobody can tell.
  std::function<absl::StatusOr<UnpricedNames>()> unpriced_models;
};

// For the one thread at a time that runs the task.
class AlertWatch {
 public:
  // `store` must outlive this.
  AlertWatch(Store& store, AlertSources sources);

  // One round: a task's body. Without a webhook nothing is looked at, and what is known forgotten.
  absl::StatusOr<std::string> Look(const std::function<bool()>& gone);

 private:
  absl::Status LookAtLedger();
  absl::Status LookAtPrices();

  Store& store_;
  const AlertSources sources_;
  BudgetWatch budgets_;
};

}  // namespace weir::admin

#include "services/admin/tasks/task_list.h"

#include <cstdint>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/session_store.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kRevisionsKept = 100'000;

absl::StatusOr<std::string> CleanSessions(Store& store) {
  auto deleted = ChangeValue(store, [&](sql::Transaction& transaction, Changes&) {
    return session_store::DeleteExpired(transaction, store.NowMs());
  });
  if (!deleted.ok()) return deleted.status();
  return StrCat(*deleted, " sessions deleted");
}

absl::StatusOr<std::string> CleanChanges(Store& store) {
  auto deleted = PruneChanges(store, kRevisionsKept);
  if (!deleted.ok()) return deleted.status();
  return StrCat(*deleted, " changes deleted");
}

absl::StatusOr<std::string> CleanAccountHistory(Store& store) {
  auto deleted = ChangeValue(store, [&](sql::Transaction& transaction, Changes&) {
    return account_history::Prune(transaction, store.NowMs());
  });
  if (!deleted.ok()) return deleted.status();
  return StrCat(*deleted, " entries deleted");
}

}  // namespace

std::vector<TaskSpec> AllTasks(Store& store, MaintenanceClient& maintenance, AlertWatch& alerts,
                               TaskWork check_sessions) {
  using Gone = std::function<bool()>;
  return {
      {"account_history_cleanup",
       "Keeps the newest 1,000 entries of each account's history, none older than 30 days.",
       "13 * * * *", [&store](const Gone&) { return CleanAccountHistory(store); }},
      {"alerts_watch", "Looks for what the alerts' webhook is to be told.", "* * * * *",
       [&alerts](const Gone& gone) { return alerts.Look(gone); }},
      {"body_retention", "Takes recorded bodies away that are older than usage's setting says.",
       "47 3 * * *",
       [&maintenance](const Gone& gone) { return maintenance.ApplyBodyRetention(gone); }},
      {"changes_cleanup", "Forgets which resources changed in all but the last 100,000 revisions.",
       "41 * * * *", [&store](const Gone&) { return CleanChanges(store); }},
      {"session_check",
       "Asks the upstream of each session account in service whether its credential still holds.",
       "29 */6 * * *", std::move(check_sessions)},
      {"sessions_cleanup", "Deletes log-ins that have expired.", "23 * * * *",
       [&store](const Gone&) { return CleanSessions(store); }},
      {"usage_partitions",
       "Makes the ledger's partitions ahead, and sorts requests of unexpected days into their own.",
       "37 22 * * *",
       [&maintenance](const Gone& gone) { return maintenance.MakePartitions(gone); }},
      {"usage_retention", "Takes requests and sums away that are older than usage's settings say.",
       "17 3 * * *", [&maintenance](const Gone& gone) { return maintenance.ApplyRetention(gone); }},
  };
}

}  // namespace weir::admin

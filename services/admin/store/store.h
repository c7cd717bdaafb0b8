// The database as admin uses it: consistent reads, and changes that move the revision.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/admin/store/changes.h"

namespace weir::admin {

struct Revision {
  std::int64_t number = 0;
  std::int64_t covers_from = 0;  // differences start here or later
  std::string lineage;
};

// Thread-safe; calls block.
class Store {
 public:
  // Both must outlive the store.
  Store(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // `body` sees the database as of one moment and must not write. It may run again.
  absl::Status Read(const std::function<absl::Status(sql::Transaction&)>& body);

  // Runs `body` in one transaction. If it added changes, the revision grows by one and the changes
  // are written with it, in the same transaction, and so is what this thread's actor did (audit.h);
  // then the listener hears of it. `body` may run again.
  absl::Status Change(const std::function<absl::Status(sql::Transaction&, Changes&)>& body);

  // Called after each commit that moved the revision, on the thread that committed. Quick.
  void SetListener(std::function<void()> listener);

  std::int64_t NowMs() const { return clock_.NowUnixMs(); }
  sql::Database& database() { return database_; }

 private:
  sql::Database& database_;
  const Clock& clock_;
  std::mutex listener_mutex_;
  std::function<void()> listener_;
};

// Read and Change for a body that returns a StatusOr: its value, or what went wrong.
template <class Body>
auto ReadValue(Store& store, Body body) -> decltype(body(std::declval<sql::Transaction&>())) {
  decltype(body(std::declval<sql::Transaction&>())) value = absl::UnknownError("not read");
  absl::Status status = store.Read([&](sql::Transaction& transaction) {
    value = body(transaction);
    return value.status();
  });
  if (!status.ok()) return status;
  return value;
}
template <class Body>
auto ChangeValue(Store& store, Body body)
    -> decltype(body(std::declval<sql::Transaction&>(), std::declval<Changes&>())) {
  decltype(body(std::declval<sql::Transaction&>(), std::declval<Changes&>())) value =
      absl::UnknownError("not changed");
  absl::Status status = store.Change([&](sql::Transaction& transaction, Changes& changes) {
    value = body(transaction, changes);
    return value.status();
  });
  if (!status.ok()) return status;
  return value;
}

// PostgreSQL tells all who listen there when a change is committed.
inline constexpr std::string_view kRevisionChannel = "weir_admin_revision";

absl::StatusOr<Revision> ReadRevision(sql::Transaction& transaction);

// Distinct resources changed after `revision`, which must be covered.
absl::StatusOr<std::vector<ResourceName>> ChangedSince(sql::Transaction& transaction,
                                                       std::int64_t revision);

// Forgets changes of all but the last `keep` revisions; who holds an older one gets everything.
// Returns how many went.
absl::StatusOr<std::int64_t> PruneChanges(Store& store, std::int64_t keep);

}  // namespace weir::admin

#include "services/admin/store/store.h"

#include <algorithm>
#include <utility>

#include "services/admin/store/audit.h"
#include "services/admin/store/revision_scope.h"
#include "services/admin/store/schema.h"

namespace weir::admin {
namespace {

// The row's lock is held to the commit, so revisions become visible in the order of their numbers.
absl::Status WriteChanges(sql::Transaction& transaction, const Changes& changes,
                          std::int64_t& revision) {
  auto result = transaction.Execute(
      "UPDATE revision SET revision = revision + 1 WHERE one = 1 RETURNING revision");
  if (!result.ok()) return result.status();
  if (result->rows.size() != 1) return absl::InternalError("the revision's row is missing");
  revision = result->rows.front().Int(0);

  std::vector<ResourceName> distinct = changes.all();
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::vector<sql::Value>> rows;
  rows.reserve(distinct.size());
  for (const ResourceName& name : distinct) {
    rows.push_back({revision, static_cast<std::int64_t>(name.kind), name.id});
  }
  absl::Status status =
      transaction.InsertMany("changes", {"revision", "kind", "resource_id"}, rows);
  if (!status.ok() || transaction.dialect() != sql::SqlDialect::kPostgres) return status;
  return transaction.Execute("SELECT pg_notify($1, '')", {std::string(kRevisionChannel)}).status();
}

}  // namespace

absl::Status Store::Read(const std::function<absl::Status(sql::Transaction&)>& body) {
  return database_.Read(body);
}

absl::Status Store::Change(const std::function<absl::Status(sql::Transaction&, Changes&)>& body) {
  std::int64_t made = 0;  // the revision, where it moved
  absl::Status status = database_.Transact([&](sql::Transaction& transaction) -> absl::Status {
    Changes changes;
    absl::Status done = body(transaction, changes);
    if (!done.ok()) return done;
    made = 0;
    if (!changes.all().empty()) done = WriteChanges(transaction, changes, made);
    const Actor* actor = ActorScope::Current();
    if (!done.ok() || actor == nullptr) return done;
    return WriteAudit(transaction, *actor, {.at_ms = NowMs(), .revision = made}, changes.entries());
  });
  if (!status.ok() || made == 0) return status;
  RevisionScope::Note(made);
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
  return status;
}

void Store::SetListener(std::function<void()> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

absl::StatusOr<Revision> ReadRevision(sql::Transaction& transaction) {
  auto result =
      transaction.Execute("SELECT revision, covers_from, lineage FROM revision WHERE one = 1");
  if (!result.ok()) return result.status();
  if (result->rows.size() != 1) return absl::InternalError("the revision's row is missing");
  const sql::Row& row = result->rows.front();
  return Revision{.number = row.Int(0), .covers_from = row.Int(1), .lineage = row.Text(2)};
}

absl::StatusOr<std::vector<ResourceName>> ChangedSince(sql::Transaction& transaction,
                                                       std::int64_t revision) {
  auto result = transaction.Execute(
      "SELECT DISTINCT kind, resource_id FROM changes WHERE revision > $1 "
      "ORDER BY kind, resource_id",
      {revision});
  if (!result.ok()) return result.status();
  std::vector<ResourceName> names;
  names.reserve(result->rows.size());
  for (const sql::Row& row : result->rows) {
    names.push_back({static_cast<ResourceKind>(row.Int(0)), row.Int(1)});
  }
  return names;
}

absl::StatusOr<std::int64_t> PruneChanges(Store& store, std::int64_t keep) {
  return ChangeValue(
      store, [&](sql::Transaction& transaction, Changes&) -> absl::StatusOr<std::int64_t> {
        auto revision = ReadRevision(transaction);
        if (!revision.ok()) return revision.status();
        const std::int64_t from = revision->number - keep;
        if (from <= revision->covers_from) return 0;
        auto deleted = transaction.Execute("DELETE FROM changes WHERE revision <= $1", {from});
        if (!deleted.ok()) return deleted.status();
        auto moved =
            transaction.Execute("UPDATE revision SET covers_from = $1 WHERE one = 1", {from});
        if (!moved.ok()) return moved.status();
        return deleted->affected_rows;
      });
}

}  // namespace weir::admin

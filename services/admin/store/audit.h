// Who changed what, and when: rows that are written in the transaction of the change itself, so
// that there is neither a change without its row nor a row without its change. Secrets are never in
// it: of those it says that they changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/store/changes.h"
#include "services/admin/store/table.h"

namespace weir::admin {

// On whose behalf a thread works. What no one asked for (a relay's observation, a task) has none
// and is not written down.
struct Actor {
  std::int64_t user_id = 0;  // 0 = a program: its name is in `name`
  std::string name;
  std::string client_ip;
  std::string request_id;
};

// This thread's actor while the scope lives; scopes nest.
class ActorScope {
 public:
  explicit ActorScope(Actor actor);
  ~ActorScope();
  ActorScope(const ActorScope&) = delete;
  ActorScope& operator=(const ActorScope&) = delete;

  // nullptr when nobody asked.
  static const Actor* Current();

 private:
  Actor actor_;
  const Actor* before_;
};

// When a change was made, and which revision it made; 0 where relays do not know of such things.
struct ChangeMark {
  std::int64_t at_ms = 0;
  std::int64_t revision = 0;
};

// A stored entry, with who made it.
struct AuditRow : AuditEntry {
  std::int64_t id = 0;
  ChangeMark mark;
  Actor actor;
};

// Where a list of them may look, as columns.
inline constexpr std::string_view kAuditTime = "created_at_ms";

// What differs between two rows of a table, by the API's names; columns that hold JSON objects are
// compared member by member. An empty `before` is a row that is new.
std::vector<FieldChange> Difference(const Table& table, const std::vector<sql::Value>& before,
                                    const std::vector<sql::Value>& after);

absl::Status WriteAudit(sql::Transaction& transaction, const Actor& actor, ChangeMark mark,
                        const std::vector<AuditEntry>& entries);

// Columns of conditions: kAuditTime, user_id, resource, resource_id, action, request_id, revision.
absl::StatusOr<Page<AuditRow>> ListAudit(sql::Transaction& transaction, const ListQuery& query);

}  // namespace weir::admin

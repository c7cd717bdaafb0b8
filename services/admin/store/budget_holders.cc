#include "services/admin/store/budget_holders.h"

#include <string_view>

#include "libs/common/text.h"
#include "services/admin/store/columns.h"

namespace weir::admin {
namespace {

struct Source {
  BudgetHolderKind kind;
  std::string_view table;
  std::string_view name;
};
constexpr Source kSources[] = {{BudgetHolderKind::kKeys, "api_keys", "name"},
                               {BudgetHolderKind::kUsers, "users", "username"},
                               {BudgetHolderKind::kGroups, "key_groups", "name"}};

const Source& SourceOf(BudgetHolderKind kind) {
  for (const Source& source : kSources) {
    if (source.kind == kind) return source;
  }
  return kSources[0];
}

}  // namespace

absl::StatusOr<SomeBudgetHolders> BudgetHolders(sql::Transaction& transaction,
                                                BudgetHolderKind kind, std::int64_t after_id,
                                                std::int64_t ids) {
  const Source& source = SourceOf(kind);
  auto end = transaction.Execute(StrCat("SELECT COALESCE(MAX(id), 0) FROM ", source.table));
  if (!end.ok()) return end.status();
  SomeBudgetHolders some;
  some.last_id = after_id + ids;
  some.is_end = some.last_id >= end->rows.front().Int(0);
  auto result = transaction.Execute(
      StrCat("SELECT id, ", source.name, ", limits FROM ", source.table,
             " WHERE id > $1 AND id <= $2 AND limits LIKE '%nano_usd%' ORDER BY id"),
      {after_id, some.last_id});
  if (!result.ok()) return result.status();
  some.holders.reserve(result->rows.size());
  for (const sql::Row& row : result->rows) {
    some.holders.push_back(
        {.id = row.Int(0), .name = row.Text(1), .limits = DecodeLimits(row.Text(2))});
  }
  return some;
}

}  // namespace weir::admin

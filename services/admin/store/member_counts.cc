#include "services/admin/store/member_counts.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "libs/common/text.h"
#include "services/admin/store/account_filter.h"

namespace weir::admin::member_counts {
namespace {

using Totals = std::map<std::int64_t, RowTotal>;

// `members` selects those of the record that it calls `owner.id`.
absl::StatusOr<Totals> Count(sql::Transaction& transaction, std::string_view owners,
                             std::string_view members, const std::vector<std::int64_t>& ids,
                             std::vector<sql::Value> values = {}) {
  Totals totals;
  if (ids.empty()) return totals;
  std::string places;
  for (const std::int64_t id : ids) {
    values.emplace_back(id);
    StrAppend(places, places.empty() ? "$" : ", $", values.size());
  }
  const auto counted = transaction.Execute(
      StrCat("SELECT owner.id, (SELECT COUNT(*) FROM (", members, " LIMIT ", kCountedRowsMax + 1,
             ") AS bounded) FROM ", owners, " AS owner WHERE owner.id IN (", places, ")"),
      values);
  if (!counted.ok()) return counted.status();
  for (const sql::Row& row : counted->rows) {
    const std::int64_t rows = row.Int(1);
    totals[row.Int(0)] = {std::min(rows, kCountedRowsMax), rows > kCountedRowsMax};
  }
  return totals;
}

}  // namespace

absl::StatusOr<std::map<std::int64_t, GroupMembers>> OfGroups(sql::Transaction& transaction,
                                                              const std::vector<std::int64_t>& ids,
                                                              std::int64_t now_ms) {
  struct Kind {
    RowTotal GroupMembers::*total;
    std::string members;
    std::vector<sql::Value> values;
  };
  const std::string accounts =
      "SELECT 1 FROM accounts WHERE id IN "
      "(SELECT account_id FROM account_groups WHERE group_id = owner.id)";
  const std::array<Kind, 4> kinds = {
      {{&GroupMembers::accounts, accounts, {}},
       {&GroupMembers::normal,
        StrCat(accounts, " AND (", account_filter::NormalNow("$1"), ")"),
        {now_ms}},
       {&GroupMembers::keys, "SELECT 1 FROM api_keys WHERE group_id = owner.id", {}},
       {&GroupMembers::users, "SELECT 1 FROM users WHERE group_id = owner.id", {}}}};
  std::map<std::int64_t, GroupMembers> members;
  for (const Kind& kind : kinds) {
    const auto totals = Count(transaction, "key_groups", kind.members, ids, kind.values);
    if (!totals.ok()) return totals.status();
    for (const auto& [id, total] : *totals) members[id].*kind.total = total;
  }
  return members;
}

absl::StatusOr<std::map<std::int64_t, RowTotal>> KeysOfUsers(sql::Transaction& transaction,
                                                             const std::vector<std::int64_t>& ids) {
  return Count(transaction, "users", "SELECT 1 FROM api_keys WHERE user_id = owner.id", ids);
}

}  // namespace weir::admin::member_counts

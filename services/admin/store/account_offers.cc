#include "services/admin/store/account_offers.h"

#include <string>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin {
namespace {

constexpr std::string_view kDecides =
    "platform, provider, request_url, models, model_mapping, tier";
// Priority, then id, as one number.
constexpr std::string_view kFirstOfThem = "MIN(priority * 1000000000000 + id)";

}  // namespace

absl::StatusOr<std::vector<Account>> AccountOffers(
    sql::Transaction& transaction, const std::optional<std::set<std::int64_t>>& groups) {
  std::string sql = StrCat("SELECT ", kDecides, " FROM accounts WHERE status <> 'disabled'");
  std::vector<sql::Value> values;
  if (groups.has_value()) {
    sql += " AND id IN (SELECT account_id FROM account_groups WHERE group_id IN (";
    values.reserve(groups->size());
    for (const std::int64_t id : *groups) {
      values.emplace_back(id);
      StrAppend(sql, values.size() == 1 ? "$" : ", $", values.size());
    }
    sql += values.empty() ? "0))" : "))";
  }
  StrAppend(sql, " GROUP BY ", kDecides, " ORDER BY ", kFirstOfThem);
  const auto rows = transaction.Execute(sql, values);
  if (!rows.ok()) return rows.status();
  std::vector<Account> offers;
  offers.reserve(rows->rows.size());
  for (const sql::Row& row : rows->rows) {
    Account& account = offers.emplace_back();
    account.platform = FromWord<Platform>(row.Text(0)).value_or(Platform::kClaude);
    account.provider = row.Text(1);
    account.request_url = row.Text(2);
    account.models = DecodeList(row.Text(3));
    account.model_mapping = DecodeMap(row.Text(4));
    account.tier = row.Text(5);
  }
  return offers;
}

}  // namespace weir::admin

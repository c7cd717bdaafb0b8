#include "services/admin/store/name_store.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "libs/common/text.h"

namespace weir::admin::name_store {
namespace {

constexpr std::size_t kIdsAtOnce = 500;  // parameters of one statement

std::string_view SelectOf(Kind kind) {
  switch (kind) {
    case Kind::kKey:
      return "SELECT id, name FROM api_keys WHERE id IN (";
    case Kind::kUser:
      return "SELECT id, username FROM users WHERE id IN (";
    case Kind::kGroup:
      return "SELECT id, name FROM key_groups WHERE id IN (";
    case Kind::kAccount:
      return "SELECT id, name FROM accounts WHERE id IN (";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::map<std::int64_t, std::string>> NamesOf(sql::Transaction& transaction,
                                                            Kind kind,
                                                            const std::vector<std::int64_t>& ids) {
  std::map<std::int64_t, std::string> names;
  for (std::size_t first = 0; first < ids.size(); first += kIdsAtOnce) {
    std::string sql(SelectOf(kind));
    std::vector<sql::Value> values;
    for (std::size_t i = first; i < std::min(ids.size(), first + kIdsAtOnce); ++i) {
      values.emplace_back(ids[i]);
      StrAppend(sql, values.size() == 1 ? "$" : ", $", values.size());
    }
    absl::StatusOr<sql::Result> result = transaction.Execute(sql + ")", values);
    if (!result.ok()) return result.status();
    for (const sql::Row& row : result->rows) names.emplace(row.Int(0), row.Text(1));
  }
  return names;
}

}  // namespace weir::admin::name_store

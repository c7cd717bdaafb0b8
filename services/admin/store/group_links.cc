#include "services/admin/store/group_links.h"

#include <algorithm>
#include <string>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

std::string ListText(const std::vector<std::int64_t>& ids) {
  std::string text = "[";
  for (const std::int64_t id : ids) StrAppend(text, text.size() == 1 ? "" : ",", id);
  return text + "]";
}

}  // namespace

absl::Status LoadGroupLinks(sql::Transaction& transaction, const GroupLinks& links,
                            const std::map<std::int64_t, std::vector<std::int64_t>*>& by_id) {
  if (by_id.empty()) return absl::OkStatus();
  std::string sql = StrCat("SELECT ", links.column, ", group_id FROM ", links.table, " WHERE ",
                           links.column, " IN (");
  std::vector<sql::Value> ids;
  for (const auto& [id, groups] : by_id) {
    ids.emplace_back(id);
    StrAppend(sql, ids.size() == 1 ? "$" : ", $", ids.size());
  }
  StrAppend(sql, ") ORDER BY ", links.column, ", group_id");
  auto rows = transaction.Execute(sql, ids);
  if (!rows.ok()) return rows.status();
  for (const sql::Row& row : rows->rows) by_id.at(row.Int(0))->push_back(row.Int(1));
  return absl::OkStatus();
}

absl::Status WriteGroupLinks(sql::Transaction& transaction, Changes& changes,
                             const GroupLinks& links, std::int64_t id,
                             const std::vector<std::int64_t>& group_ids) {
  std::vector<std::int64_t> before;
  absl::Status read = LoadGroupLinks(transaction, links, {{id, &before}});
  if (!read.ok()) return read;
  std::vector<std::int64_t> after = group_ids;
  std::sort(after.begin(), after.end());
  after.erase(std::unique(after.begin(), after.end()), after.end());
  if (before == after) return absl::OkStatus();
  changes.NoteField({"group_ids", ListText(before), ListText(after)});
  auto cleared = transaction.Execute(
      StrCat("DELETE FROM ", links.table, " WHERE ", links.column, " = $1"), {id});
  if (!cleared.ok()) return cleared.status();
  const std::string insert =
      StrCat("INSERT INTO ", links.table, " (", links.column, ", group_id) VALUES ($1, $2) ",
             "ON CONFLICT (", links.column, ", group_id) DO NOTHING");
  for (const std::int64_t group_id : group_ids) {
    auto added = transaction.Execute(insert, {id, group_id});
    if (absl::IsFailedPrecondition(added.status())) {
      FieldErrors errors;
      errors.Add("group_ids", StrCat("group ", group_id, " does not exist"));
      return errors.ToStatus();
    }
    if (!added.ok()) return added.status();
  }
  return absl::OkStatus();
}

}  // namespace weir::admin

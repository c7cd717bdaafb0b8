#include "services/admin/store/second_factor_store.h"

#include <string_view>

#include "libs/common/text.h"
#include "services/admin/store/columns.h"

namespace weir::admin::second_factor_store {

absl::StatusOr<std::optional<SecondFactor>> Find(sql::Transaction& transaction,
                                                 std::int64_t user_id) {
  auto result = transaction.Execute(
      "SELECT sealed_secret, in_force, last_step, recovery_hashes FROM second_factors "
      "WHERE user_id = $1",
      {user_id});
  if (!result.ok()) return result.status();
  if (result->rows.empty()) return std::nullopt;
  const sql::Row& row = result->rows.front();
  return SecondFactor{.user_id = user_id,
                      .sealed_secret = row.Text(0),
                      .in_force = row.Int(1) != 0,
                      .last_step = row.Int(2),
                      .recovery_hashes = DecodeList(row.Text(3))};
}

absl::Status Put(sql::Transaction& transaction, const SecondFactor& factor) {
  absl::Status gone = Delete(transaction, factor.user_id);
  if (!gone.ok()) return gone;
  return transaction
      .Execute(
          "INSERT INTO second_factors (user_id, sealed_secret, in_force, last_step, "
          "recovery_hashes) VALUES ($1, $2, $3, $4, $5)",
          {factor.user_id, factor.sealed_secret, std::int64_t{factor.in_force}, factor.last_step,
           EncodeList(factor.recovery_hashes)})
      .status();
}

absl::Status Delete(sql::Transaction& transaction, std::int64_t user_id) {
  return transaction.Execute("DELETE FROM second_factors WHERE user_id = $1", {user_id}).status();
}

absl::Status Replace(sql::Transaction& transaction, const SecondFactor& before,
                     const SecondFactor& after) {
  auto updated = transaction.Execute(
      "UPDATE second_factors SET in_force = $1, last_step = $2, recovery_hashes = $3 "
      "WHERE user_id = $4 AND sealed_secret = $5 AND last_step = $6 AND recovery_hashes = $7",
      {std::int64_t{after.in_force}, after.last_step, EncodeList(after.recovery_hashes),
       before.user_id, before.sealed_secret, before.last_step, EncodeList(before.recovery_hashes)});
  if (!updated.ok()) return updated.status();
  return updated->affected_rows == 1 ? absl::OkStatus() : absl::AbortedError("used twice at once");
}

absl::StatusOr<std::set<std::int64_t>> Having(sql::Transaction& transaction,
                                              const std::vector<std::int64_t>& user_ids) {
  std::set<std::int64_t> having;
  if (user_ids.empty()) return having;
  std::vector<sql::Value> values;
  std::string places;
  for (const std::int64_t id : user_ids) {
    values.emplace_back(id);
    StrAppend(places, places.empty() ? "$" : ", $", values.size());
  }
  auto result = transaction.Execute(
      StrCat("SELECT user_id FROM second_factors WHERE in_force = 1 AND user_id IN (", places, ")"),
      values);
  if (!result.ok()) return result.status();
  for (const sql::Row& row : result->rows) having.insert(row.Int(0));
  return having;
}

}  // namespace weir::admin::second_factor_store

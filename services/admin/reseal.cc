#include "services/admin/reseal.h"

#include <array>
#include <string>
#include <vector>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr std::array kColumns = {
    SealedColumn{"accounts", "id", "sealed_credential", "account", "credential"},
    SealedColumn{"accounts", "id", "sealed_proxy_url", "account", "proxy_url"},
    SealedColumn{"accounts", "id", "sealed_client_secret", "account", "client_secret"},
    SealedColumn{"accounts", "id", "sealed_refresh_token", "account", "refresh_token"},
    SealedColumn{"settings", "one", "sealed_alert_secret", "settings", "alert_secret"},
    SealedColumn{"settings", "one", "sealed_oidc_client_secret", "settings", "oidc_client_secret"},
    SealedColumn{"settings", "one", "sealed_playground_secret", "settings", "playground_secret"},
    SealedColumn{"second_factors", "user_id", "sealed_secret", "user", "second_factor", false},
};

struct StaleText {
  std::int64_t id = 0;
  std::string sealed;
};

absl::StatusOr<std::vector<StaleText>> StaleTexts(sql::Transaction& transaction, const Vault& vault,
                                                  const SealedColumn& where) {
  auto result = transaction.Execute(StrCat("SELECT ", where.id, ", ", where.column, " FROM ",
                                           where.table, " WHERE ", where.column, " <> ''"));
  if (!result.ok()) return result.status();
  std::vector<StaleText> stale;
  for (const sql::Row& row : result->rows) {
    if (vault.IsStale(row.Text(1))) stale.push_back({.id = row.Int(0), .sealed = row.Text(1)});
  }
  return stale;
}

absl::Status ResealOne(sql::Transaction& transaction, const Vault& vault, const SealedColumn& where,
                       const StaleText& text) {
  const std::string owner = StrCat(where.kind, "/", text.id, "/", where.part);
  auto secret = vault.Open(text.sealed, owner);
  if (!secret.ok()) {
    return absl::Status(secret.status().code(),
                        StrCat(owner, ": ", View(secret.status().message())));
  }
  // Only what was read is replaced: an administrator may be giving the account another secret. And
  // who has read the row before this is committed must not write the old text back.
  const std::string_view version = where.versioned ? ", version = version + 1" : "";
  auto written =
      transaction.Execute(StrCat("UPDATE ", where.table, " SET ", where.column, " = $1", version,
                                 " WHERE ", where.id, " = $2 AND ", where.column, " = $3"),
                          {vault.Seal(*secret, owner), text.id, text.sealed});
  if (!written.ok()) return written.status();
  if (written->affected_rows == 1) return absl::OkStatus();
  return absl::AbortedError(StrCat(owner, " was changed meanwhile; run reseal again"));
}

absl::StatusOr<std::int64_t> ResealColumn(sql::Transaction& transaction, const Vault& vault,
                                          const SealedColumn& where) {
  auto stale = StaleTexts(transaction, vault, where);
  if (!stale.ok()) return stale.status();
  for (const StaleText& text : *stale) {
    if (auto status = ResealOne(transaction, vault, where, text); !status.ok()) return status;
  }
  return static_cast<std::int64_t>(stale->size());
}

// The sum over all columns of what `count` answers for each.
template <class Count>
absl::Status SumColumns(std::int64_t& sum, Count count) {
  sum = 0;
  for (const SealedColumn& where : kColumns) {
    absl::StatusOr<std::int64_t> texts = count(where);
    if (!texts.ok()) return texts.status();
    sum += *texts;
  }
  return absl::OkStatus();
}

}  // namespace

std::span<const SealedColumn> SealedColumns() { return kColumns; }

absl::StatusOr<std::int64_t> CountStale(sql::Database& database, const Vault& vault) {
  std::int64_t sum = 0;
  absl::Status status = database.Read([&](sql::Transaction& transaction) {
    return SumColumns(sum, [&](const SealedColumn& where) -> absl::StatusOr<std::int64_t> {
      auto stale = StaleTexts(transaction, vault, where);
      if (!stale.ok()) return stale.status();
      return static_cast<std::int64_t>(stale->size());
    });
  });
  if (!status.ok()) return status;
  return sum;
}

absl::StatusOr<std::int64_t> Reseal(sql::Database& database, const Vault& vault) {
  std::int64_t sum = 0;
  absl::Status status = database.Transact([&](sql::Transaction& transaction) {
    return SumColumns(
        sum, [&](const SealedColumn& where) { return ResealColumn(transaction, vault, where); });
  });
  if (!status.ok()) return status;
  return sum;
}

}  // namespace weir::admin

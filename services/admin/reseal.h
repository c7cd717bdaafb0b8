// `weir-admin reseal`: what older master keys sealed is sealed anew by the newest, so that their
// lines can leave the key file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/credentials/vault.h"

namespace weir::admin {

// Where the database keeps sealed texts. The owner that a text is bound to (Vault::Seal) is
// "KIND/ID/PART".
struct SealedColumn {
  std::string_view table;
  std::string_view id;  // the column with ID
  std::string_view column;
  std::string_view kind;
  std::string_view part;
  bool versioned = true;  // the table's rows have a version, which every writer checks
};

// All of them: a column of the schema whose name begins with sealed_ must be here.
std::span<const SealedColumn> SealedColumns();

// How many texts an older key sealed.
absl::StatusOr<std::int64_t> CountStale(sql::Database& database, const Vault& vault);

// Seals them anew in one transaction; how many there were. Relays notice nothing: what was sealed
// stays the same. When one does not open, nothing is changed and the error says whose it is.
// Aborted when another process wrote one meanwhile: run it again.
absl::StatusOr<std::int64_t> Reseal(sql::Database& database, const Vault& vault);

}  // namespace weir::admin

// Accounts as they travel from one Weir to another: a row of JSON, or of CSV, for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include <boost/json/object.hpp>

#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/transfer_seal.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/json/body_reader.h"
#include "services/admin/json/record_json.h"

namespace weir::admin {

inline constexpr std::size_t kTransferRowsMax = 10'000;

using GroupNames = std::map<std::int64_t, std::string>;

// What the REST API takes of an account, with the names of its groups for their ids. `seal` null:
// without its secrets; else they are in `sealed`, bound to the account's name. Errors of
// Vault::Open.
absl::StatusOr<boost::json::object> TransferRow(const Account& account, const Vault& vault,
                                                const GroupNames& groups, TransferSeal* seal);

// The same rows as CSV, with a head; lists and objects are JSON in their cells.
std::string TransferCsv(const std::vector<boost::json::object>& rows);

// What `sealed` of a row holds.
struct SealedSecrets {
  AccountSecrets secrets;
  std::int64_t refreshed_at_ms = 0;  // when Weir had last renewed the credential; 0 = never
};

struct TransferSource {
  std::string place;  // "accounts[3]" or "line 4": for messages
  boost::json::object row;
  Scalars scalars = Scalars::kTyped;
};
// InvalidArgument names the line. Empty cells say nothing; lists may be "a;b" too.
absl::StatusOr<std::vector<TransferSource>> ReadTransferCsv(std::string_view text);

// Slow: a key is made of the passphrase. `seal` null: no passphrase came with it. InvalidArgument
// in words for whoever brought the row.
absl::StatusOr<SealedSecrets> OpenSealed(const boost::json::object& row, TransferSeal* seal);

}  // namespace weir::admin

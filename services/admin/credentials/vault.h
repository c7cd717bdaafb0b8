// Seals what must be readable again but never in the database: credentials of accounts, proxies'
// passwords. XChaCha20-Poly1305 under a master key; the sealed text names the key and is bound to
// its owner, so a row's secret copied to another row does not open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::admin {

// Immutable once made; thread-safe.
class Vault {
 public:
  // `master_keys`: the first seals, all open. Each is text of at least 32 characters (usually 64
  // hex digits); a line of a file. InvalidArgument when there is none or one is shorter.
  static absl::StatusOr<Vault> Create(const Secret& master_keys);

  // `owner` says what the secret belongs to ("account/12/credential") and is needed to open it.
  std::string Seal(const Secret& secret, std::string_view owner) const;

  // FailedPrecondition when the key is not one of ours, DataLoss when it was changed or belongs to
  // somebody else.
  absl::StatusOr<Secret> Open(std::string_view sealed, std::string_view owner) const;

  // True when `sealed` was made by an older key and should be sealed anew.
  bool IsStale(std::string_view sealed) const;

  // 32 bytes for another use, that tell nothing of the master key.
  Secret DeriveKey(std::string_view use) const;

 private:
  struct Key {
    std::string id;
    Secret bytes;
  };

  std::vector<Key> keys_;
};

// Reads `path`, else the environment's WEIR_ADMIN_MASTER_KEY. One key a line, the newest first.
// InvalidArgument when neither is there.
absl::StatusOr<Secret> LoadMasterKeys(const std::string& path);

}  // namespace weir::admin

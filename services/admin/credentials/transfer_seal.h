// Seals what leaves one Weir for another under a passphrase that people agree on: Argon2id makes a
// key of it, XSalsa20-Poly1305 (libsodium's secretbox) seals. The text says by what it was sealed:
// "weir1.PASSES.KIB.SALT.BOX".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::admin {

inline constexpr std::size_t kPassphraseBytesMin = 12;
inline constexpr std::size_t kPassphraseBytesMax = 1024;

// One file's seals: they share a salt, so that the slow part is done once. Not thread-safe.
class TransferSeal {
 public:
  // To seal with, and to open. InvalidArgument: the passphrase is too short or too long.
  static absl::StatusOr<TransferSeal> Create(const Secret& passphrase);

  absl::StatusOr<std::string> Seal(const Secret& plain);
  // InvalidArgument, in words for whoever brought the text: another passphrase, damaged, or asking
  // for more work than a file of ours does.
  absl::StatusOr<Secret> Open(std::string_view sealed);

 private:
  struct Cost {
    std::uint64_t passes = 0;
    std::uint64_t kib = 0;
  };

  explicit TransferSeal(Secret passphrase) : passphrase_(std::move(passphrase)) {}
  absl::StatusOr<const Secret*> KeyFor(const Cost& cost, const std::string& salt);

  Secret passphrase_;
  std::string own_salt_;
  std::map<std::string, Secret> keys_;  // by salt and cost
};

}  // namespace weir::admin

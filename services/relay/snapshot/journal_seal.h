// How the records of a snapshot file are sealed; bytes in, bytes out. FORMAT.md describes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::relay {

inline constexpr std::size_t kJournalHeaderBytes = 24;  // magic, file id

// XChaCha20-Poly1305 with a key of this purpose alone. A record opens only under its own file's id
// and at its own place, so that records cannot be moved, repeated or taken out.
class JournalSeal {
 public:
  // `secret` must not be empty.
  explicit JournalSeal(const Secret& secret);

  // The head of a new file, with a random id; records belong to it from now on.
  std::string NewHeader();
  // The head of a file that was read. InvalidArgument when it is none.
  absl::Status SetHeader(std::string_view header);

  std::string Seal(std::uint64_t index, std::string_view plain) const;
  // DataLoss when the record was not sealed with this key, for this file and place.
  absl::StatusOr<std::string> Open(std::uint64_t index, std::string_view sealed) const;

 private:
  std::string AdditionalData(std::uint64_t index) const;

  Secret key_;
  std::string header_;
};

}  // namespace weir::relay

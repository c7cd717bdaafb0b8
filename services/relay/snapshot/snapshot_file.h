// The last good snapshot on disk, sealed, so that a relay starts while admin is away.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/common/secret.h"

namespace weir::v1 {
class SnapshotChunk;
}

namespace weir::relay {

// A journal: one full revision, then differences as they came. Each chunk is one sealed record; a
// record that was cut off by a crash ends the journal there. See FORMAT.md. Mode 0600. Used by one
// thread at a time; one process at a time.
class SnapshotFile {
 public:
  // The sealing key is derived from `secret`.
  SnapshotFile(std::string path, const Secret& secret);
  ~SnapshotFile();
  SnapshotFile(const SnapshotFile&) = delete;
  SnapshotFile& operator=(const SnapshotFile&) = delete;

  // Gives each whole revision in order to `apply`, whose error ends the reading (and the journal: it
  // is not repeated on the next start). NotFound when there is no file; PermissionDenied when the
  // secret is not the one it was sealed with; InvalidArgument when it is no snapshot file.
  using Apply = std::function<absl::Status(const std::vector<v1::SnapshotChunk>& revision)>;
  absl::Status Load(const Apply& apply);

  // Adds one revision. A full one (base_revision 0) replaces the file in one step. A difference is
  // appended, which needs a journal that was loaded or written before (FailedPrecondition); when the
  // appended part has outgrown the full one, the file is rewritten. Errors leave the file as it was,
  // or without its last part.
  absl::Status Write(const std::vector<v1::SnapshotChunk>& revision);

  std::int64_t full_bytes() const { return full_bytes_; }
  std::int64_t appended_bytes() const { return appended_bytes_; }

 private:
  struct Parsed;
  absl::StatusOr<Parsed> Open(const std::string& content) const;
  absl::Status WriteFull(const std::vector<v1::SnapshotChunk>& revision);
  absl::Status Append(const std::vector<v1::SnapshotChunk>& revision);
  absl::Status Compact();

  std::string path_;
  Secret key_;
  int fd_ = -1;
  std::string file_id_; // random, binds each record to this file
  std::uint64_t next_record_ = 0;
  std::int64_t full_bytes_ = 0;
  std::int64_t appended_bytes_ = 0;
};

}  // namespace weir::relay

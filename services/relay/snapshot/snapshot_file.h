// The last good snapshot on disk, sealed, so that a relay starts while admin is away.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/relay/snapshot/journal_seal.h"

namespace weir::v1 {
class SnapshotChunk;
}

namespace weir::relay {

// A journal: one full revision, then differences as they came. Each chunk is one sealed record; a
// record that a crash cut off ends the journal. FORMAT.md describes the file. Mode 0600. For one
// thread at a time and one process at a time.
class SnapshotFile {
 public:
  using Chunks = std::vector<v1::SnapshotChunk>;  // of one revision

  // The sealing key is derived from `secret`, which must not be empty.
  SnapshotFile(std::string path, const Secret& secret);
  ~SnapshotFile();
  SnapshotFile(const SnapshotFile&) = delete;
  SnapshotFile& operator=(const SnapshotFile&) = delete;

  // Gives each whole revision in order to `apply`; its error ends the reading and is returned, and
  // what follows is cut off. NotFound when there is no file, PermissionDenied when it was sealed
  // with another secret, InvalidArgument when it is no snapshot file.
  using Apply = std::function<absl::Status(const Chunks& revision)>;
  absl::Status Load(const Apply& apply);

  // Adds one revision. A full one (base_revision 0) replaces the file in one step. A difference is
  // appended, FailedPrecondition when the file does not hold its base; then the file stays behind
  // until the next full one. When the appended part has outgrown the full one, it is rewritten.
  absl::Status Write(const Chunks& revision);

  // The revision that the file holds; 0 = none.
  std::uint64_t revision() const { return revision_; }
  std::int64_t full_bytes() const { return full_bytes_; }
  std::int64_t appended_bytes() const { return appended_bytes_; }

 private:
  absl::Status ReadAll(const Apply& apply);
  absl::StatusOr<std::string> ReadRecord(std::int64_t& offset);
  absl::Status ReadHead(std::int64_t& offset);
  absl::Status WriteFull(const Chunks& revision);
  absl::Status Append(const Chunks& revision);
  absl::Status Compact();
  std::string SealAll(const Chunks& revision);
  void SealOnto(std::string& out, std::string_view plain);
  void Close();

  std::string path_;
  JournalSeal seal_;
  int fd_ = -1;
  std::uint64_t records_ = 0;
  std::uint64_t revision_ = 0;
  std::int64_t full_bytes_ = 0;
  std::int64_t appended_bytes_ = 0;
};

}  // namespace weir::relay

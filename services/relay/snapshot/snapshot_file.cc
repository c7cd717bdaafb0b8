#include "services/relay/snapshot/snapshot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/relay/snapshot/chunk_merger.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::string_view kKeyCheck = "weir";
constexpr std::size_t kLengthBytes = 4;
constexpr std::uint32_t kRecordBytesMax = 64 << 20;
constexpr std::int64_t kAppendedBytesMin = 1 << 20;  // below it a rewrite saves nothing

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, StrCat("cannot ", what, " '", path, "'"));
}

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return SystemError("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

// Empty at the end of the file, short when it ends within.
absl::StatusOr<std::string> ReadAt(int fd, std::int64_t offset, std::size_t bytes,
                                   const std::string& path) {
  std::string out(bytes, '\0');
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got =
        ::pread(fd, out.data() + done, bytes - done, offset + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

void SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

SnapshotFile::SnapshotFile(std::string path, const Secret& secret)
    : path_(std::move(path)), seal_(secret) {}

SnapshotFile::~SnapshotFile() { Close(); }

void SnapshotFile::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  records_ = 0;
  revision_ = 0;
  full_bytes_ = 0;
  appended_bytes_ = 0;
}

absl::Status SnapshotFile::Load(const Apply& apply) {
  Close();
  fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (fd_ < 0) return SystemError("open", path_);
  absl::Status read = ReadAll(apply);
  if (revision_ == 0) Close();
  if (read.ok() && fd_ < 0) return absl::NotFoundError(StrCat("'", path_, "' holds no revision"));
  return read;
}

// One sealed record's content; OutOfRange at the end of the file, DataLoss when cut off or damaged.
absl::StatusOr<std::string> SnapshotFile::ReadRecord(std::int64_t& offset) {
  absl::StatusOr<std::string> head = ReadAt(fd_, offset, kLengthBytes, path_);
  if (!head.ok()) return head.status();
  if (head->empty()) return absl::OutOfRangeError("end");
  if (head->size() < kLengthBytes) return absl::DataLossError("cut off");
  std::uint32_t length = 0;
  std::memcpy(&length, head->data(), kLengthBytes);
  if (length > kRecordBytesMax) return absl::DataLossError("impossible length");
  absl::StatusOr<std::string> sealed =
      ReadAt(fd_, offset + static_cast<std::int64_t>(kLengthBytes), length, path_);
  if (!sealed.ok()) return sealed.status();
  if (sealed->size() < length) return absl::DataLossError("cut off");
  absl::StatusOr<std::string> plain = seal_.Open(records_, *sealed);
  if (!plain.ok()) return plain.status();
  offset += static_cast<std::int64_t>(kLengthBytes + length);
  ++records_;
  return plain;
}

absl::Status SnapshotFile::ReadHead(std::int64_t& offset) {
  absl::StatusOr<std::string> header = ReadAt(fd_, 0, kJournalHeaderBytes, path_);
  if (!header.ok()) return header.status();
  if (const absl::Status status = seal_.SetHeader(*header); !status.ok()) {
    return absl::InvalidArgumentError(StrCat("'", path_, "': ", View(status.message())));
  }
  offset = kJournalHeaderBytes;
  const absl::StatusOr<std::string> check = ReadRecord(offset);
  if (check.ok() && *check == kKeyCheck) return absl::OkStatus();
  return absl::PermissionDeniedError(
      StrCat("'", path_,
             "' was sealed with another secret, or its head is damaged. Start admin, "
             "which sends all of it again, or start this relay with the secret of before "
             "(snapshot_key_file, internal_token_file or ",
             path_, ".key)"));
}

absl::Status SnapshotFile::ReadAll(const Apply& apply) {
  std::int64_t offset = 0;
  if (absl::Status status = ReadHead(offset); !status.ok()) return status;
  std::int64_t good_offset = offset;
  std::uint64_t good_records = records_;
  absl::Status result;
  Chunks revision;
  while (true) {
    const absl::StatusOr<std::string> plain = ReadRecord(offset);
    if (!plain.ok()) {
      if (!absl::IsOutOfRange(plain.status()) || !revision.empty()) {
        LogWarning("the snapshot file ends in the middle of a revision; its rest is ignored",
                   {{"path", path_}, {"offset", good_offset}});
      }
      break;
    }
    if (!revision.emplace_back().ParseFromString(*plain)) {
      result = absl::DataLossError(StrCat("'", path_, "' holds a record that is no chunk"));
      break;
    }
    if (!revision.back().last()) continue;
    result = apply(revision);
    if (!result.ok()) break;
    (full_bytes_ == 0 ? full_bytes_ : appended_bytes_) += offset - good_offset;
    revision_ = revision.back().revision();
    good_offset = offset;
    good_records = records_;
    revision.clear();
  }
  records_ = good_records;
  if (::ftruncate(fd_, good_offset) != 0) return SystemError("cut", path_);
  return result;
}

absl::Status SnapshotFile::Write(const Chunks& revision) {
  if (revision.empty()) return absl::InvalidArgumentError("a revision without chunks");
  if (revision.front().base_revision() == 0) return WriteFull(revision);
  if (fd_ < 0 || revision_ != revision.front().base_revision()) {
    return absl::FailedPreconditionError(StrCat("'", path_, "' holds revision ", revision_,
                                                ", not ", revision.front().base_revision()));
  }
  if (absl::Status status = Append(revision); !status.ok()) return status;
  if (appended_bytes_ <= std::max(full_bytes_, kAppendedBytesMin)) return absl::OkStatus();
  absl::Status compacted = Compact();
  if (!compacted.ok()) Close();  // good as it is on disk, but not to be appended to
  return compacted;
}

void SnapshotFile::SealOnto(std::string& out, std::string_view plain) {
  const std::string sealed = seal_.Seal(records_++, plain);
  const auto length = static_cast<std::uint32_t>(sealed.size());
  char head[kLengthBytes];
  std::memcpy(head, &length, kLengthBytes);
  out.append(head, kLengthBytes);
  out.append(sealed);
}

std::string SnapshotFile::SealAll(const Chunks& revision) {
  std::string out;
  for (const v1::SnapshotChunk& chunk : revision) SealOnto(out, chunk.SerializeAsString());
  return out;
}

absl::Status SnapshotFile::WriteFull(const Chunks& revision) {
  Close();
  std::string bytes = seal_.NewHeader();
  SealOnto(bytes, kKeyCheck);
  bytes += SealAll(revision);

  const std::string fresh = StrCat(path_, ".new");
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("create", fresh);
  absl::Status status;
  if (::fchmod(fd, 0600) != 0) status = SystemError("restrict", fresh);
  if (status.ok()) status = WriteAll(fd, bytes, fresh);
  if (status.ok() && ::fdatasync(fd) != 0) status = SystemError("sync", fresh);
  if (status.ok() && ::rename(fresh.c_str(), path_.c_str()) != 0) {
    status = SystemError("replace", path_);
  }
  if (!status.ok()) {
    ::close(fd);
    ::unlink(fresh.c_str());
    return status;
  }
  SyncFolderOf(path_);
  fd_ = fd;
  revision_ = revision.back().revision();
  full_bytes_ = static_cast<std::int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status SnapshotFile::Append(const Chunks& revision) {
  const off_t end = ::lseek(fd_, 0, SEEK_END);
  if (end < 0) return SystemError("append to", path_);
  const std::string bytes = SealAll(revision);
  if (absl::Status status = WriteAll(fd_, bytes, path_); !status.ok()) {
    // Half a record would hide all that came after it. The file stays at the revision it has.
    if (::ftruncate(fd_, end) != 0) LogWarning("cannot cut the snapshot file", {{"path", path_}});
    Close();
    return status;
  }
  revision_ = revision.back().revision();
  appended_bytes_ += static_cast<std::int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status SnapshotFile::Compact() {
  ChunkMerger merger;
  records_ = 0;
  std::int64_t offset = 0;
  if (absl::Status status = ReadHead(offset); !status.ok()) return status;
  while (true) {
    const absl::StatusOr<std::string> plain = ReadRecord(offset);
    if (absl::IsOutOfRange(plain.status())) break;
    if (!plain.ok()) return plain.status();
    v1::SnapshotChunk chunk;
    if (!chunk.ParseFromString(*plain)) return absl::DataLossError("a record is no chunk");
    merger.Add(chunk);
  }
  return WriteFull(merger.Finish());
}

}  // namespace weir::relay

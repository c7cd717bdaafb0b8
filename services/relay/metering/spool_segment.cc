#include "services/relay/metering/spool_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/metering/crc32c.h"

namespace weir::relay {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian");

constexpr std::string_view kMagic = "WEIRSPL1";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kHeaderBytesAt = 12;
constexpr std::size_t kSequenceAt = 16;
constexpr std::size_t kWriterAt = 24;
constexpr std::size_t kCreatedAt = 32;
constexpr std::size_t kCrcAt = 40;
constexpr std::size_t kAckedAt = 48;
constexpr std::size_t kOrderAt = 56;

template <typename Int>
void Store(unsigned char* at, Int value) {
  std::memcpy(at, &value, sizeof(value));
}

template <typename Int>
Int Fetch(const unsigned char* at) {
  Int value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

std::string_view TextAt(const unsigned char* at, std::size_t bytes) {
  return {reinterpret_cast<const char*>(at), bytes};
}

absl::Status SystemError(int error, std::string_view what, const std::string& path) {
  const std::string text = StrCat("cannot ", what, " '", path, "': ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(text);
  return absl::ErrnoToStatus(error, text);
}

absl::StatusOr<unsigned char*> Map(int fd, std::uint64_t bytes, const std::string& path) {
  void* map = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return SystemError(errno, "map", path);
  return static_cast<unsigned char*>(map);
}

}  // namespace

SpoolSegment::SpoolSegment(std::string path, int fd, unsigned char* map, std::uint64_t bytes)
    : path_(std::move(path)), fd_(fd), map_(map), bytes_(bytes), disk_bytes_(bytes) {}

SpoolSegment::~SpoolSegment() {
  ::munmap(map_, bytes_);
  ::close(fd_);
}

absl::StatusOr<std::shared_ptr<SpoolSegment>> SpoolSegment::Create(std::string path,
                                                                   std::uint64_t bytes,
                                                                   std::uint64_t sequence,
                                                                   std::uint32_t writer) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(errno, "create", path);
  absl::StatusOr<unsigned char*> map;
  if (const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)); error != 0) {
    map = SystemError(error, "allocate", path);
  } else {
    map = Map(fd, bytes, path);
  }
  if (!map.ok()) {
    ::close(fd);
    ::unlink(path.c_str());
    return map.status();
  }
  std::shared_ptr<SpoolSegment> segment(new SpoolSegment(std::move(path), fd, *map, bytes));
  segment->sequence_ = sequence;
  segment->WriteHeader(writer);
  segment->Prefault();
  return segment;
}

void SpoolSegment::WriteHeader(std::uint32_t writer) {
  std::memcpy(map_, kMagic.data(), kMagic.size());
  Store(map_ + kVersionAt, kVersion);
  Store(map_ + kHeaderBytesAt, static_cast<std::uint32_t>(kSegmentHeaderBytes));
  Store(map_ + kSequenceAt, sequence_);
  Store(map_ + kWriterAt, writer);
  Store(map_ + kCreatedAt, static_cast<std::uint64_t>(UnixMs()));
  Store(map_ + kCrcAt, Crc32c(TextAt(map_, kCrcAt)));
  Store(map_ + kAckedAt, kSegmentHeaderBytes);
}

void SpoolSegment::SetOrder(std::uint64_t order) {
  order_ = order;
  Store(map_ + kOrderAt, order);
}

absl::StatusOr<std::shared_ptr<SpoolSegment>> SpoolSegment::Recover(std::string path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "open", path);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || info.st_size < 0) {
    const int error = errno;
    ::close(fd);
    return SystemError(error, "inspect", path);
  }
  const auto bytes = static_cast<std::uint64_t>(info.st_size);
  if (bytes < kSegmentHeaderBytes) {
    ::close(fd);
    return absl::NotFoundError(StrCat("'", path, "' holds nothing"));
  }
  absl::StatusOr<unsigned char*> map = Map(fd, bytes, path);
  if (!map.ok()) {
    ::close(fd);
    return map.status();
  }
  std::shared_ptr<SpoolSegment> segment(new SpoolSegment(std::move(path), fd, *map, bytes));
  if (const absl::Status status = segment->ReadHeader(); !status.ok()) return status;
  segment->Scan();
  segment->Close();
  return segment;
}

absl::Status SpoolSegment::ReadHeader() {
  const bool good = TextAt(map_, kMagic.size()) == kMagic &&
                    Fetch<std::uint32_t>(map_ + kVersionAt) == kVersion &&
                    Fetch<std::uint32_t>(map_ + kHeaderBytesAt) == kSegmentHeaderBytes &&
                    Fetch<std::uint32_t>(map_ + kCrcAt) == Crc32c(TextAt(map_, kCrcAt));
  if (good) {
    sequence_ = Fetch<std::uint64_t>(map_ + kSequenceAt);
    order_ = Fetch<std::uint64_t>(map_ + kOrderAt);
    return absl::OkStatus();
  }
  // A process that died while making the file leaves no records, whatever its head looks like.
  const std::string_view records = TextAt(map_, bytes_).substr(kSegmentHeaderBytes);
  if (records.find_first_not_of('\0') == std::string_view::npos) {
    return absl::NotFoundError(StrCat("'", path_, "' was never used"));
  }
  return absl::DataLossError(StrCat("'", path_, "' has a damaged head or is of another version"));
}

void SpoolSegment::Scan() {
  const auto noted = Fetch<std::uint64_t>(map_ + kAckedAt);
  std::uint64_t offset = kSegmentHeaderBytes;
  std::int64_t events = 0;
  while (offset + kRecordHeaderBytes <= bytes_) {
    if (offset == noted) {
      acked_ = read_ = offset;
      events_acked_ = events;
    }
    const auto length = Fetch<std::uint32_t>(map_ + offset);
    if (length == 0 || length > bytes_ - offset - kRecordHeaderBytes) break;
    const auto crc = Fetch<std::uint32_t>(map_ + offset + 4);
    if (crc != Crc32c(TextAt(map_ + offset + kRecordHeaderBytes, length))) break;
    offset = std::min(offset + RecordBytes(length), bytes_);
    ++events;
  }
  if (offset == noted) {
    acked_ = read_ = offset;
    events_acked_ = events;
  }
  events_ = events;
  end_ = synced_ = offset;
  published_ = offset;
  // What is not zero behind the last good record was lost.
  std::uint64_t used = bytes_;
  while (used > offset && map_[used - 1] == 0) --used;
  bytes_skipped_ = used - offset;
}

bool SpoolSegment::Append(std::string_view payload) {
  const std::uint64_t needed = RecordBytes(payload.size());
  if (needed > bytes_ - end_) return false;
  unsigned char* record = map_ + end_;
  std::memcpy(record + kRecordHeaderBytes, payload.data(), payload.size());
  Store(record + 4, Crc32c(payload));
  // The length last: whoever finds the file later sees a whole record or none.
  std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(record))
      .store(static_cast<std::uint32_t>(payload.size()), std::memory_order_release);
  end_ += needed;
  events_.store(events_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  published_.store(end_, std::memory_order_release);
  return true;
}

void SpoolSegment::Prefault() {
  const std::uint64_t begin = published() / kPrefaultBytes * kPrefaultBytes;
  if (begin >= bytes_) return;
  // A kernel that does not know it (before 5.14) makes the pages when they are touched.
  (void)::madvise(map_ + begin, std::min(2 * kPrefaultBytes, bytes_ - begin), MADV_POPULATE_WRITE);
}

// What was acknowledged is not read again. The first page stays: it is where that is noted.
void SpoolSegment::ReleasePages() {
  const std::uint64_t begin = std::max(released_, kPageBytes);
  const std::uint64_t end = acked() / kPageBytes * kPageBytes;
  if (end < begin + kPrefaultBytes) return;
  (void)::madvise(map_ + begin, end - begin, MADV_DONTNEED);  // the file keeps what it holds
  released_ = end;
}

void SpoolSegment::Trim() {
  // Nothing is read behind published(), so the mapping may be longer than the file. A damaged rest
  // stays as it is found.
  const std::uint64_t end = published();
  if (bytes_skipped_ != 0 || end >= disk_bytes_) return;
  if (::ftruncate(fd_, static_cast<off_t>(end)) == 0) disk_bytes_ = end;
}

absl::Status SpoolSegment::Sync() {
  const std::uint64_t end = published();
  if (end == synced_) return absl::OkStatus();
  if (::fdatasync(fd_) != 0) return SystemError(errno, "sync", path_);
  synced_ = end;
  return absl::OkStatus();
}

std::string_view SpoolSegment::Payload(std::uint64_t& offset) const {
  const auto length = Fetch<std::uint32_t>(map_ + offset);
  const std::string_view payload = TextAt(map_ + offset + kRecordHeaderBytes, length);
  offset = std::min(offset + RecordBytes(length), bytes_);
  return payload;
}

void SpoolSegment::MarkAcked(std::uint64_t offset, std::int64_t events) {
  acked_.store(offset, std::memory_order_release);
  events_acked_.store(events_acked_.load(std::memory_order_relaxed) + events,
                      std::memory_order_relaxed);
  Store(map_ + kAckedAt, offset);
  ReleasePages();
}

absl::Status SpoolSegment::Remove() {
  if (::unlink(path_.c_str()) != 0) return SystemError(errno, "delete", path_);
  return absl::OkStatus();
}

}  // namespace weir::relay

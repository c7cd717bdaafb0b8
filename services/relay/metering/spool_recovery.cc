// How a spool begins: the folder, its lock, and what earlier runs left in it.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/relay/metering/spool_segment.h"
#include "services/relay/metering/spool_slot.h"
#include "services/relay/metering/usage_spool.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kSegmentBytesMin = 4'096;
constexpr std::int64_t kSegmentBytesMax = 1 << 30;

SpoolOptions Rounded(SpoolOptions options) {
  options.segment_bytes =
      std::clamp(options.segment_bytes, kSegmentBytesMin, kSegmentBytesMax) / 4'096 * 4'096;
  options.sync_ms = std::max<std::int64_t>(options.sync_ms, 1);
  return options;
}

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, StrCat("cannot ", what, " '", path, "'"));
}

}  // namespace

UsageSpool::UsageSpool(SpoolOptions options) : options_(Rounded(std::move(options))) {}

absl::StatusOr<std::unique_ptr<UsageSpool>> UsageSpool::Open(SpoolOptions options) {
  std::unique_ptr<UsageSpool> spool(new UsageSpool(std::move(options)));
  if (const absl::Status status = spool->LockFolder(); !status.ok()) return status;
  if (const absl::Status status = spool->RecoverSegments(); !status.ok()) return status;
  spool->background_ = std::thread([raw = spool.get()] { raw->RunBackground(); });
  return spool;
}

absl::Status UsageSpool::LockFolder() {
  const std::string& folder = options_.folder;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), StrCat("cannot make the folder '", folder, "'"));
  }
  folder_fd_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd_ < 0) return SystemError("open the folder", folder);
  const std::string path = StrCat(folder, "/spool.lock");
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) return SystemError("open", path);
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(StrCat(
        "the spool '", folder, "' is in use by another relay; give each its own data folder"));
  }
  return SystemError("lock", path);
}

absl::Status UsageSpool::RecoverSegments() {
  std::error_code error;
  std::vector<std::string> paths;
  std::filesystem::directory_iterator entry(options_.folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".spool") paths.push_back(entry->path().string());
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(), StrCat("cannot list '", options_.folder, "'"));
  }
  for (const std::string& path : paths) {
    if (absl::Status status = RecoverOne(path); !status.ok()) return status;
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const auto& a, const auto& b) { return a->order() < b->order(); });
  for (const auto& segment : segments_) {
    next_sequence_ = std::max(next_sequence_.load(), segment->sequence() + 1);
    next_order_ = std::max(next_order_, segment->order() + 1);
  }
  recovery_.events = events_pending();
  if (recovery_.segments > 0) {
    LogInfo("took over usage events of an earlier run",
            {{"files", recovery_.segments},
             {"events", recovery_.events},
             {"bytes_skipped", recovery_.bytes_skipped}});
  }
  RemoveFinished();
  return absl::OkStatus();
}

absl::Status UsageSpool::RecoverOne(const std::string& path) {
  absl::StatusOr<std::shared_ptr<SpoolSegment>> recovered = SpoolSegment::Recover(path);
  if (absl::IsNotFound(recovered.status())) {
    ::unlink(path.c_str());
    return absl::OkStatus();
  }
  if (absl::IsDataLoss(recovered.status())) {
    LogError("a spool file cannot be read and is set aside",
             {{"error", View(recovered.status().message())}});
    if (::rename(path.c_str(), StrCat(path, ".damaged").c_str()) != 0) {
      return SystemError("set aside", path);
    }
    return absl::OkStatus();
  }
  if (!recovered.ok()) return recovered.status();
  SpoolSegment& segment = **recovered;
  if (segment.bytes_skipped() > 0) {
    LogWarning("a spool file ends in the middle of a record",
               {{"path", path}, {"bytes_skipped", segment.bytes_skipped()}});
  }
  segment.Trim();
  ++recovery_.segments;
  recovery_.bytes_skipped += static_cast<std::int64_t>(segment.bytes_skipped());
  bytes_.fetch_add(segment.disk_bytes(), std::memory_order_relaxed);
  segments_.push_back(*std::move(recovered));
  return absl::OkStatus();
}

}  // namespace weir::relay

#include "services/relay/snapshot/snapshot_copy.h"

#include <malloc.h>

#include <utility>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/relay/snapshot/snapshot_builder.h"
#include "weir/v1/snapshot.pb.h"

// jemalloc's, where it is the program's allocator; else null.
extern "C" int mallctl(const char* name, void* old_value, std::size_t* old_bytes, void* new_value,
                       std::size_t new_bytes) __attribute__((weak));

namespace weir::relay {
namespace {

constexpr std::int64_t kManyResources = 10'000;
constexpr std::int64_t kRetryNs = 60'000'000'000;  // a disk that was full may have room again

}  // namespace

std::int64_t ResourcesIn(const SnapshotFile::Chunks& chunks) {
  std::int64_t resources = 0;
  for (const v1::SnapshotChunk& chunk : chunks) resources += chunk.upserts_size();
  return resources;
}

void GiveBackMemoryOf(std::int64_t resources) {
  if (resources < kManyResources) return;
  if (mallctl == nullptr) {
    ::malloc_trim(0);
  } else {
    constexpr const char* kPurgeAllArenas = "arena.4096.purge";  // MALLCTL_ARENAS_ALL
    (void)mallctl(kPurgeAllArenas, nullptr, nullptr, nullptr, 0);
  }
}

std::shared_ptr<const Snapshot> SnapshotCopy::Load(AccountHealthRegistry& health) {
  if (file_ == nullptr) return nullptr;
  std::shared_ptr<const Snapshot> snapshot;
  std::int64_t resources = 0;
  const absl::Status status = file_->Load([&](const SnapshotFile::Chunks& chunks) {
    resources += ResourcesIn(chunks);
    auto next = ApplyChunks(snapshot.get(), chunks, health);
    if (!next.ok()) return next.status();
    snapshot = *std::move(next);
    return absl::OkStatus();
  });
  if (!status.ok() && !absl::IsNotFound(status)) {
    LogWarning("the snapshot on disk cannot be used as a whole",
               {{"error", View(status.message())}});
  }
  GiveBackMemoryOf(resources);
  if (snapshot != nullptr) {
    LogInfo("serving by the snapshot on disk until admin answers",
            {{"revision", snapshot->revision()}});
  }
  return snapshot;
}

void SnapshotCopy::Write(const SnapshotFile::Chunks& chunks) {
  if (file_ == nullptr) return;
  const absl::Status status = file_->Write(chunks);
  if (status.ok()) {
    behind_since_ns_ = 0;
    return;
  }
  // Said once; from then on the file misses a step, until everything comes again.
  if (behind_since_ns_ == 0) {
    LogError("cannot keep the snapshot on disk up to date; a restart would begin with an older one",
             {{"error", View(status.message())}});
  }
  behind_since_ns_ = SteadyNs();
}

bool SnapshotCopy::RetryIsDue() const {
  return behind_since_ns_ != 0 && SteadyNs() - behind_since_ns_ > kRetryNs;
}

}  // namespace weir::relay

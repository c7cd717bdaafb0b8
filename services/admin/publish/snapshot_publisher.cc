#include "services/admin/publish/snapshot_publisher.h"

#include <chrono>
#include <string>

#include "libs/common/log.h"

namespace weir::admin {
namespace {

// Enough for a relay that was away for a while; older ones get everything.

}  // namespace

SnapshotPublisher::SnapshotPublisher(Store& store) : store_(store) {
  store_.SetListener([this] {
    const std::lock_guard lock(mutex_);
    poked_ = true;
    poke_.notify_one();
  });
  poller_ = std::thread([this] { Poll(); });
}

SnapshotPublisher::~SnapshotPublisher() { Stop(); }

void SnapshotPublisher::Stop() {
  store_.SetListener(nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    poke_.notify_all();
    changed_.notify_all();
  }
  if (poller_.joinable()) poller_.join();
}

void SnapshotPublisher::Poll() {
  while (true) {
    ReadLatest();
    std::unique_lock lock(mutex_);
    poke_.wait_for(lock, std::chrono::milliseconds(kPollMs), [this] { return poked_ || stopped_; });
    if (stopped_) return;
    poked_ = false;
  }
}

void SnapshotPublisher::ReadLatest() {
  Revision revision;
  absl::Status status = store_.Read([&](sql::Transaction& transaction) -> absl::Status {
    auto read = ReadRevision(transaction);
    if (read.ok()) revision = *read;
    return read.status();
  });
  if (!status.ok()) {
    LogWarning("the revision cannot be read", {{"error", std::string(status.message())}});
    return;
  }
  const std::lock_guard lock(mutex_);
  if (revision.number == latest_) return;
  latest_ = revision.number;
  changed_.notify_all();
}

std::int64_t SnapshotPublisher::WaitForNewer(std::int64_t seen, std::uint64_t ticket,
                                             std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [&] { return stopped_ || latest_ > seen || wakes_ != ticket; });
  return latest_;
}

std::uint64_t SnapshotPublisher::TakeTicket() const {
  const std::lock_guard lock(mutex_);
  return wakes_;
}

void SnapshotPublisher::WakeAll() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  changed_.notify_all();
}

std::int64_t SnapshotPublisher::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

bool SnapshotPublisher::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

}  // namespace weir::admin

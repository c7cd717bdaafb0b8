#include "services/admin/publish/snapshot_publisher.h"

#include <chrono>

#include "libs/common/log.h"

namespace weir::admin {

SnapshotPublisher::Waiter::Waiter(SnapshotPublisher& publisher) : publisher_(publisher) {
  const std::lock_guard lock(publisher_.mutex_);
  place_ = publisher_.waiters_.insert(publisher_.waiters_.end(), this);
}

SnapshotPublisher::Waiter::~Waiter() {
  const std::lock_guard lock(publisher_.mutex_);
  publisher_.waiters_.erase(place_);
}

std::int64_t SnapshotPublisher::Waiter::WaitForNewer(std::int64_t seen, std::int64_t timeout_ms) {
  std::unique_lock lock(publisher_.mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [&] { return publisher_.stopped_ || publisher_.latest_ > seen || woken_; });
  woken_ = false;
  return publisher_.latest_;
}

void SnapshotPublisher::Waiter::Wake() {
  const std::lock_guard lock(publisher_.mutex_);
  woken_ = true;
  changed_.notify_one();
}

SnapshotPublisher::SnapshotPublisher(Store& store, const std::string& database_url)
    : store_(store) {
  store_.SetListener([this] { Poke(); });
  if (database_url.starts_with("postgres")) {
    listener_ = std::make_unique<sql::PostgresListener>(database_url, std::string(kRevisionChannel),
                                                        [this] { Poke(); });
  }
  poller_ = std::thread([this] { Poll(); });
}

SnapshotPublisher::~SnapshotPublisher() { Stop(); }

void SnapshotPublisher::Stop() {
  store_.SetListener(nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    poke_.notify_all();
    for (Waiter* waiter : waiters_) waiter->changed_.notify_one();
  }
  if (poller_.joinable()) poller_.join();
  listener_.reset();
}

void SnapshotPublisher::Poke() {
  const std::lock_guard lock(mutex_);
  poked_ = true;
  poke_.notify_one();
}

void SnapshotPublisher::Poll() {
  while (true) {
    ReadLatest();
    const bool told = listener_ != nullptr && listener_->listening();
    std::unique_lock lock(mutex_);
    poke_.wait_for(lock, std::chrono::milliseconds(told ? kListeningPollMs : kPollMs),
                   [this] { return poked_ || stopped_; });
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
  for (Waiter* waiter : waiters_) waiter->changed_.notify_one();
}

void SnapshotPublisher::WakeAll() {
  const std::lock_guard lock(mutex_);
  for (Waiter* waiter : waiters_) {
    waiter->woken_ = true;
    waiter->changed_.notify_one();
  }
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

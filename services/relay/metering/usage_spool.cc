#include "services/relay/metering/usage_spool.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "services/relay/metering/spool_segment.h"
#include "services/relay/metering/spool_slot.h"

namespace weir::relay {
namespace {

constexpr std::size_t kSequenceDigits = 16;

std::string FileName(std::uint32_t writer, std::uint64_t sequence) {
  const std::string digits = StrCat(sequence);
  const std::size_t zeros = kSequenceDigits - std::min(digits.size(), kSequenceDigits);
  return StrCat(writer, "-", std::string(zeros, '0'), digits, ".spool");
}

}  // namespace

UsageSpool::~UsageSpool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  background_wakes_.notify_all();
  if (background_.joinable()) background_.join();
  RemoveFinished();
  if (folder_fd_ >= 0) ::close(folder_fd_);
  if (lock_fd_ >= 0) ::close(lock_fd_);  // and so gives the lock back
}

absl::StatusOr<std::unique_ptr<SpoolWriter>> UsageSpool::NewWriter() {
  SpoolWriter::Slot* slot = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto unused = std::find_if(slots_.begin(), slots_.end(),
                                     [](const auto& known) { return !known->in_use; });
    if (unused != slots_.end()) {
      slot = unused->get();
    } else {
      slots_.push_back(std::make_unique<SpoolWriter::Slot>());
      slot = slots_.back().get();
      slot->writer = static_cast<std::uint32_t>(slots_.size() - 1);
    }
    slot->in_use = true;
  }
  std::unique_ptr<SpoolWriter> writer(new SpoolWriter(*this, *slot));
  absl::StatusOr<std::shared_ptr<SpoolSegment>> first = CreateSegment(slot->writer);
  if (first.ok()) {
    TakeIntoUse(*first);
    writer->segment_ = *std::move(first);
  } else if (absl::IsResourceExhausted(first.status())) {
    accepting_.store(false, std::memory_order_relaxed);
  } else {
    return first.status();
  }
  MakeSpares();
  return writer;
}

absl::StatusOr<std::shared_ptr<SpoolSegment>> UsageSpool::CreateSegment(std::uint32_t writer) {
  const std::int64_t bytes = options_.segment_bytes;
  if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > options_.bytes_max) {
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return absl::ResourceExhaustedError(
        StrCat("the spool has reached its limit of ", options_.bytes_max, " bytes"));
  }
  const std::uint64_t sequence = next_sequence_.fetch_add(1, std::memory_order_relaxed);
  absl::StatusOr<std::shared_ptr<SpoolSegment>> segment =
      SpoolSegment::Create(StrCat(options_.folder, "/", FileName(writer, sequence)),
                           static_cast<std::uint64_t>(bytes), sequence, writer);
  if (!segment.ok()) bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  folder_changed_.store(true, std::memory_order_relaxed);
  return segment;
}

std::shared_ptr<SpoolSegment> UsageSpool::NextSegment(SpoolWriter::Slot& slot) {
  std::unique_lock<std::mutex> lock(mutex_);
  std::shared_ptr<SpoolSegment> next = std::exchange(slot.spare, nullptr);
  if (next == nullptr) {
    lock.unlock();
    if (!CanAccept()) return nullptr;  // was tried; the background thread tries again
    absl::StatusOr<std::shared_ptr<SpoolSegment>> made = CreateSegment(slot.writer);
    if (!made.ok()) {
      accepting_.store(false, std::memory_order_relaxed);
      return nullptr;
    }
    next = *std::move(made);
  } else {
    lock.unlock();
  }
  TakeIntoUse(next);
  WakeBackground();
  return next;
}

void UsageSpool::TakeIntoUse(const std::shared_ptr<SpoolSegment>& segment) {
  const std::lock_guard<std::mutex> lock(mutex_);
  segment->SetOrder(next_order_++);
  segments_.push_back(segment);
}

void UsageSpool::ReleaseSlot(SpoolWriter::Slot& slot) {
  std::shared_ptr<SpoolSegment> spare;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    spare = std::exchange(slot.spare, nullptr);
    slot.in_use = false;
  }
  if (spare != nullptr) Discard(*spare);
}

void UsageSpool::Discard(SpoolSegment& segment) {
  bytes_.fetch_sub(segment.disk_bytes(), std::memory_order_relaxed);
  if (const absl::Status status = segment.Remove(); !status.ok()) {
    LogWarning("a spool file stays although it is done with", {{"error", View(status.message())}});
  }
}

std::int64_t UsageSpool::events_pending() const {
  std::int64_t pending = 0;
  for (const auto& segment : Segments()) pending += segment->events() - segment->events_acked();
  return std::max<std::int64_t>(pending, 0);
}

void UsageSpool::VisitOldest(const std::function<void(std::string_view payload)>& visit) const {
  for (const auto& segment : Segments()) {
    std::uint64_t offset = segment->acked();
    if (offset < segment->published()) visit(segment->Payload(offset));
  }
}

void UsageSpool::AddMetrics(Metrics& metrics) const {
  const auto gauge = Metrics::SampledKind::kGauge;
  const auto counter = Metrics::SampledKind::kCounter;
  metrics.AddSampled(gauge, "weir_relay_spool_events_pending",
                     "Usage events that the usage service has not acknowledged yet.", {},
                     [this] { return static_cast<double>(events_pending()); });
  metrics.AddSampled(gauge, "weir_relay_spool_bytes", "Size of the spool's files.", {},
                     [this] { return static_cast<double>(bytes()); });
  metrics.AddSampled(gauge, "weir_relay_spool_bytes_max", "Limit of weir_relay_spool_bytes.", {},
                     [this] { return static_cast<double>(options_.bytes_max); });
  metrics.AddSampled(
      gauge, "weir_relay_spool_accepting",
      "0 while there is no room to record new requests, in the spool or on its disk.", {},
      [this] { return CanAccept() ? 1.0 : 0.0; });
  metrics.AddSampled(counter, "weir_relay_spool_refused_total",
                     "Usage events that found no room; 0 unless the reserve was not enough.", {},
                     [this] { return static_cast<double>(appends_refused()); });
  metrics.AddSampled(
      counter, "weir_relay_spool_sync_errors_total", "Times the disk did not take the spool.", {},
      [this] { return static_cast<double>(sync_errors_.load(std::memory_order_relaxed)); });
}

std::vector<std::shared_ptr<SpoolSegment>> UsageSpool::Segments() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return segments_;
}

std::vector<SpoolSpan> UsageSpool::Read(std::int64_t events_max, std::int64_t bytes_max,
                                        const Take& take) {
  RemoveFinished();  // a file may have been closed after its last record was acknowledged
  std::vector<SpoolSpan> spans;
  std::int64_t events = 0;
  std::int64_t bytes = 0;
  for (const auto& segment : Segments()) {
    const std::uint64_t end = segment->published();
    std::uint64_t offset = segment->read();
    SpoolSpan span{segment, offset, offset, 0};
    while (offset < end && events < events_max) {
      std::uint64_t next = offset;
      const std::string_view payload = segment->Payload(next);
      const auto size = static_cast<std::int64_t>(payload.size());
      if (events > 0 && bytes + size > bytes_max) {
        events_max = events;  // ends the outer loop too: order within a file is kept
        break;
      }
      take(payload);
      offset = next;
      bytes += size;
      ++events;
      ++span.events;
    }
    segment->set_read(offset);
    span.end = offset;
    if (span.events > 0) spans.push_back(std::move(span));
    if (events >= events_max) break;
  }
  return spans;
}

void UsageSpool::MarkAcked(const std::vector<SpoolSpan>& spans) {
  for (const SpoolSpan& span : spans) span.segment->MarkAcked(span.end, span.events);
  RemoveFinished();
}

void UsageSpool::Rewind() {
  for (const auto& segment : Segments()) segment->set_read(segment->acked());
}

void UsageSpool::RemoveFinished() {
  std::vector<std::shared_ptr<SpoolSegment>> finished;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::erase_if(segments_, [&](const std::shared_ptr<SpoolSegment>& segment) {
      if (!segment->finished()) return false;
      finished.push_back(segment);
      return true;
    });
  }
  for (const auto& segment : finished) Discard(*segment);
  if (!finished.empty() && !CanAccept()) WakeBackground();
}

void UsageSpool::WakeBackground() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    work_wanted_ = true;
  }
  background_wakes_.notify_all();
}

void UsageSpool::RunBackground() {
  NameBackgroundThread("usage spool");
  const auto interval = std::chrono::milliseconds(options_.sync_ms);
  auto next_sync = std::chrono::steady_clock::now() + interval;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    background_wakes_.wait_until(lock, next_sync, [this] { return stopping_ || work_wanted_; });
    const bool work_wanted = std::exchange(work_wanted_, false);
    lock.unlock();
    if (work_wanted) PrefaultAll();
    if (work_wanted || !CanAccept()) MakeSpares();
    if (std::chrono::steady_clock::now() >= next_sync) {
      SyncAll();
      next_sync = std::chrono::steady_clock::now() + interval;
    }
    lock.lock();
  }
  lock.unlock();
  SyncAll();
}

void UsageSpool::PrefaultAll() {
  for (const auto& segment : Segments()) {
    if (!segment->closed()) segment->Prefault();
  }
}

void UsageSpool::MakeSpares() {
  std::vector<SpoolWriter::Slot*> bare;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& slot : slots_) {
      if (slot->in_use && slot->spare == nullptr) bare.push_back(slot.get());
    }
  }
  absl::Status status;
  for (SpoolWriter::Slot* slot : bare) {
    absl::StatusOr<std::shared_ptr<SpoolSegment>> made = CreateSegment(slot->writer);
    if (!made.ok()) {
      status = made.status();
      break;
    }
    std::shared_ptr<SpoolSegment> spare = *std::move(made);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (slot->in_use && slot->spare == nullptr) slot->spare.swap(spare);
    }
    if (spare != nullptr) Discard(*spare);  // the writer is gone, or another thread was quicker
  }
  const bool accepted = accepting_.exchange(status.ok(), std::memory_order_relaxed);
  if (accepted && !status.ok()) {
    LogError(
        "the spool is full: new requests are refused until usage takes events or disk is freed",
        {{"reason", View(status.message())}, {"bytes", bytes()}});
  } else if (!accepted && status.ok()) {
    LogInfo("the spool has room again", {{"bytes", bytes()}});
  }
}

void UsageSpool::SyncAll() {
  absl::Status status;
  for (const auto& segment : Segments()) {
    if (const absl::Status synced = segment->Sync(); !synced.ok()) status = synced;
  }
  // New names are as good as lost while the folder is not on the disk.
  if (folder_changed_.exchange(false, std::memory_order_relaxed) && ::fsync(folder_fd_) != 0) {
    status = absl::ErrnoToStatus(errno, "cannot sync the spool's folder");
  }
  if (status.ok()) return;
  if (sync_errors_.fetch_add(1, std::memory_order_relaxed) == 0) {
    LogError("the disk does not take the spool; a power failure would lose events",
             {{"error", View(status.message())}});
  }
}

}  // namespace weir::relay

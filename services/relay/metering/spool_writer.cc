#include <utility>

#include "services/relay/metering/spool_segment.h"
#include "services/relay/metering/spool_slot.h"
#include "services/relay/metering/usage_spool.h"

namespace weir::relay {

SpoolWriter::SpoolWriter(UsageSpool& spool, Slot& slot)
    : spool_(spool), slot_(slot), rotation_(spool.rotation_.load(std::memory_order_relaxed)) {}

SpoolWriter::~SpoolWriter() {
  if (segment_ != nullptr) segment_->Close();
  spool_.ReleaseSlot(slot_);
}

bool SpoolWriter::Append(std::string_view payload) {
  const std::uint64_t rotation = spool_.rotation_.load(std::memory_order_relaxed);
  if (rotation != rotation_) {
    rotation_ = rotation;
    // Without a next file the old one goes on; an empty one needs no successor.
    if (segment_ != nullptr && segment_->published() > kSegmentHeaderBytes) (void)TakeNextFile();
  }
  if (segment_ != nullptr && !payload.empty() && segment_->Append(payload)) {
    if (segment_->WantsPages()) spool_.WakeBackground();
    return true;
  }

  const auto room = static_cast<std::uint64_t>(spool_.options_.segment_bytes) - kSegmentHeaderBytes;
  const bool fits = !payload.empty() && RecordBytes(payload.size()) <= room;
  if (fits && TakeNextFile() && segment_->Append(payload)) return true;
  spool_.refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool SpoolWriter::TakeNextFile() {
  std::shared_ptr<SpoolSegment> next = spool_.NextSegment(slot_);
  if (next == nullptr) return false;
  if (segment_ != nullptr) segment_->Close();
  segment_ = std::move(next);
  return true;
}

}  // namespace weir::relay

#include "services/admin/publish/shared_updates.h"

#include <iterator>
#include <utility>

namespace weir::admin {
namespace {

// Relays hold one of a few revisions; who is alone with an old one has its slot for a moment.
constexpr std::size_t kSlotsMax = 16;

}  // namespace

absl::StatusOr<SharedUpdates::Update> SharedUpdates::Get(std::int64_t have_revision,
                                                         std::string_view lineage,
                                                         std::int64_t at_least) {
  const Key key(have_revision, lineage);
  std::unique_lock lock(mutex_);
  while (true) {
    Slot& slot = slots_[key];
    const Update held = slot.difference != nullptr ? slot.difference : slot.whole.lock();
    if (held != nullptr && held->revision >= at_least) return held;
    if (!slot.building) break;
    built_.wait(lock);
  }
  slots_[key].building = true;
  lock.unlock();
  absl::StatusOr<Update> update = Built(have_revision, lineage);
  lock.lock();
  slots_[key].building = false;
  if (update.ok()) Keep(key, *update);
  built_.notify_all();
  return update;
}

absl::StatusOr<SharedUpdates::Update> SharedUpdates::Built(std::int64_t have_revision,
                                                           std::string_view lineage) const {
  absl::StatusOr<SnapshotUpdate> built = build_(have_revision, lineage);
  if (!built.ok()) return built.status();
  return std::make_shared<const SnapshotUpdate>(*std::move(built));
}

void SharedUpdates::Keep(const Key& key, const Update& update) {
  Slot& slot = slots_[key];
  const bool whole = update->base_revision == 0 && !update->chunks.empty();
  slot.difference = whole ? nullptr : update;
  slot.whole = update;
  // The oldest revisions go first.
  for (auto it = slots_.begin(); it != slots_.end() && slots_.size() > kSlotsMax;) {
    const bool others = it->first != key && !it->second.building;
    it = others ? slots_.erase(it) : std::next(it);
  }
}

}  // namespace weir::admin

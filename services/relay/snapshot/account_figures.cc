#include "services/relay/snapshot/account_figures.h"

#include <utility>

namespace weir::relay {

void AccountFigures::NoteError(AccountError error) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_error_ = std::move(error);
  }
  changes_.fetch_add(1, std::memory_order_release);
}

void AccountFigures::NoteWindows(const WindowUses& windows, std::int64_t now_unix_ms) {
  bool changed = false;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const WindowUse& told = windows[i];
    Window& known = windows_[i];
    if (told.used_basis_points < 0) continue;
    if (known.used_basis_points.load(std::memory_order_relaxed) == told.used_basis_points &&
        known.resets_at_unix_ms.load(std::memory_order_relaxed) == told.resets_at_unix_ms) {
      continue;
    }
    known.used_basis_points.store(told.used_basis_points, std::memory_order_relaxed);
    known.resets_at_unix_ms.store(told.resets_at_unix_ms, std::memory_order_relaxed);
    changed = true;
  }
  if (!changed) return;
  windows_observed_at_unix_ms_.store(now_unix_ms, std::memory_order_relaxed);
  changes_.fetch_add(1, std::memory_order_release);
}

AccountFigures::Reading AccountFigures::Read() const {
  Reading reading;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    reading.windows[i] = {windows_[i].used_basis_points.load(std::memory_order_relaxed),
                          windows_[i].resets_at_unix_ms.load(std::memory_order_relaxed)};
  }
  reading.windows_observed_at_unix_ms =
      windows_observed_at_unix_ms_.load(std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mutex_);
  reading.last_error = last_error_;
  return reading;
}

}  // namespace weir::relay

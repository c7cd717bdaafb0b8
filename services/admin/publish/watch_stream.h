// One relay's stream, without the network: what to send next, given what it answered.
#pragma once

#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace weir::admin {

// A revision is sent only after the one before was answered, and a difference always builds on what
// the relay said it holds. A refused revision is not sent again; the next one is. Thread-safe: the
// reader of the stream calls Answered, the writer the rest.
class WatchStream {
 public:
  // What the relay holds: 0 = nothing.
  WatchStream(std::int64_t have_revision, std::string lineage)
      : held_(have_revision), sent_(have_revision), lineage_(std::move(lineage)) {}

  // True when the relay has answered all that was sent and `latest` is news to it.
  bool ShouldSend(std::int64_t latest) const {
    const std::lock_guard lock(mutex_);
    return !waiting_ && latest > sent_;
  }
  void Sent(std::int64_t revision, std::string_view lineage) {
    const std::lock_guard lock(mutex_);
    sent_ = revision;
    sent_lineage_ = lineage;
    waiting_ = true;
  }
  // The relay holds the latest already; nothing was sent.
  void UpToDate(std::int64_t revision) {
    const std::lock_guard lock(mutex_);
    sent_ = revision;
  }
  // False when the answer is to nothing that was sent.
  bool Answered(std::int64_t revision, bool accepted) {
    const std::lock_guard lock(mutex_);
    if (!waiting_ || revision != sent_) return false;
    waiting_ = false;
    if (accepted) {
      held_ = revision;
      lineage_ = sent_lineage_;
    }
    return true;
  }

  std::int64_t held() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }
  std::string lineage() const {
    const std::lock_guard lock(mutex_);
    return lineage_;
  }
  // Revisions up to this one are no news: all of them while an answer is due.
  std::int64_t seen() const {
    const std::lock_guard lock(mutex_);
    return waiting_ ? std::numeric_limits<std::int64_t>::max() : sent_;
  }

 private:
  mutable std::mutex mutex_;
  std::int64_t held_;
  std::int64_t sent_;
  bool waiting_ = false;
  std::string lineage_;
  std::string sent_lineage_;
};

}  // namespace weir::admin

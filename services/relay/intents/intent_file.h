// The requests that a loop has under way, in a file that outlives the process: a kill -9 leaves
// them behind, and the next start makes usage events of them. FORMAT.md describes the file.
//
// A slot holds one request: who asks whom for what, and at what price, written before the request
// is sent; and how far its answer has come, which changes in place with each piece that passes. No
// system call but for growing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/cost.h"

namespace weir::relay {

// How far an answer has come. Of plain numbers, since it stands in the file as it is.
struct IntentProgress {
  TokenCounts tokens = {};
  std::int64_t latency_ms = 0;
  std::int64_t first_token_ms = -1;
  std::int32_t status = 0;  // that the client was told; 0 = nothing yet
  std::int32_t source = 0;  // UsageSource
};

// What the tokens will cost. The same.
struct IntentPrice {
  std::int64_t price_id = 0;  // 0 = none
  std::int64_t multiplier_ppm = kPpmOne;
  TieredPrices prices = {};
};

// A request that was under way when its relay died.
struct LeftIntent {
  std::string_view event;  // serialized weir.v1.UsageEvent, as it was when the request was sent
  IntentPrice price;
  IntentProgress progress;
  bool sent = false;  // all of it went out: the provider may have begun to work, and to bill
};

class IntentFile;

// One request's place. Moving hands it over. What is never cleared stays for the next start: the
// request had no end. The file must outlive it. One thread.
class Intent {
 public:
  Intent() = default;
  Intent(Intent&& other) noexcept { *this = std::move(other); }
  Intent& operator=(Intent&& other) noexcept {
    file_ = std::exchange(other.file_, nullptr);
    slot_ = other.slot_;
    return *this;
  }

  bool kept() const { return file_ != nullptr; }
  // Tells the moment when all of the request is out; 0 before, then not. Null when nothing is kept.
  std::atomic<std::uint32_t>* sent() const;
  // The attempt came to nothing: whatever was sent counts no more.
  void TakeBack();
  void Note(const IntentProgress& progress);
  // The request has its end, and the end is in the spool.
  void Clear();

 private:
  friend class IntentFile;

  IntentFile* file_ = nullptr;
  std::uint32_t slot_ = 0;
};

class IntentFile {
 public:
  static constexpr std::size_t kSlotBytes = 1'024;
  static const std::size_t kEventBytesMax;  // of one event; longer ones are refused

  // A new file; the system's error with the path. A full disk is no error here: see Write.
  static absl::StatusOr<std::unique_ptr<IntentFile>> Create(std::string path);
  // Removes the file when every intent has been cleared.
  ~IntentFile();
  IntentFile(const IntentFile&) = delete;
  IntentFile& operator=(const IntentFile&) = delete;

  // Keeps one more request, or the same one's next attempt when `intent` has a place already.
  // False, and counted: the disk is full, too many are under way or the event is too long; the
  // request is as good as before, but a kill would leave nothing of it.
  bool Write(Intent& intent, std::string_view event, const IntentPrice& price,
             const IntentProgress& progress);

  // Any thread.
  std::int64_t under_way() const { return under_way_.load(std::memory_order_relaxed); }
  std::int64_t not_kept() const { return not_kept_.load(std::memory_order_relaxed); }

  // What a dead process left in `path`; slots that are damaged (a power failure may tear them) are
  // counted in `damaged`. The event is valid during the call.
  static absl::Status ReadLeft(const std::string& path,
                               const std::function<void(const LeftIntent&)>& take,
                               std::int64_t& damaged);

 private:
  friend class Intent;
  struct Slot;

  IntentFile(std::string path, int fd, unsigned char* map);
  bool Grow();
  void Free(std::uint32_t slot);
  Slot& At(std::uint32_t slot) const;

  const std::string path_;
  const int fd_;
  unsigned char* const map_;
  std::uint32_t slots_ = 0;  // that the file has
  std::vector<std::uint32_t> free_;
  std::atomic<std::int64_t> under_way_{0};
  std::atomic<std::int64_t> not_kept_{0};
};

}  // namespace weir::relay

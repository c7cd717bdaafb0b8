#include "services/relay/intents/intent_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>

#include "libs/common/text.h"
#include "services/relay/metering/crc32c.h"

namespace weir::relay {

// As it stands in the file. A process that dies in between leaves a slot that is free, or one of
// its two progresses whole: `live` and `turn` are stored last.
struct IntentFile::Slot {
  std::atomic<std::uint32_t> live;  // 1 = a request is under way
  std::atomic<std::uint32_t> sent;
  std::atomic<std::uint32_t> turn;  // which progress counts
  std::uint32_t crc;                // of all from event_bytes to the event's end
  std::array<IntentProgress, 2> progress;
  std::uint64_t event_bytes;
  IntentPrice price;
  char event[kSlotBytes - 272];

  // What the CRC covers.
  std::string_view Fixed() const {
    constexpr std::size_t kAround = sizeof(event_bytes) + sizeof(price);
    return {reinterpret_cast<const char*>(&event_bytes), kAround + event_bytes};
  }
};

const std::size_t IntentFile::kEventBytesMax = sizeof(Slot::event);

namespace {

constexpr std::string_view kMagic = "WEIRINT1";
constexpr std::size_t kHeaderBytes = 4'096;            // a page, so that slots are aligned
constexpr std::uint32_t kGrowSlots = 256;              // at a time
constexpr std::uint32_t kSlotsMax = 256 * kGrowSlots;  // of one loop

constexpr std::size_t kMapBytes =
    kHeaderBytes + std::size_t{kSlotsMax} * IntentFile::kSlotBytes;  // of addresses, not of memory

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

// Whoever reads is the kernel's copy after a kill: the processor keeps the order of its stores for
// itself, and the compiler must not move the next ones before this point.
void KeepOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, StrCat("cannot ", what, " '", path, "'"));
}

}  // namespace

std::atomic<std::uint32_t>* Intent::sent() const {
  return file_ == nullptr ? nullptr : &file_->At(slot_).sent;
}

void Intent::TakeBack() {
  if (file_ != nullptr) file_->At(slot_).sent.store(0, std::memory_order_relaxed);
}

void Intent::Note(const IntentProgress& progress) {
  if (file_ == nullptr) return;
  IntentFile::Slot& slot = file_->At(slot_);
  const std::uint32_t other = 1 - slot.turn.load(std::memory_order_relaxed);
  slot.progress[other] = progress;
  slot.turn.store(other, std::memory_order_release);
  KeepOrder();
}

void Intent::Clear() {
  if (file_ != nullptr) std::exchange(file_, nullptr)->Free(slot_);
}

absl::StatusOr<std::unique_ptr<IntentFile>> IntentFile::Create(std::string path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("create", path);
  // Addresses for all that the file may grow to, so that slots never move.
  void* map = ::mmap(nullptr, kMapBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (map == MAP_FAILED) {
    const absl::Status status = SystemError("map", path);
    ::close(fd);
    ::unlink(path.c_str());
    return status;
  }
  std::unique_ptr<IntentFile> file(
      new IntentFile(std::move(path), fd, static_cast<unsigned char*>(map)));
  (void)file->Grow();  // a disk that is full now may have room when a slot is wanted
  return file;
}

IntentFile::IntentFile(std::string path, int fd, unsigned char* map)
    : path_(std::move(path)), fd_(fd), map_(map) {
  static_assert(sizeof(Slot) == kSlotBytes && std::is_standard_layout_v<Slot>);
  static_assert(std::is_trivially_copyable_v<IntentProgress>);
  static_assert(std::is_trivially_copyable_v<IntentPrice>);
}

IntentFile::~IntentFile() {
  ::munmap(map_, kMapBytes);
  ::close(fd_);
  if (under_way() == 0) ::unlink(path_.c_str());
}

IntentFile::Slot& IntentFile::At(std::uint32_t slot) const {
  return *std::launder(
      reinterpret_cast<Slot*>(map_ + kHeaderBytes + std::size_t{slot} * kSlotBytes));
}

// Allocated before its first use, so that a full disk shows here and not when a slot is written.
bool IntentFile::Grow() {
  if (slots_ == kSlotsMax) return false;
  const std::size_t bytes = kHeaderBytes + std::size_t{slots_ + kGrowSlots} * kSlotBytes;
  errno = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
  if (errno != 0) return false;
  if (slots_ == 0) std::memcpy(map_, kMagic.data(), kMagic.size());
  slots_ += kGrowSlots;
  // The one that was given back last is taken next: few pages are in use.
  for (std::uint32_t i = 1; i <= kGrowSlots; ++i) free_.push_back(slots_ - i);
  return true;
}

bool IntentFile::Write(Intent& intent, std::string_view event, const IntentPrice& price,
                       const IntentProgress& progress) {
  if (event.size() > kEventBytesMax || (free_.empty() && !Grow())) {
    not_kept_.fetch_add(1, std::memory_order_relaxed);
    intent.Clear();
    return false;
  }
  const std::uint32_t taken = free_.back();
  free_.pop_back();
  Slot& slot = At(taken);
  slot.sent.store(0, std::memory_order_relaxed);
  slot.turn.store(0, std::memory_order_relaxed);
  slot.progress[0] = progress;
  slot.event_bytes = event.size();
  slot.price = price;
  std::memcpy(slot.event, event.data(), event.size());
  slot.crc = Crc32c(slot.Fixed());
  slot.live.store(1, std::memory_order_release);
  KeepOrder();
  under_way_.store(under_way() + 1, std::memory_order_relaxed);
  // The attempt before it, if any, only now: there is always one.
  intent.Clear();
  intent.file_ = this;
  intent.slot_ = taken;
  return true;
}

void IntentFile::Free(std::uint32_t slot) {
  At(slot).live.store(0, std::memory_order_release);
  KeepOrder();
  free_.push_back(slot);
  under_way_.store(under_way() - 1, std::memory_order_relaxed);
}

absl::Status IntentFile::ReadLeft(const std::string& path,
                                  const std::function<void(const LeftIntent&)>& take,
                                  std::int64_t& damaged) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) return SystemError("read", path);
  // Made, and not yet used: nothing is in it.
  if (bytes.size() < kHeaderBytes || !std::string_view(bytes).starts_with(kMagic)) {
    return absl::OkStatus();
  }
  for (std::size_t at = kHeaderBytes; at + kSlotBytes <= bytes.size(); at += kSlotBytes) {
    alignas(Slot) std::array<char, sizeof(Slot)> copy;
    std::memcpy(copy.data(), bytes.data() + at, sizeof(Slot));
    const Slot& slot = *std::launder(reinterpret_cast<const Slot*>(copy.data()));
    if (slot.live == 0) continue;
    const std::uint32_t turn = slot.turn;
    if (turn > 1 || slot.event_bytes > kEventBytesMax || slot.crc != Crc32c(slot.Fixed())) {
      ++damaged;
      continue;
    }
    const std::string_view event(slot.event, slot.event_bytes);
    take({event, slot.price, slot.progress[turn], slot.sent != 0});
  }
  return absl::OkStatus();
}

}  // namespace weir::relay

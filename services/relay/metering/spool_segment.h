// One file of the spool, mapped into memory. See FORMAT.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::relay {

inline constexpr std::uint64_t kSegmentHeaderBytes = 64;
inline constexpr std::uint64_t kRecordHeaderBytes = 8;  // length, CRC32C

// Pages are made ready so far ahead of the writer, twice; and let go so far behind the reader.
inline constexpr std::uint64_t kPrefaultBytes = 256 * 1024;

// What a record of `payload_bytes` takes up: its head, the payload, and zeros up to the next 8.
constexpr std::uint64_t RecordBytes(std::uint64_t payload_bytes) {
  return (kRecordHeaderBytes + payload_bytes + 7) & ~std::uint64_t{7};
}

// Three parties, each with its own calls: one writer (Append, Close), one reader (from read() on),
// and whoever syncs. Unmapped when the last owner lets go; the file stays until Remove().
class SpoolSegment {
 public:
  // A new file of `bytes`, all of it allocated, so that writing can never run out of disk.
  // ResourceExhausted when the disk is full; other errors as the system tells them.
  static absl::StatusOr<std::shared_ptr<SpoolSegment>> Create(std::string path, std::uint64_t bytes,
                                                              std::uint64_t sequence,
                                                              std::uint32_t writer);
  // A file of an earlier run, closed for writing. Its records are checked up to the first bad one.
  // DataLoss when the file holds something but its head is damaged; NotFound when it was never
  // used.
  static absl::StatusOr<std::shared_ptr<SpoolSegment>> Recover(std::string path);

  ~SpoolSegment();
  SpoolSegment(const SpoolSegment&) = delete;
  SpoolSegment& operator=(const SpoolSegment&) = delete;

  // Writer. False when the rest of the file is too small. Once true, the record outlives the
  // process.
  bool Append(std::string_view payload);
  void Close() { closed_.store(true, std::memory_order_release); }
  // After an Append: true when it is time to Prefault, once for each time.
  bool WantsPages() {
    if (end_ < wants_pages_at_) return false;
    wants_pages_at_ += kPrefaultBytes;
    return true;
  }

  // Taken into use: a spare file may be made before another that is used earlier, so the order of
  // use is noted apart. Once, before the first Append.
  void SetOrder(std::uint64_t order);

  // Any thread.
  std::uint64_t order() const { return order_; }
  const std::string& path() const { return path_; }
  std::uint64_t sequence() const { return sequence_; }
  std::int64_t disk_bytes() const { return static_cast<std::int64_t>(disk_bytes_); }
  std::uint64_t published() const { return published_.load(std::memory_order_acquire); }
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  std::int64_t events() const { return events_.load(std::memory_order_relaxed); }
  std::int64_t events_acked() const { return events_acked_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_skipped() const { return bytes_skipped_; }
  // Brings what was published to the disk; blocks for as long as the disk takes. One thread.
  absl::Status Sync();
  // Has the pages of the next records ready, so that no Append waits for one; no more of them than
  // that, since each counts as resident. Any thread.
  void Prefault();

  // Gives the unused rest of a recovered file back to the disk.
  void Trim();

  // Reader. The payload at `offset`, which must lie below published(); moves `offset` behind it.
  std::string_view Payload(std::uint64_t& offset) const;
  std::uint64_t read() const { return read_; }
  void set_read(std::uint64_t offset) { read_ = offset; }
  // Any thread: what lies there, when it is below published(), usage does not have yet.
  std::uint64_t acked() const { return acked_.load(std::memory_order_acquire); }
  // Kept in the file too, so that the next start does not send these again.
  void MarkAcked(std::uint64_t offset, std::int64_t events);
  // Closed, and nothing in it that usage does not have.
  bool finished() const { return closed() && acked() == published(); }
  absl::Status Remove();

 private:
  SpoolSegment(std::string path, int fd, unsigned char* map, std::uint64_t bytes);
  void WriteHeader(std::uint32_t writer);
  absl::Status ReadHeader();
  void Scan();
  void ReleasePages();

  std::string path_;
  int fd_;
  unsigned char* map_;
  std::uint64_t bytes_;       // mapped
  std::uint64_t disk_bytes_;  // of the file
  std::uint64_t sequence_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t bytes_skipped_ = 0;
  std::uint64_t end_ = kSegmentHeaderBytes;  // writer's copy of published_
  std::atomic<std::uint64_t> published_{kSegmentHeaderBytes};
  std::atomic<bool> closed_{false};
  std::atomic<std::int64_t> events_{0};
  std::atomic<std::int64_t> events_acked_{0};
  std::uint64_t synced_ = kSegmentHeaderBytes;             // by the syncing thread
  std::uint64_t read_ = kSegmentHeaderBytes;               // by the reader
  std::atomic<std::uint64_t> acked_{kSegmentHeaderBytes};  // by the reader
  std::uint64_t released_ = 0;                     // by the reader: pages before it are let go
  std::uint64_t wants_pages_at_ = kPrefaultBytes;  // by the writer
};

}  // namespace weir::relay

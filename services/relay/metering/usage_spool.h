// The durable queue of usage events: from the threads that serve requests to the reporter.
//
// Append copies a record into a memory-mapped file, so that from its return on the record survives
// the process (kill -9 included), without a system call. A background thread brings it to the disk
// every sync_ms; a power failure loses at most what was younger. FORMAT.md describes the files.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir {
class Metrics;
}

namespace weir::relay {

class SpoolSegment;
class UsageSpool;

struct SpoolOptions {
  std::string folder;                    // made when missing
  std::int64_t segment_bytes = 4 << 20;  // size of one file
  std::int64_t bytes_max = 1 << 30;      // all files together
  std::int64_t sync_ms = 1'000;
};

// What start found of earlier runs.
struct SpoolRecovery {
  std::int64_t segments = 0;
  std::int64_t events = 0;         // not yet acknowledged
  std::int64_t bytes_skipped = 0;  // behind a damaged record
};

// A run of records of one segment; keeps the segment's memory alive.
struct SpoolSpan {
  std::shared_ptr<SpoolSegment> segment;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int64_t events = 0;
};

// One thread's way in. The spool must outlive it. Not thread-safe.
class SpoolWriter {
 public:
  ~SpoolWriter();  // closes its file
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  // True: the record outlives this process. False: the spool or the disk is full, or the payload is
  // empty or larger than a file; nothing was written and the spool counts it. About 100 ns and no
  // system call, but for each new file (once per segment_bytes), which is ready beforehand.
  bool Append(std::string_view payload);

 private:
  friend class UsageSpool;
  struct Slot;

  SpoolWriter(UsageSpool& spool, Slot& slot);
  bool TakeNextFile();

  UsageSpool& spool_;
  Slot& slot_;
  std::shared_ptr<SpoolSegment> segment_;
  std::uint64_t rotation_ = 0;
};

class UsageSpool {
 public:
  // Locks the folder (FailedPrecondition when another relay holds it), recovers what earlier runs
  // left, starts the background thread. The system's error with the path when the folder cannot be
  // used.
  static absl::StatusOr<std::unique_ptr<UsageSpool>> Open(SpoolOptions options);
  // All writers must be gone.
  ~UsageSpool();
  UsageSpool(const UsageSpool&) = delete;
  UsageSpool& operator=(const UsageSpool&) = delete;

  // One for each thread that appends; made on any thread. A full spool or disk is no error here:
  // CanAccept() tells. The system's error when files cannot be made for another reason.
  absl::StatusOr<std::unique_ptr<SpoolWriter>> NewWriter();

  // False when the spool or the disk is full: refuse new requests (reason::kSpoolFull). Requests in
  // flight still find room: it turns false when a spare file cannot be made, and then each writer
  // has its whole current file left. One relaxed load; any thread.
  bool CanAccept() const { return accepting_.load(std::memory_order_relaxed); }

  // Writers go on in new files from their next Append, so that the old ones can be deleted.
  void Rotate() { rotation_.fetch_add(1, std::memory_order_relaxed); }

  // Any thread.
  const SpoolRecovery& recovery() const { return recovery_; }
  std::int64_t events_pending() const;  // not yet acknowledged, those of earlier runs too
  // The first record of each file that usage does not have yet: the oldest one is among them.
  void VisitOldest(const std::function<void(std::string_view payload)>& visit) const;
  std::int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }  // files on disk
  std::int64_t appends_refused() const { return refused_.load(std::memory_order_relaxed); }
  // weir_relay_spool_*; the spool must live as long as the registry is asked.
  void AddMetrics(Metrics& metrics) const;

  // The reporter's thread only, from here on. Records come oldest file first, in order within a
  // file; each is returned once until Rewind().

  // Calls `take` for at most `events_max` records of at most `bytes_max` bytes together (but for
  // one record in any case) and returns where they lie; empty when there is nothing. The payload is
  // valid during the call.
  using Take = std::function<void(std::string_view payload)>;
  std::vector<SpoolSpan> Read(std::int64_t events_max, std::int64_t bytes_max, const Take& take);

  // Usage has committed these, which must be in the order in which they were read. Deletes each
  // file that is closed and done with.
  void MarkAcked(const std::vector<SpoolSpan>& spans);

  // What was read and not acknowledged will be read again.
  void Rewind();

 private:
  friend class SpoolWriter;

  explicit UsageSpool(SpoolOptions options);
  absl::Status LockFolder();
  absl::Status RecoverSegments();
  absl::Status RecoverOne(const std::string& path);
  absl::StatusOr<std::shared_ptr<SpoolSegment>> CreateSegment(std::uint32_t writer);
  std::shared_ptr<SpoolSegment> NextSegment(SpoolWriter::Slot& slot);
  void TakeIntoUse(const std::shared_ptr<SpoolSegment>& segment);
  void ReleaseSlot(SpoolWriter::Slot& slot);
  void Discard(SpoolSegment& segment);
  void WakeBackground();
  std::vector<std::shared_ptr<SpoolSegment>> Segments() const;
  void RemoveFinished();
  void RunBackground();
  void PrefaultAll();
  void MakeSpares();
  void SyncAll();

  const SpoolOptions options_;
  int lock_fd_ = -1;
  int folder_fd_ = -1;
  SpoolRecovery recovery_;
  std::atomic<bool> accepting_{true};
  std::atomic<std::uint64_t> rotation_{0};
  std::atomic<std::uint64_t> next_sequence_{1};
  std::uint64_t next_order_ = 1;  // by mutex_
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::int64_t> refused_{0};
  std::atomic<std::int64_t> sync_errors_{0};
  std::atomic<bool> folder_changed_{false};  // since it was synced

  mutable std::mutex mutex_;
  std::condition_variable background_wakes_;
  bool stopping_ = false;                                  // by mutex_
  bool work_wanted_ = false;                               // by mutex_: spare files, or pages
  std::vector<std::shared_ptr<SpoolSegment>> segments_;    // by mutex_; without the spare ones
  std::vector<std::unique_ptr<SpoolWriter::Slot>> slots_;  // by mutex_
  std::thread background_;
};

}  // namespace weir::relay

// Applies weir.yaml again when it changes while admin runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"

namespace weir::admin {

// What tells two states of a file apart, links followed: an editor that writes a new file, and
// Kubernetes, which turns a link, change the inode.
struct FileMark {
  std::int64_t modified_ns = 0;  // 0 = there is none
  std::int64_t bytes = 0;
  ino_t inode = 0;
  bool operator==(const FileMark&) const = default;
};
FileMark MarkOf(const std::string& path);

// Decides when: a change counts once the file has stayed as it is for one look. No I/O.
class ChangeDetector {
 public:
  explicit ChangeDetector(const FileMark& applied) : applied_(applied), seen_(applied) {}

  // True when the file, which is now `mark`, is to be applied. It counts as applied then.
  bool Look(const FileMark& mark);
  // It could not be applied for a reason that passes: the next look says so again.
  void Retry() { applied_ = {.modified_ns = -1, .bytes = 0, .inode = 0}; }

 private:
  FileMark applied_;
  FileMark seen_;
};

class ConfigWatcher {
 public:
  static constexpr std::chrono::milliseconds kPoll{1000};

  // `apply` reads the file anew. `before` is its mark from before it was applied first.
  ConfigWatcher(std::string path, const FileMark& before, std::function<absl::Status()> apply);
  ~ConfigWatcher();  // waits for an apply that is under way

 private:
  void Loop();
  void Apply();

  const std::string path_;
  const std::function<absl::Status()> apply_;
  ChangeDetector detector_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weir::admin

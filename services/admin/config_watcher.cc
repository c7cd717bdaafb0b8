#include "services/admin/config_watcher.h"

#include <sys/stat.h>

#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"

namespace weir::admin {

FileMark MarkOf(const std::string& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return {};
  constexpr std::int64_t kNsPerS = 1'000'000'000;
  return {.modified_ns = found.st_mtim.tv_sec * kNsPerS + found.st_mtim.tv_nsec,
          .bytes = found.st_size,
          .inode = found.st_ino};
}

bool ChangeDetector::Look(const FileMark& mark) {
  const bool settled = mark == seen_;
  seen_ = mark;
  // A file that is gone, perhaps for a moment, changes nothing.
  if (!settled || mark == applied_ || mark.modified_ns == 0) return false;
  applied_ = mark;
  return true;
}

ConfigWatcher::ConfigWatcher(std::string path, const FileMark& before,
                             std::function<absl::Status()> apply)
    : path_(std::move(path)), apply_(std::move(apply)), detector_(before) {
  thread_ = std::thread([this] { Loop(); });
}

ConfigWatcher::~ConfigWatcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ConfigWatcher::Loop() {
  NameBackgroundThread("config watcher");
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kPoll, [this] { return stopping_; })) return;
    }
    if (detector_.Look(MarkOf(path_))) Apply();
  }
}

void ConfigWatcher::Apply() {
  const absl::Status applied = apply_();
  if (applied.ok()) {
    LogInfo("the configuration file was applied", {{"file", path_}});
    return;
  }
  // Its author has to act, unless it is a matter of time.
  const bool passes = absl::IsUnavailable(applied) || absl::IsAborted(applied) ||
                      absl::IsResourceExhausted(applied) || absl::IsAlreadyExists(applied);
  if (passes) detector_.Retry();
  LogError("the configuration file is refused; that of before holds",
           {{"error", View(applied.message())}});
}

}  // namespace weir::admin

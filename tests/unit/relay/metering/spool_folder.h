// A spool's folder for one test, and ways to look into it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/relay/metering/usage_spool.h"

namespace weir::relay::testing {

class SpoolFolder {
 public:
  SpoolFolder() {
    path_ = "/tmp/weir-spool-XXXXXX";
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~SpoolFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

  std::unique_ptr<UsageSpool> Open(std::int64_t segment_bytes = 64 << 10,
                                   std::int64_t bytes_max = 1 << 30) const {
    SpoolOptions options;
    options.folder = path_;
    options.segment_bytes = segment_bytes;
    options.bytes_max = bytes_max;
    options.sync_ms = 20;
    absl::StatusOr<std::unique_ptr<UsageSpool>> spool = UsageSpool::Open(options);
    EXPECT_TRUE(spool.ok()) << spool.status();
    return spool.ok() ? *std::move(spool) : nullptr;
  }

  std::vector<std::string> Files(const std::string& extension = ".spool") const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().extension() == extension) files.push_back(entry.path().string());
    }
    return files;
  }

 private:
  std::string path_;
};

// All that can be read now; acknowledged when asked.
inline std::vector<std::string> ReadAll(UsageSpool& spool, bool acknowledge) {
  std::vector<std::string> records;
  while (true) {
    const std::vector<SpoolSpan> spans =
        spool.Read(7, 1 << 20, [&](std::string_view record) { records.emplace_back(record); });
    if (spans.empty()) return records;
    if (acknowledge) spool.MarkAcked(spans);
  }
}

}  // namespace weir::relay::testing

// The console, as the settings of the moment have it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "services/admin/http/console_files.h"
#include "services/admin/http/message.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// Thread-safe.
class Console {
 public:
  // `store` must outlive this. Without files nothing is the console's.
  explicit Console(Store& store) : store_(store) {}

  // Before the first request. An empty folder is none.
  void Load(const std::string& folder);

  // Whether there is a page at all.
  bool has_pages() const { return !files_.empty(); }
  // The router's Pages.
  std::optional<Response> Answer(const Request& request);

 private:
  std::string RelayUrl();

  Store& store_;
  ConsoleFiles files_;
  std::mutex mutex_;
  std::string relay_url_;  // as it was known last: the page comes without a database too
  std::int64_t read_again_ms_ = 0;
};

}  // namespace weir::admin

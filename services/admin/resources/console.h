// The console, as the settings of the moment have it.
#pragma once

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

  // The router's Pages.
  std::optional<Response> Answer(const Request& request);

 private:
  std::string RelayUrl();

  Store& store_;
  ConsoleFiles files_;
  std::mutex mutex_;
  std::string relay_url_;  // as it was known last: the page comes without a database too
};

}  // namespace weir::admin

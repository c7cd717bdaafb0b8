#include "services/admin/resources/console.h"

#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/admin/http/console_answer.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {

void Console::Load(const std::string& folder) {
  if (folder.empty()) return;
  auto files = ReadConsoleFiles(folder);
  if (files.ok()) {
    files_ = *std::move(files);
    return;
  }
  LogWarning(
      "the API is served without the console: build it with ./weir build, or name its "
      "folder in WEIR_ADMIN_CONSOLE_DIR",
      {{"error", View(files.status().message())}});
}

std::optional<Response> Console::Answer(const Request& request) {
  return ConsoleAnswer(files_, request, [this] { return RelayUrl(); });
}

// Pages need no log-in, so whoever asks for many must not cost a read of the database each.
std::string Console::RelayUrl() {
  constexpr std::int64_t kRememberedMs = 1'000;
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now_ms = store_.NowMs();
    const bool is_fresh = now_ms < read_again_ms_ && read_again_ms_ <= now_ms + kRememberedMs;
    if (is_fresh) return relay_url_;
    read_again_ms_ = now_ms + kRememberedMs;  // the others take what is known, and wait for nobody
  }
  auto settings = ReadValue(store_, settings_store::Get);
  const std::lock_guard lock(mutex_);
  if (settings.ok()) relay_url_ = settings->relay_url;
  return relay_url_;
}

}  // namespace weir::admin

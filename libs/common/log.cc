#include "libs/common/log.h"

#include <unistd.h>

#include <atomic>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "libs/common/json_text.h"
#include "libs/common/text.h"

namespace weir {
namespace {

std::atomic<LogLevel> g_level{LogLevel::kInfo};
std::mutex g_service_mutex;
std::string* g_service = nullptr;  // leaked on purpose: lines may be written until the very end

std::string_view LevelText(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

}  // namespace

void StartLog(std::string_view service, LogLevel level) {
  const std::lock_guard<std::mutex> lock(g_service_mutex);
  delete g_service;
  g_service = new std::string(service);
  g_level = level;
}

LogLevel LogLevelFromText(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "warning") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  std::string line = StrCat(
      R"({"time":")", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
      R"(","level":")", LevelText(level), R"(","service":")");
  {
    const std::lock_guard<std::mutex> lock(g_service_mutex);
    if (g_service != nullptr) line += *g_service;
  }
  line += R"(","message":)";
  AppendJsonString(line, message);
  for (const LogField& field : fields) {
    StrAppend(line, ",\"", field.name, "\":");
    if (field.value.raw()) {
      line += field.value.text();
    } else {
      AppendJsonString(line, field.value.text());
    }
  }
  line += "}\n";
  // A log that cannot be written has nowhere to complain.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace weir

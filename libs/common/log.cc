#include "libs/common/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
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

}  // namespace

void StartLog(std::string_view service, LogLevel level) {
  const std::lock_guard<std::mutex> lock(g_service_mutex);
  delete g_service;
  g_service = new std::string(service);
  g_level = level;
}

std::string_view LogLevelText(LogLevel level) {
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

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (text == LogLevelText(level)) return level;
  }
  return std::nullopt;
}

LogLevel LogLevelFromText(std::string_view text) {
  return ParseLogLevel(text).value_or(LogLevel::kInfo);
}

LogLevel CurrentLogLevel() { return g_level.load(std::memory_order_relaxed); }

void SetLogLevel(LogLevel level) {
  const LogLevel before = CurrentLogLevel();
  const auto tell = [&] {
    LogInfo("log level changed", {{"from", LogLevelText(before)}, {"to", LogLevelText(level)}});
  };
  if (level > before) tell();  // afterwards it might not be written
  g_level.store(level, std::memory_order_relaxed);
  if (level <= before) tell();
}

std::string LogLine(LogLevel level, std::string_view message,
                    std::initializer_list<LogField> fields) {
  std::string line = StrCat(
      R"({"time":")", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
      R"(","level":")", LogLevelText(level), R"(","service":")");
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
  return line;
}

void WriteLog(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a log that cannot be written has nowhere to complain
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (LogsAt(level)) WriteLog(LogLine(level, message, fields));
}

}  // namespace weir

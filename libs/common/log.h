// One JSON object a line on standard error: time, level, service, message, fields. Never a
// credential, never a body: fields are plain values, and Secret has no way to become one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A field's value: text or number.
class LogValue {
 public:
  LogValue(std::string_view text) : text_(text) {}
  LogValue(const std::string& text) : text_(text) {}
  LogValue(const char* text) : text_(text) {}
  LogValue(bool flag) : text_(flag ? "true" : "false"), raw_(true) {}
  template <typename Int, typename = std::enable_if_t<std::is_integral_v<Int>>>
  LogValue(Int number) : text_(std::to_string(number)), raw_(true) {}

  const std::string& text() const { return text_; }
  // True: stands in the JSON as it is; false: is quoted.
  bool raw() const { return raw_; }

 private:
  std::string text_;
  bool raw_ = false;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

// Once at start: the service's name on each line, and the smallest level that is written.
void StartLog(std::string_view service, LogLevel level);
// "debug", "info", "warning", "error"; anything else is kInfo.
LogLevel LogLevelFromText(std::string_view text);
// The same; nothing for anything else.
std::optional<LogLevel> ParseLogLevel(std::string_view text);
std::string_view LogLevelText(LogLevel level);

// While the process runs, from any thread; at once. Says so in the log.
void SetLogLevel(LogLevel level);
LogLevel CurrentLogLevel();
inline bool LogsAt(LogLevel level) { return level >= CurrentLogLevel(); }

// Thread-safe; a line is one write, so lines of threads never mix.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

// One line as Log writes it, with its end, whatever the level; and whole lines, written.
std::string LogLine(LogLevel level, std::string_view message,
                    std::initializer_list<LogField> fields);
void WriteLog(std::string_view lines);

inline void LogDebug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace weir

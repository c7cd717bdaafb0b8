#include "services/usage/day_partition.h"

#include <chrono>

#include "absl/strings/escaping.h"

#include "libs/common/text.h"

namespace weir::usage {
namespace {

constexpr std::string_view kUntil = "until_";
constexpr std::size_t kTimeBytes = 6;

std::optional<std::int64_t> DayFromText(std::string_view text) {
  std::int64_t number = 0;
  if (text.size() != 8 || !ParseInteger(text, number)) return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year(static_cast<int>(number / 10'000)),
      std::chrono::month(static_cast<unsigned>(number / 100 % 100)),
      std::chrono::day(static_cast<unsigned>(number % 100))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch().count() * kDayMs;
}

}  // namespace

std::string DayText(std::int64_t day_unix_ms) {
  const std::chrono::year_month_day day{
      std::chrono::sys_days(std::chrono::days(day_unix_ms / kDayMs))};
  return StrCat(static_cast<unsigned>(static_cast<int>(day.year())) * 10'000 +
                static_cast<unsigned>(day.month()) * 100 + static_cast<unsigned>(day.day()));
}

std::string DayPartitionName(std::string_view table, std::int64_t day_unix_ms) {
  return StrCat(table, "_", DayText(day_unix_ms));
}

std::string UntilPartitionName(std::string_view table, std::int64_t day_unix_ms) {
  return StrCat(table, "_", kUntil, DayText(day_unix_ms));
}

std::optional<DayPartition> PartitionFromName(std::string_view table, std::string_view name) {
  if (!name.starts_with(table) || name.size() <= table.size() + 1) return std::nullopt;
  std::string_view rest = name.substr(table.size() + 1);
  const bool until = rest.starts_with(kUntil);
  if (until) rest.remove_prefix(kUntil.size());
  const std::optional<std::int64_t> day = DayFromText(rest);
  if (!day) return std::nullopt;
  const TimeSpan span = until ? TimeSpan{0, *day} : TimeSpan{*day, *day + kDayMs};
  return DayPartition{.span = span, .name = std::string(name)};
}

std::string LeastId(std::int64_t unix_ms) {
  std::string bytes(kTimeBytes, '\0');
  for (std::size_t i = kTimeBytes; i > 0; --i, unix_ms >>= 8) {
    bytes[i - 1] = static_cast<char>(unix_ms & 0xFF);
  }
  return bytes;
}

std::string LeastIdSql(std::int64_t unix_ms) {
  return StrCat("'\\x", absl::BytesToHexString(LeastId(unix_ms)), "'");
}

std::int64_t UnixMsOfId(std::string_view id) {
  std::int64_t unix_ms = 0;
  for (const char byte : id.substr(0, kTimeBytes)) {
    unix_ms = (unix_ms << 8) | static_cast<unsigned char>(byte);
  }
  return unix_ms;
}

}  // namespace weir::usage

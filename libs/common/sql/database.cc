#include "libs/common/sql/database.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <type_traits>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/shutdown.h"
#include "libs/common/sql/postgres_database.h"
#include "libs/common/sql/sqlite_database.h"
#include "libs/common/text.h"

namespace weir::sql {
namespace {

constexpr int kTriesMax = 5;
constexpr int kRetryDelayMsMin = 4;

// Reading a column as what it is not can only be a mistake in our SQL: stop rather than go on with
// a wrong figure.
template <typename T>
const T* ColumnAs(const std::vector<Value>& columns, std::size_t column) {
  if (column < columns.size()) {
    if (const T* value = std::get_if<T>(&columns[column])) return value;
    if (std::holds_alternative<std::monostate>(columns[column])) return nullptr;
  }
  std::fprintf(stderr, "weir_sql: column %zu of %zu is missing or has another type\n", column,
               columns.size());
  std::abort();
}

// Two transactions that collided must not collide again at once.
void SleepBeforeTry(int tries) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int delay_ms_max = kRetryDelayMsMin << tries;
  std::uniform_int_distribution<int> delay_ms(kRetryDelayMsMin, delay_ms_max);
  std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms(random)));
}

Database::Body OneStatement(std::string_view sql, const std::vector<Value>& parameters,
                            Result& result) {
  return [sql, &parameters, &result](Transaction& transaction) {
    absl::StatusOr<Result> answer = transaction.Execute(sql, parameters);
    if (!answer.ok()) return answer.status();
    result = *std::move(answer);
    return absl::OkStatus();
  };
}

}  // namespace

std::int64_t Row::Int(std::size_t column) const {
  const auto* value = ColumnAs<std::int64_t>(columns_, column);
  return value == nullptr ? 0 : *value;
}

const std::string& Row::Text(std::size_t column) const {
  static const std::string kEmpty;
  const auto* value = ColumnAs<std::string>(columns_, column);
  return value == nullptr ? kEmpty : *value;
}

const std::string& Row::Bytes(std::size_t column) const {
  static const std::string kEmpty;
  const auto* value = ColumnAs<Blob>(columns_, column);
  return value == nullptr ? kEmpty : value->bytes;
}

bool Row::IsNull(std::size_t column) const {
  return std::holds_alternative<std::monostate>(columns_.at(column));
}

absl::Status Database::Transact(const Body& body) { return RunWithRetries(Access::kWrite, body); }

absl::Status Database::Read(const Body& body) { return RunWithRetries(Access::kRead, body); }

absl::Status Database::RunWithRetries(Access access, const Body& body) {
  for (int tries = 1;; ++tries) {
    absl::Status status = RunOnce(access, body);
    if (!absl::IsAborted(status) || tries == kTriesMax) return status;
    SleepBeforeTry(tries);
  }
}

absl::StatusOr<Result> Database::Execute(std::string_view sql,
                                         const std::vector<Value>& parameters) {
  Result result;
  absl::Status status = Transact(OneStatement(sql, parameters, result));
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<Result> Database::Query(std::string_view sql, const std::vector<Value>& parameters) {
  Result result;
  absl::Status status = Read(OneStatement(sql, parameters, result));
  if (!status.ok()) return status;
  return result;
}

absl::Status Database::Ping() { return Query("SELECT 1").status(); }

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(std::string_view url, int connections_max) {
  if (connections_max < 1) return absl::InvalidArgumentError("connections_max must be at least 1");
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return OpenPostgres(url, connections_max);
  }
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    return OpenSqlite(url.substr(kSqlite.size()), connections_max);
  }
  return absl::InvalidArgumentError(
      "a database URL is sqlite:PATH or postgresql://user:password@host/database");
}

namespace {

// False: the process is to end.
bool SleepUnlessStopped(std::int64_t ms) {
  constexpr std::int64_t kAtOnceMs = 50;
  for (; ms > 0 && !ShutdownSignal::IsPending(); ms -= kAtOnceMs) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(ms, kAtOnceMs)));
  }
  return !ShutdownSignal::IsPending();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenDatabaseWithin(std::string_view url,
                                                             int connections_max,
                                                             std::int64_t timeout_ms) {
  Backoff backoff(100, 2'000);
  const std::int64_t give_up_ns = SteadyNs() + timeout_ms * 1'000'000;
  for (;;) {
    absl::StatusOr<std::unique_ptr<Database>> database = OpenDatabase(url, connections_max);
    if (!absl::IsUnavailable(database.status()) || SteadyNs() >= give_up_ns) return database;
    LogWarning("waiting for the database", {{"error", View(database.status().message())}});
    if (!SleepUnlessStopped(backoff.NextDelayMs())) {
      return absl::CancelledError("asked to end while waiting for the database");
    }
  }
}

}  // namespace weir::sql

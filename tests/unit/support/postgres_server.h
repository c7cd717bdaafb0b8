// A PostgreSQL 15 of the tests' own, out of Debian's package.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::testing {

// Its data is in a folder below /tmp, it listens on a Unix socket there and nowhere else, and it
// ends with the program that started it. Runs as the user `postgres` (else `nobody`) when the tests
// run as root, which PostgreSQL refuses. Not thread-safe.
class PostgresServer {
 public:
  // The one server of this program, started at the first call. Errors say what is missing: a test
  // fails on them, it never skips.
  static absl::StatusOr<PostgresServer*> Shared();

  // Starts another one, for tests that stop it.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Create();

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // The URL of a new, empty database.
  absl::StatusOr<std::string> NewDatabase();

  absl::Status Start();  // returns when it accepts connections
  void Stop();           // cuts all connections, keeps the data
  void Crash();          // as kill -9 would, except for leaving processes behind

 private:
  explicit PostgresServer(std::string folder) : folder_(std::move(folder)) {}

  std::string Url(const std::string& database) const;
  void End(int signal);

  const std::string folder_;
  pid_t pid_ = 0;
  int databases_ = 0;
};

}  // namespace weir::testing

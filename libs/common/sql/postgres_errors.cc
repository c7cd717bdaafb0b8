#include "libs/common/sql/postgres_errors.h"

#include <string>

#include <pqxx/except>

#include "libs/common/text.h"

namespace weir::sql {
namespace {

// The server's DETAIL, and the text of most messages, quote values. The first line of a message
// about constraints (23), names and syntax (42) names only parts of the schema.
std::string SafeMessage(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  const bool names_schema_only = state.starts_with("23") || state.starts_with("42");
  if (!names_schema_only) return StrCat("PostgreSQL: error ", state);
  const std::string message = error.what();
  return StrCat("PostgreSQL: ", message.substr(0, message.find('\n')), " (", state, ")");
}

}  // namespace

absl::Status PostgresErrorStatus(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  const std::string message = SafeMessage(error);
  if (state == "23505") return absl::AlreadyExistsError(message);
  // A row that waited for a partition which took its table's place meanwhile: it finds another one
  // when it comes again.
  if (state == "23514" && message.find("partition constraint") != std::string::npos) {
    return absl::AbortedError(message);
  }
  if (state.starts_with("23")) return absl::FailedPreconditionError(message);
  // A number out of range, as of a sum that is full; bytes that are no characters.
  if (state == "22003" || state == "22021") return absl::InvalidArgumentError(message);
  // Serialization failure, deadlock, lock not available.
  if (state == "40001" || state == "40P01" || state == "55P03") return absl::AbortedError(message);
  // Without a state it is not the server that speaks: libpq lost it in the middle of a statement.
  if (state.empty()) return absl::UnavailableError("PostgreSQL: the connection is lost");
  // Connection, resources, operator's shutdown, system error, a standby that cannot write.
  for (std::string_view lost : {"08", "53", "57P", "58", "25006"}) {
    if (state.starts_with(lost)) return absl::UnavailableError(message);
  }
  return absl::InternalError(message);
}

// libpq quotes the whole URL when it cannot read it; only its words about the network are passed
// on.
absl::Status PostgresConnectStatus(std::string_view message) {
  const std::string_view line = message.substr(0, message.find('\n'));
  if (line.starts_with("connection to server")) {
    return absl::UnavailableError(StrCat("PostgreSQL: ", line));
  }
  return absl::UnavailableError("PostgreSQL: cannot connect; check the database URL");
}

}  // namespace weir::sql

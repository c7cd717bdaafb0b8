#include "libs/common/sql/postgres_database.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include <pqxx/pqxx>

#include "libs/common/sql/connection_pool.h"
#include "libs/common/sql/postgres_errors.h"
#include "libs/common/sql/postgres_options.h"
#include "libs/common/sql/postgres_text.h"
#include "libs/common/text.h"

namespace weir::sql {
namespace {

// A parameter in PostgreSQL's text form.
struct PgText {
  bool null = true;
  std::string text;
};

}  // namespace
}  // namespace weir::sql

namespace pqxx {

template <>
struct string_traits<weir::sql::PgText> {
  static constexpr const char* name() noexcept { return "text"; }
  static constexpr bool has_null() noexcept { return true; }
  static bool is_null(const weir::sql::PgText& value) { return value.null; }
  static std::string to_string(const weir::sql::PgText& value) { return value.text; }
};

}  // namespace pqxx

namespace weir::sql {
namespace {

// Lines of COPY's text format, joined by newlines: each message to libpq has its price.
struct CopyLines {
  std::string text;
};
constexpr std::size_t kCopyLinesBytes = 64 << 10;

// What libpqxx's COPY stream calls to make a line of a row; it finds this one by the type.
std::string separated_list(const std::string& /*separator*/, const CopyLines& lines,
                           const pqxx::internal::TypedCopyEscaper& /*escape*/) {
  return lines.text;
}

// Statements with lists of varying length must not fill the server's memory: past this many, they
// are sent unprepared.
constexpr std::size_t kPreparedMax = 256;

// Type numbers of pg_type that never change.
enum : pqxx::oid {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kOid = 26,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700,
};

absl::StatusOr<std::vector<PgText>> ToText(const std::vector<Value>& values) {
  std::vector<PgText> texts(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    texts[i].null = std::holds_alternative<std::monostate>(values[i]);
    if (const auto* integer = std::get_if<std::int64_t>(&values[i])) {
      texts[i].text = StrCat(*integer);
    } else if (const auto* text = std::get_if<std::string>(&values[i])) {
      if (text->find('\0') != std::string::npos) {
        return absl::InvalidArgumentError(StrCat("parameter $", i + 1, " has a NUL byte"));
      }
      texts[i].text = *text;
    } else if (const auto* blob = std::get_if<Blob>(&values[i])) {
      texts[i].text = StrCat("\\x", absl::BytesToHexString(blob->bytes));
    }
  }
  return texts;
}

absl::StatusOr<Value> ToValue(const pqxx::field& field) {
  if (field.is_null()) return Value();
  const std::string_view text(field.c_str(), field.size());
  switch (field.type()) {
    case kBool:
      return Value(std::int64_t{text == "t"});
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
    case kNumeric: {  // SUM of BIGINT is numeric
      std::int64_t integer = 0;
      if (!ParseInteger(text, integer)) {
        return absl::InternalError(StrCat("column ", field.name(), " is not a 64-bit integer"));
      }
      return Value(integer);
    }
    case kBytea:
      return Value(Blob{absl::HexStringToBytes({text.data() + 2, text.size() - 2})});  // "\\x…"
    case kFloat4:
    case kFloat8:
      return absl::InternalError(StrCat("column ", field.name(), " is a float"));
    default:
      return Value(std::string(text));
  }
}

absl::StatusOr<Result> ToResult(const pqxx::result& answer) {
  Result result;
  result.affected_rows = static_cast<std::int64_t>(answer.affected_rows());
  result.rows.reserve(answer.size());
  for (const pqxx::row& row : answer) {
    std::vector<Value> columns;
    columns.reserve(row.size());
    for (pqxx::row::size_type column = 0; column < row.size(); ++column) {
      absl::StatusOr<Value> value = ToValue(row[column]);
      if (!value.ok()) return value.status();
      columns.push_back(*std::move(value));
    }
    result.rows.emplace_back(std::move(columns));
  }
  return result;
}

// Runs `call`, which throws what libpqxx throws; nothing leaves this file as an exception.
template <typename Call>
absl::Status Guarded(const Call& call) {
  try {
    return call();
  } catch (const pqxx::broken_connection&) {
    return absl::UnavailableError("PostgreSQL: the connection is lost");
  } catch (const pqxx::in_doubt_error&) {
    return absl::UnavailableError("PostgreSQL: the connection is lost while committing");
  } catch (const pqxx::sql_error& error) {
    return PostgresErrorStatus(error);
  } catch (const std::exception& error) {
    // libpqxx's own complaints; they quote statements, never parameters.
    return absl::InternalError(StrCat("libpqxx: ", error.what()));
  }
}

class PostgresConnection {
 public:
  explicit PostgresConnection(const std::string& url) : connection_(url), quiet_(connection_) {
    pqxx::nontransaction(connection_).exec(kBeginSession);
  }

  pqxx::connection& get() { return connection_; }

  // The name under which `sql` is prepared, or nothing when it is to be sent as it is.
  std::optional<std::string> PreparedName(std::string_view sql) {
    if (auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
    if (prepared_.size() >= kPreparedMax) return std::nullopt;
    std::string name = StrCat("weir_", prepared_.size());
    connection_.prepare(name, std::string(sql));
    prepared_.emplace(sql, name);
    return name;
  }

 private:
  pqxx::connection connection_;
  pqxx::quiet_errorhandler quiet_;  // notices would go to stderr as unstructured lines
  std::map<std::string, std::string, std::less<>> prepared_;
};

class PostgresTransaction final : public Transaction {
 public:
  PostgresTransaction(PostgresConnection& connection, pqxx::transaction_base& work)
      : connection_(connection), work_(work) {}

  using Transaction::Execute;
  absl::StatusOr<Result> Execute(std::string_view sql,
                                 const std::vector<Value>& parameters) override {
    return Answered([&]() -> absl::StatusOr<Result> {
      absl::StatusOr<std::vector<PgText>> texts = ToText(parameters);
      if (!texts.ok()) return texts.status();
      return ToResult(Send(sql, *texts));
    });
  }

  absl::Status Lock(std::string_view name) override {
    return Execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                   {Value(std::string(name))})
        .status();
  }

  absl::Status InsertMany(std::string_view table, const std::vector<std::string_view>& columns,
                          const std::vector<std::vector<Value>>& rows) override {
    return Attempt([&] { return Copy(table, columns, rows); });
  }

  absl::StatusOr<bool> TryInsertMany(std::string_view table,
                                     const std::vector<std::string_view>& columns,
                                     const std::vector<std::vector<Value>>& rows) override {
    bool inserted = false;
    absl::Status status = Attempt([&]() -> absl::Status {
      work_.exec("SAVEPOINT weir_try");
      absl::Status copied = Guarded([&] { return Copy(table, columns, rows); });
      inserted = copied.ok();
      if (!inserted && !absl::IsAlreadyExists(copied)) return copied;
      if (!inserted) work_.exec("ROLLBACK TO SAVEPOINT weir_try");
      work_.exec("RELEASE SAVEPOINT weir_try");
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return inserted;
  }

  absl::StatusOr<Result> MergeMany(std::string_view table,
                                   const std::vector<std::string_view>& columns,
                                   const std::vector<std::vector<Value>>& rows,
                                   std::string_view on_conflict) override {
    if (rows.empty()) return Result{};
    return Answered([&] { return Merge(table, columns, rows, on_conflict); });
  }

  SqlDialect dialect() const override { return SqlDialect::kPostgres; }

  const absl::Status& failure() const { return failure_; }

 private:
  template <typename Call>
  absl::Status Attempt(const Call& call) {
    if (failure_.ok()) failure_ = Guarded(call);
    return failure_;
  }

  // The same for what gives rows.
  template <typename Call>
  absl::StatusOr<Result> Answered(const Call& call) {
    Result result;
    absl::Status status = Attempt([&] {
      absl::StatusOr<Result> answer = call();
      if (!answer.ok()) return answer.status();
      result = *std::move(answer);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return result;
  }

  absl::Status Copy(std::string_view table, const std::vector<std::string_view>& columns,
                    const std::vector<std::vector<Value>>& rows) {
    pqxx::stream_to copy(work_, std::string(table),
                         std::vector<std::string>(columns.begin(), columns.end()));
    CopyLines lines;
    lines.text.reserve(kCopyLinesBytes + kCopyLinesBytes / 8);
    for (const std::vector<Value>& row : rows) {
      if (absl::Status status = AppendCopyRow(row, lines.text); !status.ok()) return status;
      lines.text += '\n';
      if (lines.text.size() >= kCopyLinesBytes) SendLines(lines, copy);
    }
    if (!lines.text.empty()) SendLines(lines, copy);
    copy.complete();
    return absl::OkStatus();
  }

  // The last newline is libpqxx's to write.
  static void SendLines(CopyLines& lines, pqxx::stream_to& copy) {
    lines.text.pop_back();
    copy << lines;
    lines.text.clear();
  }

  // One array for each column: no statement for each row, no table to go by first.
  absl::StatusOr<Result> Merge(std::string_view table, const std::vector<std::string_view>& columns,
                               const std::vector<std::vector<Value>>& rows,
                               std::string_view on_conflict) {
    std::vector<PgText> arrays;
    std::string names;
    std::string markers;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      absl::StatusOr<ArrayParameter> array = ColumnAsArray(rows, i);
      if (!array.ok()) return array.status();
      StrAppend(names, i == 0 ? "" : ", ", columns[i]);
      StrAppend(markers, i == 0 ? "$" : ", $", i + 1, "::", array->type);
      arrays.push_back({false, std::move(array->text)});
    }
    return ToResult(Send(StrCat("INSERT INTO ", table, " (", names, ") SELECT * FROM unnest(",
                                markers, ") ", on_conflict),
                         arrays));
  }

  // Without parameters it is mostly DDL, which gains nothing from being prepared.
  pqxx::result Send(std::string_view sql, const std::vector<PgText>& texts) {
    const std::string text(sql);
    if (texts.empty()) return work_.exec(text);
    const auto parameters = pqxx::prepare::make_dynamic_params(texts);
    const std::optional<std::string> name = connection_.PreparedName(sql);
    return name ? work_.exec_prepared(*name, parameters) : work_.exec_params(text, parameters);
  }

  PostgresConnection& connection_;
  pqxx::transaction_base& work_;
  absl::Status failure_;
};

using Pool = ConnectionPool<PostgresConnection>;
using WriteWork = pqxx::transaction<pqxx::read_committed, pqxx::read_write>;
using ReadWork = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::string_view url, int connections_max)
      : url_(WithConnectionOptions(url)), pool_(connections_max, [this] { return Connect(); }) {}

  absl::Status ConnectOnce() { return pool_.Borrow().status(); }

  SqlDialect dialect() const override { return SqlDialect::kPostgres; }

 private:
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect() {
    try {
      return std::make_unique<PostgresConnection>(url_);
    } catch (const std::exception& error) {
      return PostgresConnectStatus(error.what());
    }
  }

  absl::Status RunOnce(Access access, const Body& body) override {
    bool begun = false;
    absl::Status status = RunOn(access, body, begun);
    // A connection that died while it was idle shows only now; nothing of `body` has run.
    if (absl::IsUnavailable(status) && !begun) status = RunOn(access, body, begun);
    return status;
  }

  absl::Status RunOn(Access access, const Body& body, bool& begun) {
    absl::StatusOr<Pool::Loan> loan = pool_.Borrow();
    if (!loan.ok()) return loan.status();
    absl::Status status = Guarded([&] {
      return access == Access::kRead ? RunIn<ReadWork>(**loan, body, begun)
                                     : RunIn<WriteWork>(**loan, body, begun);
    });
    // libpqxx tells of a connection that breaks within COPY as of any other failure.
    if (!status.ok() && !(**loan).get().is_open()) {
      status = absl::UnavailableError("PostgreSQL: the connection is lost");
    }
    if (absl::IsUnavailable(status)) loan->Discard();
    return status;
  }

  // Rolls back when it returns an error: that is what the destructor of `work` does.
  template <typename Work>
  static absl::Status RunIn(PostgresConnection& connection, const Body& body, bool& begun) {
    Work work(connection.get());
    begun = true;
    PostgresTransaction transaction(connection, work);
    absl::Status status = body(transaction);
    if (status.ok()) status = transaction.failure();
    if (status.ok()) work.commit();
    return status;
  }

  const std::string url_;
  Pool pool_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(std::string_view url, int connections_max) {
  auto database = std::make_unique<PostgresDatabase>(url, connections_max);
  if (absl::Status status = database->ConnectOnce(); !status.ok()) return status;
  return database;
}

}  // namespace weir::sql

#ifdef __SANITIZE_ADDRESS__
// libpqxx 6.4 forgets libpq's result when a connection breaks within a statement: 2 KiB for each
// lost connection, not ours to mend.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:pqxx::transaction_base::direct_exec\nleak:PQmakeEmptyPGresult\n";
}
#endif

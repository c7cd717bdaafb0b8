// /api/v1/admin/accounts/export: accounts as a file.
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/account_transfer.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/transfer_parts.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kRowsAtOnce = 500;
constexpr char kCsvType[] = "text/csv; charset=utf-8";

struct ExportWanted {
  bool csv = false;
  std::optional<Secret> passphrase;
  std::vector<std::int64_t> ids;  // empty = all
};

void ReadExportFields(BodyReader& reader, ExportWanted& wanted, std::string& format) {
  reader.Text("format", format);
  reader.Hidden("passphrase", wanted.passphrase);
  reader.Ids("ids", wanted.ids);
}

absl::StatusOr<ExportWanted> ReadExport(const json::object& body) {
  ExportWanted wanted;
  std::string format = "json";
  FieldErrors errors;
  BodyReader reader(body, errors);
  ReadExportFields(reader, wanted, format);
  reader.Finish();
  if (format != "json" && format != "csv") errors.Add("format", "must be json or csv");
  wanted.csv = format == "csv";
  if (!errors.empty()) return errors.ToStatus();
  return wanted;
}

absl::StatusOr<std::vector<Account>> AccountsFor(sql::Transaction& transaction,
                                                 const ExportWanted& wanted) {
  const std::set<std::int64_t> ids(wanted.ids.begin(), wanted.ids.end());
  std::vector<Account> accounts;
  std::int64_t last_id = 0;
  while (true) {
    auto some = account_store::After(transaction, last_id, kRowsAtOnce);
    if (!some.ok()) return some.status();
    for (Account& account : *some) {
      last_id = account.id;
      if (ids.empty() || ids.contains(account.id)) accounts.push_back(std::move(account));
    }
    if (accounts.size() > kTransferRowsMax) {
      return BadParameter(
          StrCat("there are more than ", kTransferRowsMax, " accounts; name some of them in ids"));
    }
    if (static_cast<std::int64_t>(some->size()) < kRowsAtOnce) break;
  }
  if (!ids.empty() && accounts.size() != ids.size()) {
    FieldErrors errors;
    errors.Add("ids", "names an account that there is not");
    return errors.ToStatus();
  }
  return accounts;
}

absl::StatusOr<std::vector<json::object>> RowsFor(ResourceParts& parts, const ExportWanted& wanted,
                                                  TransferSeal* seal) {
  std::vector<Account> accounts;
  GroupNames groups;
  absl::Status read = parts.store.Read([&](sql::Transaction& transaction) -> absl::Status {
    auto names = NamesOfGroups(transaction);
    if (!names.ok()) return names.status();
    auto some = AccountsFor(transaction, wanted);
    if (!some.ok()) return some.status();
    groups = *std::move(names);
    accounts = *std::move(some);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  std::vector<json::object> rows;
  for (const Account& account : accounts) {
    auto row = TransferRow(account, parts.vault, groups, seal);
    if (!row.ok()) {
      return Conflict(StrCat("a secret of account '", account.name,
                             "' cannot be opened with the master keys at hand"));
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

absl::StatusOr<Response> Export(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto wanted = ReadExport(*body);
  if (!wanted.ok()) return wanted.status();
  auto seal = SealFor(wanted->passphrase);
  if (!seal.ok()) return seal.status();
  // Secrets leave only for somebody who is present.
  if (seal->has_value()) {
    absl::Status present = parts.sessions.CheckConfirmed(caller);
    if (!present.ok()) return present;
  }
  auto rows = RowsFor(parts, *wanted, seal->has_value() ? &**seal : nullptr);
  if (!rows.ok()) return rows.status();
  absl::Status noted = NoteDeed(parts, {"account",
                                        0,
                                        StrCat(rows->size(), " accounts"),
                                        seal->has_value() ? "export_with_secrets" : "export",
                                        {}});
  if (!noted.ok()) return noted;
  Response response;
  const std::string_view extension = wanted->csv ? "csv" : "json";
  response.headers.emplace_back("Content-Disposition",
                                StrCat("attachment; filename=\"weir-accounts.", extension, "\""));
  if (wanted->csv) {
    response.content_type = kCsvType;
    response.body = TransferCsv(*rows);
    return response;
  }
  json::array accounts;
  for (json::object& row : *rows) accounts.push_back(std::move(row));
  response.body = json::serialize(json::object{{"accounts", std::move(accounts)}});
  return response;
}

}  // namespace

Routes AccountExportRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/admin/accounts/export",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Export(parts, request, caller);
       },
       {.summary = "Write accounts into a file",
        .body =
            [](BodyReader& reader) {
              ExportWanted wanted;
              std::string format;
              ReadExportFields(reader, wanted, format);
            },
        .answers = {Answers([] {
                      return json::object{{"accounts", json::array{Anything(nullptr)}}};
                    }),
                    AnswersFile(kCsvType)},
        .about = "With a passphrase their secrets are in it, sealed; without, no secret is. Rows "
                 "are as the import takes them."}},
  };
}

}  // namespace weir::admin

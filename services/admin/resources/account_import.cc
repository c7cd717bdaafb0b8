// /api/v1/admin/accounts/import: accounts from a file, all of them or none.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/account_transfer.h"
#include "services/admin/model/account_status.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/given_account.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/transfer_parts.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kImportBytesMax = 16 << 20;
constexpr std::size_t kErrorsMax = 100;

// What a row says.
struct ImportRow {
  Account account;
  AccountSecrets given;
  std::vector<std::string> groups;
};

// A row, with what its seal held: opened ahead of the transaction, which others wait for.
struct ImportSource {
  TransferSource read;
  absl::StatusOr<SealedSecrets> sealed;
};

void ReadRow(BodyReader& reader, ImportRow& row) {
  ReadAccount(reader, row.account, row.given);
  reader.Texts("groups", row.groups);
  std::string sealed;  // opened already
  reader.Text("sealed", sealed);
}

// `normal` puts a disabled account back in service; what was observed stays.
void KeepObserved(const Account& before, Account& account) {
  if (before.status == AccountStatus::kDisabled || account.status == AccountStatus::kDisabled) {
    return;
  }
  account.status = before.status;
  account.status_reason = before.status_reason;
  account.cooldown_until_ms = before.cooldown_until_ms;
  account.model_cooldowns = before.model_cooldowns;
}

// What the row itself says counts more. Tells whether something was left out: of an account that
// was renewed after the export, credential and refresh token are spent.
bool TakeSealed(const SealedSecrets& sealed, const Account& before, ImportRow& row) {
  const auto take = [](const std::optional<Secret>& from, std::optional<Secret>& to) {
    if (!to.has_value()) to = from;
  };
  take(sealed.secrets.proxy_url, row.given.proxy_url);
  take(sealed.secrets.client_secret, row.given.client_secret);
  const bool is_spent = CanRefresh(before) &&
                        row.account.credential_type == CredentialType::kOauth &&
                        before.credential_refreshed_at_ms > sealed.refreshed_at_ms;
  const bool holds_it =
      sealed.secrets.credential.has_value() || sealed.secrets.refresh_token.has_value();
  if (!is_spent || !holds_it) {
    take(sealed.secrets.credential, row.given.credential);
    take(sealed.secrets.refresh_token, row.given.refresh_token);
    return false;
  }
  if (!row.given.credential.has_value()) {
    row.account.credential_expires_at_ms = before.credential_expires_at_ms;
  }
  return true;
}

// The rows are read one by one, each with its account.
void ReadImportFields(BodyReader& reader, std::optional<Secret>& passphrase, std::string& csv) {
  reader.Hidden("passphrase", passphrase);
  reader.Text("csv", csv);
  const auto rows = reader.Objects("accounts");
  if (!reader.IsDescribing()) return;
  for (const auto& row : rows) {
    ImportRow fields;
    row->Require({"name"});
    ReadRow(*row, fields);
  }
}

absl::StatusOr<std::vector<TransferSource>> SourcesOf(const json::object& body,
                                                      std::optional<Secret>& passphrase) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::string csv;
  ReadImportFields(reader, passphrase, csv);
  reader.Finish();
  const json::value* list = body.if_contains("accounts");
  if (list != nullptr && list->is_null()) list = nullptr;
  if ((list == nullptr) == csv.empty()) errors.Add("accounts", "either accounts or csv is needed");
  if (!errors.empty()) return errors.ToStatus();
  std::vector<TransferSource> sources;
  if (list == nullptr) {
    auto read = ReadTransferCsv(csv);
    if (!read.ok()) errors.Add("csv", View(read.status().message()));
    if (read.ok()) sources = *std::move(read);
  } else {
    for (const json::value& row : list->get_array()) {
      sources.push_back({.place = StrCat("accounts[", sources.size(), "]"),
                         .row = row.as_object(),
                         .scalars = Scalars::kTyped});
    }
  }
  if (sources.size() > kTransferRowsMax) {
    errors.Add("accounts", StrCat("must have at most ", kTransferRowsMax, " rows"));
  }
  if (!errors.empty()) return errors.ToStatus();
  return sources;
}

// What an import does, or would do.
struct ChangedAccount {
  std::string name;
  json::object fields;  // by name, {"from": …, "to": …}
};

json::object ChangeJson(const ChangedAccount& account) {
  const auto example = [] {
    return json::object{{"from", Anything(nullptr)}, {"to", Anything(nullptr)}};
  };
  return {{"name", account.name}, {"fields", ByName(account.fields, example)}};
}

struct ImportReport {
  std::vector<std::string> added;
  std::vector<ChangedAccount> changed;
  std::int64_t unchanged = 0;
  std::vector<std::string> kept;  // renewed after the export: credential and refresh token stay

  json::object Json(bool dry_run) const {
    return {{"dry_run", dry_run},
            {"added", TextsJson(added)},
            {"changed", ListJson(changed, ChangeJson)},
            {"unchanged", unchanged},
            {"kept", TextsJson(kept)}};
  }
};

// Of one import; everything in one transaction.
class Import {
 public:
  Import(ResourceParts& parts, sql::Transaction& transaction, Changes& changes)
      : parts_(parts), transaction_(transaction), changes_(changes), now_ms_(parts.store.NowMs()) {}

  absl::Status Apply(const std::vector<ImportSource>& sources) {
    auto groups = NamesOfGroups(transaction_);
    if (!groups.ok()) return groups.status();
    for (const auto& [id, name] : *groups) groups_[name] = id;
    for (const ImportSource& source : sources) {
      FieldErrors errors;
      absl::Status done = ApplyRow(source, errors);
      if (!done.ok()) return done;
      for (const auto& [field, what] : errors.all()) {
        if (wrong_.all().size() >= kErrorsMax) break;
        wrong_.Add(StrCat(source.read.place, ".", field), what);
      }
    }
    return wrong_.ToStatus();
  }
  const ImportReport& report() const { return report_; }

 private:
  absl::Status ApplyRow(const ImportSource& source, FieldErrors& errors) {
    BodyReader reader(source.read.row, errors, "", source.read.scalars);
    reader.Require({"name"});
    std::string name;
    reader.Text("name", name);
    if (!names_.insert(name).second) errors.Add("name", "stands in another row already");
    if (!errors.empty()) return absl::OkStatus();
    auto known = account_store::FindByName(transaction_, name);
    if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
    if (!known.ok()) reader.Require({"platform_type", "request_url"});
    const Account before = known.ok() ? *known : Account();
    ImportRow row;
    row.account = before;
    ReadRow(reader, row);
    KeepObserved(before, row.account);
    TakeGroups(row, errors);
    if (!source.sealed.ok()) errors.Add("sealed", View(source.sealed.status().message()));
    const bool kept = source.sealed.ok() && TakeSealed(*source.sealed, before, row);
    reader.Finish();
    Validate(row.account, errors);
    Validate(row.given, errors);
    if (!errors.empty()) return absl::OkStatus();
    if (kept) report_.kept.push_back(name);
    return known.ok() ? Change(before, row.given, row.account) : Add(row.given, row.account);
  }

  void TakeGroups(ImportRow& row, FieldErrors& errors) const {
    if (row.groups.empty()) return;
    std::vector<std::int64_t>& ids = row.account.group_ids;
    ids.clear();
    for (const std::string& name : row.groups) {
      const auto found = groups_.find(name);
      ids.push_back(found == groups_.end() ? kDefaultGroupId : found->second);
      if (found == groups_.end()) {
        errors.Add("groups", StrCat("there is no group '", name.substr(0, 128), "'"));
      }
    }
    std::sort(ids.begin(), ids.end());
  }

  absl::Status Add(const AccountSecrets& given, Account& account) {
    report_.added.push_back(account.name);
    return InsertGiven(transaction_, changes_, parts_.vault, now_ms_, given, account);
  }

  absl::Status Change(const Account& before, const AccountSecrets& given, Account& account) {
    const AccountSecrets fresh = WithoutHeld(parts_.vault, given, account);
    PutGiven(parts_.vault, fresh, before, now_ms_, account);
    json::object difference = DifferenceOf(before, fresh, account);
    if (difference.empty()) {
      ++report_.unchanged;
      return absl::OkStatus();
    }
    report_.changed.push_back({account.name, std::move(difference)});
    if (account.status != before.status) account.status_observed_at_ms = now_ms_;
    AccountHistoryEntry entry;
    entry.at_ms = now_ms_;
    entry.source = account_history::kFromAdmin;
    auto noted = account_history::NoteStatus(transaction_, before, account, std::move(entry));
    if (!noted.ok()) return noted;
    return account_store::Update(transaction_, changes_, now_ms_, account);
  }

  // {"priority": {"from": 1, "to": 2}}; of secrets only that they change.
  json::object DifferenceOf(const Account& before, const AccountSecrets& fresh,
                            const Account& account) const {
    json::object fields;
    const json::object was = AccountJson(before, parts_.vault, now_ms_);
    const json::object is = AccountJson(account, parts_.vault, now_ms_);
    for (const auto& member : is) {
      const json::value& from = was.at(member.key());
      if (from == member.value()) continue;
      fields[member.key()] = json::object{{"from", from}, {"to", member.value()}};
    }
    const auto secret = [&fields](const char* name, const std::optional<Secret>& value) {
      if (value.has_value()) fields[name] = json::object{{"from", "***"}, {"to", "***"}};
    };
    secret("secret_key", fresh.credential);
    secret("proxy_url", fresh.proxy_url);
    secret("oauth.client_secret", fresh.client_secret);
    secret("oauth.refresh_token", fresh.refresh_token);
    return fields;
  }

  ResourceParts& parts_;
  sql::Transaction& transaction_;
  Changes& changes_;
  const std::int64_t now_ms_;
  std::map<std::string, std::int64_t> groups_;
  std::set<std::string> names_;
  FieldErrors wrong_;
  ImportReport report_;
};

std::vector<ImportSource> Opened(std::vector<TransferSource> sources, TransferSeal* seal) {
  std::vector<ImportSource> opened;
  for (TransferSource& source : sources) {
    auto sealed = OpenSealed(source.row, seal);
    opened.push_back({.read = std::move(source), .sealed = std::move(sealed)});
  }
  return opened;
}

// All rows or none. With dry_run the transaction is given up at its end: the report is exact.
absl::StatusOr<Response> ImportAccounts(ResourceParts& parts, const Request& request,
                                        const Caller& caller) {
  const bool dry_run = request.Query("dry_run") == "true";
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  std::optional<Secret> passphrase;
  auto sources = SourcesOf(*body, passphrase);
  if (!sources.ok()) return sources.status();
  auto seal = SealFor(passphrase);
  if (!seal.ok()) return seal.status();
  // It may point credentials elsewhere.
  absl::Status present = parts.sessions.CheckConfirmed(caller);
  if (!present.ok()) return present;
  const auto opened = Opened(*std::move(sources), seal->has_value() ? &**seal : nullptr);
  const absl::Status given_up = absl::CancelledError("dry run");
  ImportReport report;
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        Import import(parts, transaction, changes);
        absl::Status applied = import.Apply(opened);
        if (!applied.ok()) return applied;
        report = import.report();
        return dry_run ? given_up : absl::OkStatus();
      });
  if (!done.ok() && done != given_up) return done;
  return JsonResponse(200, report.Json(dry_run));
}

}  // namespace

Routes AccountImportRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/admin/accounts/import",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return ImportAccounts(parts, request, caller);
       },
       {.summary = "Take over a file of accounts",
        .query = {FlagParameter("dry_run")},
        .body =
            [](BodyReader& reader) {
              std::optional<Secret> passphrase;
              std::string csv;
              ReadImportFields(reader, passphrase, csv);
            },
        .answers = {Answers([] { return Named("AccountImport", ImportReport().Json(false)); })},
        .about = "All rows or none. With dry_run nothing is written; the report is the same. "
                 "`kept` names accounts whose credential was renewed after the export: it stays, "
                 "and so does their refresh token."},
       kImportBytesMax},
  };
}

}  // namespace weir::admin

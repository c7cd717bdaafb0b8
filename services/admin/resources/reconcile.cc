// /api/v1/admin/reconcile: a provider's usage export against the ledger.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/provider.h"
#include "services/admin/model/provider_usage.h"
#include "services/admin/model/report_time.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/all.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::size_t kFileBytesMax = 16 << 20;
constexpr std::int64_t kDaysMax = 400;

struct Parameters {
  std::vector<std::int64_t> account_ids;
  std::string provider;
  bool only_differences = false;
};

QueryParameters QueryRules() {
  return {Repeated(IdParameter("account_id")), TextParameter("provider"),
          WordParameter("show", {"all", "differences"})};
}

Parameters ReadParameters(const Request& request) {
  Parameters parameters;
  const auto [first, last] = request.query.equal_range("account_id");
  for (auto entry = first; entry != last; ++entry) {
    std::int64_t id = 0;
    if (ParseInteger(entry->second, id)) parameters.account_ids.push_back(id);
  }
  parameters.provider = request.Query("provider");
  parameters.only_differences = request.Query("show") == "differences";
  return parameters;
}

absl::StatusOr<std::vector<Account>> AllAccounts(ResourceParts& parts) {
  return ReadValue(parts.store, [](sql::Transaction& transaction) {
    return AllOf<Account>(transaction, account_store::After);
  });
}

// One that is mistyped would silently be missing in the comparison.
absl::Status CheckKnown(const std::vector<std::int64_t>& ids, const std::vector<Account>& all) {
  FieldErrors errors;
  for (const std::int64_t id : ids) {
    const bool known = std::any_of(all.begin(), all.end(),
                                   [id](const Account& account) { return account.id == id; });
    if (!known) errors.Add("account_id", StrCat("there is no account ", id));
  }
  return errors.ToStatus();
}

// The accounts that the file is about: those that are named, else those of the provider whose
// export it is; all of them for a plain table. Id -> name.
absl::StatusOr<std::map<std::int64_t, std::string>> AccountsOf(ResourceParts& parts,
                                                               const Parameters& parameters,
                                                               UseForm form) {
  absl::StatusOr<std::vector<Account>> all = AllAccounts(parts);
  if (!all.ok()) return all.status();
  std::string provider = parameters.provider;
  if (provider.empty() && parameters.account_ids.empty()) {
    if (form == UseForm::kOpenai) provider = "openai";
    if (form == UseForm::kAnthropic) provider = "anthropic";
  }
  const std::vector<std::int64_t>& ids = parameters.account_ids;
  if (absl::Status known = CheckKnown(ids, *all); !known.ok()) return known;
  std::map<std::int64_t, std::string> accounts;
  for (const Account& account : *all) {
    const bool named = ids.empty() || std::find(ids.begin(), ids.end(), account.id) != ids.end();
    const bool provided = provider.empty() || ProviderOf(account) == provider;
    if (named && provided) accounts[account.id] = account.name;
  }
  if (accounts.empty()) return BadParameter("there is no account that this file could be about");
  return accounts;
}

// The file's accounts by our ids, as text: they are named by name or by id.
absl::Status ResolveAccounts(const std::map<std::int64_t, std::string>& accounts,
                             ProviderUse& use) {
  std::map<std::string, std::string> ids;
  for (const auto& [id, name] : accounts) ids[StrCat(id)] = StrCat(id);
  for (const auto& [id, name] : accounts) ids[name] = StrCat(id);
  std::map<UseKey, UseCounts> rows;
  for (const auto& [key, counts] : use.rows) {
    const auto found = ids.find(key.account);
    if (found == ids.end()) {
      return BadParameter(
          StrCat("column account: there is no account \"", key.account.substr(0, 100), "\" here"));
    }
    UseCounts& sum = rows[{key.day_unix_ms, key.model, found->second}];
    for (std::size_t i = 0; i < counts.size(); ++i) sum.at(i) += counts.at(i);
  }
  use.rows = std::move(rows);
  return absl::OkStatus();
}

using UseRows = std::map<UseKey, UseCounts>;

// What the ledger has of these accounts on the days of the file.
absl::StatusOr<UseRows> LedgerRows(ResourceParts& parts, const ProviderUse& use,
                                   const std::map<std::int64_t, std::string>& accounts) {
  v1::ServedDaysRequest question;
  question.set_from_unix_ms(use.rows.begin()->first.day_unix_ms);
  question.set_to_unix_ms(use.rows.rbegin()->first.day_unix_ms + kDayMs);
  if (question.to_unix_ms() - question.from_unix_ms() > kDaysMax * kDayMs) {
    return BadParameter(StrCat("the file spans more than ", kDaysMax, " days"));
  }
  for (const auto& [id, name] : accounts) question.add_account_ids(id);
  v1::ServedDaysResponse answer;
  absl::Status asked = parts.usage.ServedDays(question, answer);
  if (!asked.ok()) return asked;
  UseRows rows;
  for (const v1::ServedDay& day : answer.days()) {
    const std::string account = use.has_accounts ? StrCat(day.account_id()) : std::string();
    UseCounts& sum = rows[{day.day_unix_ms(), ModelWithoutDate(day.served_model()), account}];
    const v1::TokenCounts& tokens = day.tokens();
    const UseCounts counts = {day.requests(),      tokens.input(),          tokens.output(),
                              tokens.cache_read(), tokens.cache_write_5m(), tokens.cache_write_1h(),
                              day.cost_nano_usd()};
    for (std::size_t i = 0; i < counts.size(); ++i) sum.at(i) += counts.at(i);
  }
  return rows;
}

json::object CountsJson(const UseCounts& counts, const KnownCounts& known) {
  json::object object;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!known.test(i)) continue;
    object[kUseCountNames.at(i)] = counts.at(i);
    if (i == kCostNanoUsd) object["cost_usd"] = FormatUsd(counts.at(i));
  }
  return object;
}

UseCounts Minus(UseCounts counts, const UseCounts& others) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts.at(i) -= others.at(i);
  return counts;
}

std::string_view MatchWord(UseMatch match) {
  constexpr std::array<std::string_view, 4> kWords = {"same", "differs", "only_in_file",
                                                      "only_in_ledger"};
  return kWords.at(static_cast<std::size_t>(match));
}

void AddComparison(const UseCounts& file, const UseCounts& ledger, const KnownCounts& known,
                   json::object& object) {
  object["file"] = CountsJson(file, known);
  object["ledger"] = CountsJson(ledger, known);
  object["difference"] = CountsJson(Minus(ledger, file), known);
}

json::object RowJson(const UseDifference& row, const KnownCounts& known,
                     const std::map<std::int64_t, std::string>& accounts) {
  json::object object = {
      {"day", BucketLabel(row.key.day_unix_ms, Bucket::kDay, absl::UTCTimeZone())},
      {"model", row.key.model}};
  std::int64_t account_id = 0;
  if (ParseInteger(row.key.account, account_id)) {
    object["account_id"] = account_id;
    const auto found = accounts.find(account_id);
    if (found != accounts.end()) object["account_name"] = found->second;
  }
  object["match"] = MatchWord(row.match);
  AddComparison(row.file, row.ledger, known, object);
  return object;
}

json::object ReportJson(const ProviderUse& use, const UseRows& ledger,
                        const std::map<std::int64_t, std::string>& accounts,
                        bool only_differences) {
  UseCounts file_sum = {};
  UseCounts ledger_sum = {};
  std::array<std::int64_t, 4> matches = {};
  json::array data;
  for (const UseDifference& row : CompareUse(use.rows, ledger, use.known)) {
    ++matches.at(static_cast<std::size_t>(row.match));
    for (std::size_t i = 0; i < kUseCounts; ++i) {
      file_sum.at(i) += row.file.at(i);
      ledger_sum.at(i) += row.ledger.at(i);
    }
    if (only_differences && row.match == UseMatch::kSame) continue;
    data.push_back(RowJson(row, use.known, accounts));
  }
  constexpr std::array<std::string_view, 3> kForms = {"openai", "anthropic", "plain"};
  json::object counted;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    counted[MatchWord(static_cast<UseMatch>(i))] = matches.at(i);
  }
  json::array about;
  for (const auto& [id, name] : accounts) about.push_back(json::object{{"id", id}, {"name", name}});
  json::object totals;
  AddComparison(file_sum, ledger_sum, use.known, totals);
  return {{"form", kForms.at(static_cast<std::size_t>(use.form))},
          {"time_zone", "UTC"},
          {"from", TimeJson(use.rows.begin()->first.day_unix_ms)},
          {"to", TimeJson(use.rows.rbegin()->first.day_unix_ms + kDayMs)},
          {"accounts", std::move(about)},
          {"rows", std::move(counted)},
          {"totals", std::move(totals)},
          {"data", std::move(data)}};
}

json::object CountsShape() {
  json::object counts;
  for (const std::string_view name : kUseCountNames) counts[name] = MaybeAbsent(0);
  counts["cost_usd"] = MaybeAbsent("");
  return counts;
}

json::object ComparisonShape() {
  return {{"file", CountsShape()}, {"ledger", CountsShape()}, {"difference", CountsShape()}};
}

json::value ReportShape() {
  json::object row = ComparisonShape();
  row["day"] = "";
  row["model"] = "";
  row["account_id"] = MaybeAbsent(0);
  row["account_name"] = MaybeAbsent("");
  row["match"] = OneWord({"same", "differs", "only_in_file", "only_in_ledger"}, "");
  json::array data;
  data.push_back(std::move(row));
  json::array accounts;
  accounts.push_back(json::object{{"id", 0}, {"name", ""}});
  return Named("Reconciliation",
               json::object{{"form", OneWord({"openai", "anthropic", "plain"}, "")},
                            {"time_zone", ""},
                            {"from", TimeJson(0)},
                            {"to", TimeJson(0)},
                            {"accounts", std::move(accounts)},
                            {"rows", ByName({}, [] { return json::value(0); })},
                            {"totals", ComparisonShape()},
                            {"data", std::move(data)}});
}

absl::StatusOr<Response> Reconcile(ResourceParts& parts, const Request& request) {
  const Parameters parameters = ReadParameters(request);
  absl::StatusOr<ProviderUse> use = ParseProviderUse(request.body);
  if (!use.ok()) return BadParameter(View(use.status().message()));
  auto accounts = AccountsOf(parts, parameters, use->form);
  if (!accounts.ok()) return accounts.status();
  if (use->has_accounts) {
    if (absl::Status found = ResolveAccounts(*accounts, *use); !found.ok()) return found;
  }
  absl::StatusOr<UseRows> ledger = LedgerRows(parts, *use, *accounts);
  if (!ledger.ok()) return ledger.status();
  return JsonResponse(200, ReportJson(*use, *ledger, *accounts, parameters.only_differences));
}

}  // namespace

Routes ReconcileRoutes(ResourceParts& parts) {
  return {{"POST",
           "/api/v1/admin/reconcile",
           Access::kAdmin,
           [&parts](const Request& request, const Caller&) { return Reconcile(parts, request); },
           {.summary = "Compare a provider's usage export with the ledger",
            .query = QueryRules(),
            .file_types = {"text/csv", "application/json"},
            .answers = {Answers(ReportShape)}},
           kFileBytesMax}};
}

}  // namespace weir::admin

#include "services/admin/json/account_transfer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/model/csv.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kName = "name";
constexpr std::string_view kSealed = "sealed";
constexpr std::string_view kGroups = "groups";

// In the order of the columns.
constexpr std::array<std::string_view, 21> kFields = {
    "name",   "platform_type", "provider", "request_url", "credential_type",
    kGroups,  "priority",      "weight",   "models",      "model_mapping",
    "tier",   "timeouts",      "limits",   "headers",     "quirks",
    "status", "session",       "oauth",    "proxy_url",   "credential_expires_at",
    kSealed};

// What a row of CSV may hold beside, and what is sealed.
constexpr std::string_view kSecretKey = "secret_key";
// Sealed, too: an older file must not bring back what was renewed since.
constexpr std::string_view kRefreshed = "credential_refreshed_at_ms";

constexpr std::array<std::string_view, 3> kLists = {kGroups, "models", "quirks"};

bool IsList(std::string_view field) {
  return std::find(kLists.begin(), kLists.end(), field) != kLists.end();
}

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }

std::optional<Secret> TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return Secret(std::string(View(value->get_string())));
}

json::object Secrets(const Account& account, const AccountSecrets& open) {
  json::object object = {{"name", account.name}, {kRefreshed, account.credential_refreshed_at_ms}};
  const auto put = [&object](std::string_view name, const std::optional<Secret>& secret) {
    if (secret.has_value() && !secret->empty()) object[name] = secret->Reveal();
  };
  put(kSecretKey, open.credential);
  put("proxy_url", open.proxy_url);
  put("client_secret", open.client_secret);
  put("refresh_token", open.refresh_token);
  return object;
}

absl::Status OpenAll(const Account& account, const Vault& vault, AccountSecrets& open) {
  const auto take = [](absl::StatusOr<Secret> secret, std::optional<Secret>& to) -> absl::Status {
    if (!secret.ok()) return secret.status();
    to = *std::move(secret);
    return absl::OkStatus();
  };
  absl::Status status = take(OpenCredential(vault, account), open.credential);
  if (status.ok()) status = take(OpenProxyUrl(vault, account), open.proxy_url);
  if (status.ok()) status = take(OpenClientSecret(vault, account), open.client_secret);
  if (status.ok()) status = take(OpenRefreshToken(vault, account), open.refresh_token);
  return status;
}

// What an operator set; what was observed stays behind.
void KeepSettings(json::object& row) {
  json::object kept;
  for (const std::string_view field : kFields) {
    if (json::value* value = row.if_contains({field.data(), field.size()})) {
      kept[{field.data(), field.size()}] = std::move(*value);
    }
  }
  row = std::move(kept);
  if (row.at("status") != "disabled") row.erase("status");
  if (row.at("session").is_null()) row.erase("session");
  json::value& oauth = row.at("oauth");
  if (oauth.is_null()) {
    row.erase("oauth");
    return;
  }
  for (const char* observed : {"has_client_secret", "has_refresh_token", "next_refresh_at",
                               "failures", "failed_at", "last_error"}) {
    oauth.as_object().erase(observed);
  }
}

std::string CellOf(const json::value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return std::string(View(value.get_string()));
  const bool empty = (value.is_array() && value.get_array().empty()) ||
                     (value.is_object() && value.get_object().empty());
  return empty ? std::string() : json::serialize(value);
}

// A formula's guard (AppendCsvText) goes again.
std::string_view WithoutGuard(std::string_view cell) {
  constexpr std::string_view kFormulaStarts = "=+-@\t\r";
  const bool guarded =
      cell.size() > 1 && cell[0] == '\'' && kFormulaStarts.find(cell[1]) != std::string_view::npos;
  return guarded ? cell.substr(1) : cell;
}

json::array ListOf(std::string_view cell) {
  json::array list;
  for (const std::string_view part : Split(cell, ';')) {
    if (const std::string_view text = StripSpace(part); !text.empty()) list.emplace_back(text);
  }
  return list;
}

json::value ValueOf(std::string_view field, std::string_view cell) {
  if (cell.starts_with('[') || cell.starts_with('{')) {
    json::error_code error;
    json::value parsed = json::parse(cell, error);
    if (!error) return parsed;
  }
  if (IsList(field)) return ListOf(cell);
  return json::value(json::string(cell));
}

}  // namespace

absl::StatusOr<json::object> TransferRow(const Account& account, const Vault& vault,
                                         const GroupNames& groups, TransferSeal* seal) {
  AccountSecrets open;
  if (absl::Status opened = OpenAll(account, vault, open); !opened.ok()) return opened;
  json::object row = AccountJson(account, vault, /*now_ms=*/0);
  json::array names;
  for (const std::int64_t id : account.group_ids) {
    if (const auto found = groups.find(id); found != groups.end())
      names.emplace_back(found->second);
  }
  row[{kGroups.data(), kGroups.size()}] = std::move(names);
  // A proxy's address is no secret, but its password is.
  const std::string proxy = open.proxy_url.value_or(Secret()).Reveal();
  const bool proxy_is_plain = MaskPassword(proxy) == proxy;
  if (proxy_is_plain) {
    row["proxy_url"] = proxy;
    open.proxy_url.reset();
  } else {
    row.erase("proxy_url");
  }
  KeepSettings(row);
  if (seal == nullptr) {
    // The end of a token that Weir got is nothing without that token.
    if (account.credential_refreshed_at_ms != 0) row.erase("credential_expires_at");
    return row;
  }
  auto sealed = seal->Seal(Secret(json::serialize(Secrets(account, open))));
  if (!sealed.ok()) return sealed.status();
  row[{kSealed.data(), kSealed.size()}] = *sealed;
  return row;
}

std::string TransferCsv(const std::vector<json::object>& rows) {
  std::string csv;
  for (const std::string_view field : kFields) StrAppend(csv, csv.empty() ? "" : ",", field);
  csv += '\n';
  for (const json::object& row : rows) {
    bool first = true;
    for (const std::string_view field : kFields) {
      if (!std::exchange(first, false)) csv += ',';
      const json::value* value = row.if_contains({field.data(), field.size()});
      if (value != nullptr) AppendCsvText(CellOf(*value), csv);
    }
    csv += '\n';
  }
  return csv;
}

absl::StatusOr<std::vector<TransferSource>> ReadTransferCsv(std::string_view text) {
  auto rows = ParseCsv(text, kTransferRowsMax + 1);
  if (!rows.ok()) return rows.status();
  std::vector<TransferSource> sources;
  if (rows->empty()) return sources;
  const std::vector<std::string>& head = rows->front().cells;
  for (const std::string& field : head) {
    const bool known = std::find(kFields.begin(), kFields.end(), field) != kFields.end();
    if (!known && field != kSecretKey) {
      return absl::InvalidArgumentError(StrCat("line 1 names a column that there is not: '",
                                               std::string_view(field).substr(0, 64), "'"));
    }
  }
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const CsvRow& row = (*rows)[i];
    if (row.cells.size() > head.size()) {
      return absl::InvalidArgumentError(StrCat("line ", row.line, " has more cells than columns"));
    }
    TransferSource source = {
        .place = StrCat("line ", row.line), .row = {}, .scalars = Scalars::kText};
    for (std::size_t column = 0; column < row.cells.size(); ++column) {
      const std::string_view cell = WithoutGuard(row.cells[column]);
      if (!cell.empty()) source.row[head[column]] = ValueOf(head[column], cell);
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

absl::StatusOr<SealedSecrets> OpenSealed(const json::object& row, TransferSeal* seal) {
  const std::optional<Secret> sealed = TextOf(row, kSealed);
  if (!sealed.has_value() || sealed->empty()) return SealedSecrets();
  if (seal == nullptr) {
    return absl::InvalidArgumentError("needs the passphrase that it was sealed with");
  }
  const auto open = seal->Open(sealed->Reveal());
  if (!open.ok()) return open.status();
  json::error_code error;
  const json::value held = json::parse(open->Reveal(), error);
  const json::object* object = error ? nullptr : held.if_object();
  const std::optional<Secret> name = TextOf(row, kName);
  if (object == nullptr || !name.has_value() ||
      TextOf(*object, kName).value_or(Secret()).Reveal() != name->Reveal()) {
    return absl::InvalidArgumentError("is another account's");
  }
  SealedSecrets found;
  found.secrets.credential = TextOf(*object, kSecretKey);
  found.secrets.proxy_url = TextOf(*object, "proxy_url");
  found.secrets.client_secret = TextOf(*object, "client_secret");
  found.secrets.refresh_token = TextOf(*object, "refresh_token");
  const json::value* refreshed = object->if_contains({kRefreshed.data(), kRefreshed.size()});
  if (refreshed != nullptr && refreshed->is_int64()) {
    found.refreshed_at_ms = refreshed->get_int64();
  }
  return found;
}

}  // namespace weir::admin

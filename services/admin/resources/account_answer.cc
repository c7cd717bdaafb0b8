#include "services/admin/resources/account_answer.h"

#include <map>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "services/admin/publish/account_board.h"
#include "services/admin/resources/subject_figures.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/check_store.h"
#include "services/admin/store/refresh_store.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

std::vector<std::int64_t> IdsOf(const json::array& data) {
  std::vector<std::int64_t> ids;
  ids.reserve(data.size());
  for (const json::value& value : data) ids.push_back(value.at("id").as_int64());
  return ids;
}

// last_used_at and today (UTC); both are left out when usage is away.
void AddUse(ResourceParts& parts, json::array& data) {
  const std::vector<std::int64_t> ids = IdsOf(data);
  if (ids.empty()) return;
  UsageGlance glance(parts.usage);
  UsageGlance::LastUsedTimes times;
  if (!glance.AccountsLastUsed(ids, times).ok()) return;
  AddLastUsed(data, times);
  std::map<std::int64_t, Use> use;
  const TimeSpan day = DayOf(parts.store.NowMs());
  if (!glance.UseOf(weir::v1::DIMENSION_ACCOUNT, ids, day.begin_unix_ms, day.end_unix_ms, use)
           .ok()) {
    return;
  }
  for (json::value& value : data) {
    json::object& record = value.as_object();
    record["today"] = UseJson(use[record.at("id").as_int64()]);
  }
}

// How the renewal of their credentials goes. Left out when the database does not tell.
void AddRefreshes(ResourceParts& parts, json::array& data) {
  std::vector<std::int64_t> ids;
  for (const json::value& value : data) {
    if (!value.at("oauth").is_null()) ids.push_back(value.at("id").as_int64());
  }
  if (ids.empty()) return;
  auto states = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return refresh_store::StatesOf(transaction, ids);
  });
  if (!states.ok()) return;
  for (json::value& value : data) {
    json::value& oauth = value.at("oauth");
    if (oauth.is_object()) AddRefresh((*states)[value.at("id").as_int64()], oauth.as_object());
  }
}

json::value CheckJson(const AccountCheck& check) {
  return Where(check.checked_at_ms != 0, [&check] {
    return json::object{{"at", TimeJson(check.checked_at_ms)},
                        {"ok", check.good},
                        {"reason", TextOrNull(check.reason)},
                        {"message", TextOrNull(check.message)},
                        {"http_status", IntegerOrNull(check.http_status)},
                        {"took_ms", check.took_ms},
                        {"model", check.model},
                        {"relay_id", check.relay_id}};
  });
}

// How their last checks went. Left out when the database does not tell.
void AddChecks(ResourceParts& parts, json::array& data) {
  const std::vector<std::int64_t> ids = IdsOf(data);
  auto checks = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return check_store::Of(transaction, ids);
  });
  if (!checks.ok()) return;
  for (json::value& value : data) {
    json::object& record = value.as_object();
    record["last_check"] = CheckJson((*checks)[record.at("id").as_int64()]);
  }
}

// Since when it is as it is, and who said so.
void AddSince(const AccountHistoryEntry& latest, json::object& record) {
  record["status_since"] = TimeJson(latest.at_ms);
  record["status_source"] = TextOrNull(latest.source);
}

void AddSince(ResourceParts& parts, json::array& data) {
  const std::vector<std::int64_t> ids = IdsOf(data);
  auto latest = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return account_history::Latest(transaction, ids);
  });
  if (!latest.ok()) return;
  for (json::value& value : data) {
    json::object& record = value.as_object();
    AddSince((*latest)[record.at("id").as_int64()], record);
  }
}

json::value ErrorJson(const AccountError& error) {
  return json::object{{"at", TimeJson(error.at_ms)},
                      {"status", IntegerOrNull(error.http_status)},
                      {"class", error.error_class},
                      {"message", TextOrNull(error.message)},
                      {"request_id", error.request_id}};
}

json::object WindowJson(const AccountWindow& window) {
  constexpr double kBasisPointsPerPercent = 100;
  return {{"name", window.name},
          {"used_pct", static_cast<double>(window.used_basis_points) / kBasisPointsPerPercent},
          {"resets_at", TimeJson(window.resets_at_ms)}};
}

// What is over says nothing of now.
json::array WindowsJson(std::vector<AccountWindow> windows, std::int64_t now_ms) {
  std::erase_if(windows, [now_ms](const AccountWindow& window) {
    return window.resets_at_ms != 0 && window.resets_at_ms <= now_ms;
  });
  return ListJson(windows, WindowJson);
}

bool IsLimited(const json::object& record, std::string_view limit) {
  return Describing() || !record.at("limits").at(limit).is_null();
}

// What relays count against a limit of the account itself; without one they count nothing.
void AddMinute(const AccountFigures& figures, json::object& record) {
  const auto counted = [&](std::string_view limit, std::int64_t count) {
    return Where(figures.minute_told && IsLimited(record, limit),
                 [count] { return json::value(count); });
  };
  json::value requests = counted("rpm", figures.requests_last_minute);
  json::value tokens = counted("tpm", figures.tokens_last_minute);
  record["requests_last_minute"] = std::move(requests);
  record["tokens_last_minute"] = std::move(tokens);
}

// How it is on the relays; nobody knows what is in flight while none is connected.
void AddFigures(const AccountFigures& figures, std::int64_t now_ms, json::object& record) {
  const bool told = figures.failures_max != 0;
  record["in_flight"] = Where(told, [&] { return json::value(figures.in_flight); });
  AddMinute(figures, record);
  record["failures"] = Where(told, [&] {
    return json::object{{"n", figures.failures_in_row}, {"of", figures.failures_max}};
  });
  record["last_error"] = Where(figures.last_error.has_value(), [&] {
    return ErrorJson(figures.last_error.value_or(AccountError()));
  });
  record["windows"] = WindowsJson(figures.windows, now_ms);
}

void AddFigures(ResourceParts& parts, json::array& data) {
  const std::int64_t now_ms = parts.store.NowMs();
  const std::vector<std::int64_t> ids = IdsOf(data);
  auto replaced_at = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return account_store::ReplacedAt(transaction, ids);
  });
  for (json::value& value : data) {
    json::object& record = value.as_object();
    const std::int64_t id = record.at("id").as_int64();
    AccountFigures figures = parts.board.Of(id);
    // Where nobody can tell, what may be of another credential is not shown.
    figures.ForgetBefore(replaced_at.ok() ? (*replaced_at)[id] : now_ms);
    AddFigures(figures, now_ms, record);
  }
}

}  // namespace

void CompleteAccounts(ResourceParts& parts, json::array& accounts) {
  AddSince(parts, accounts);
  AddFigures(parts, accounts);
  AddChecks(parts, accounts);
  AddRefreshes(parts, accounts);
  AddUse(parts, accounts);
}

json::object AccountAnswer(ResourceParts& parts, const Account& account) {
  json::array one = {AccountJson(account, parts.vault, parts.store.NowMs())};
  CompleteAccounts(parts, one);
  return std::move(one.front().as_object());
}

// last_used_at and today are left out while usage is away.
Shape AccountShape(ResourceParts& parts) {
  return [&parts] {
    json::object account = AccountJson(Account(), parts.vault, 0);
    AddSince(AccountHistoryEntry(), account);
    AddFigures(AccountFigures(), 0, account);
    account["last_check"] = MaybeAbsent(CheckJson(AccountCheck()));
    account["last_used_at"] = MaybeAbsent(TimeJson(0));
    account["today"] = MaybeAbsent(UseJson({}));
    return Named("Account", std::move(account));
  };
}

}  // namespace weir::admin

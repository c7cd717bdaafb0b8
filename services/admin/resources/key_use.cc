#include "services/admin/resources/key_use.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include <boost/json/value.hpp>

#include "libs/common/budget_rules.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/resources/subject_figures.h"
#include "services/admin/store/api_key_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

void AddLastUsedTo(UsageGlance& glance, json::array& data) {
  std::vector<std::int64_t> ids;
  for (const json::value& value : data) ids.push_back(value.at("id").as_int64());
  UsageGlance::LastUsedTimes times;
  if (!ids.empty() && glance.KeysLastUsed(ids, times).ok()) AddLastUsed(data, times);
}

bool IsSpent(const Limits& limits, const LifetimeSpend& spent) {
  return IsMoneySpent(limits.nano_usd_total, spent.nano_usd) ||
         AreRequestsSpent(limits.requests_total, spent.requests);
}

// The spent ones among these.
absl::Status AddSpent(UsageGlance& glance, const std::vector<ApiKey>& keys,
                      std::vector<std::int64_t>& spent_ids) {
  std::vector<std::int64_t> ids;
  ids.reserve(keys.size());
  for (const ApiKey& key : keys) ids.push_back(key.id);
  std::map<std::int64_t, LifetimeSpend> spent;
  if (absl::Status asked = glance.KeysSpent(ids, spent); !asked.ok()) return asked;
  for (const ApiKey& key : keys) {
    if (IsSpent(key.limits, spent[key.id])) spent_ids.push_back(key.id);
  }
  return absl::OkStatus();
}

// Not "= 0 OR > ?": SQLite would gather the rows of both before it gives the first.
constexpr std::string_view kNotExpired = "status = 'active' AND NOT expires_at_ms BETWEEN 1 AND ?";

absl::Status KeepExhausted(ResourceParts& parts, ListQuery& query) {
  constexpr std::int64_t kAtOnce = 500;
  ListQuery candidates = {
      .conditions = query.conditions, .searches = query.searches, .limit = kAtOnce};
  candidates.conditions.push_back({kNotExpired, {parts.store.NowMs()}});
  candidates.conditions.push_back({api_key_store::kHasLifetimeLimit, {}});
  candidates.conditions.push_back({"id > ?", {std::int64_t{0}}});
  std::vector<std::int64_t> spent_ids;
  UsageGlance glance(parts.usage, UsageGlance::kAskedForWaitMs);
  auto dialect = sql::SqlDialect::kSqlite;
  for (bool more = true; more;) {
    auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
      dialect = transaction.dialect();
      return api_key_store::List(transaction, candidates);
    });
    if (!page.ok()) return page.status();
    if (page->total.at_least) {
      return BadParameter(
          StrCat("more than ", page->total.rows,
                 " keys have a limit for their lifetime; ask by user_id or group_id"));
    }
    if (page->items.empty()) break;
    if (absl::Status added = AddSpent(glance, page->items, spent_ids); !added.ok()) return added;
    more = static_cast<std::int64_t>(page->items.size()) == kAtOnce;
    candidates.conditions.back().values = {page->items.back().id};
  }
  query.conditions.push_back(AmongIds(dialect, spent_ids));
  return absl::OkStatus();
}

// "exhausted" is not stored either: it follows from what was spent. While usage is away it is not
// told.
void AddExhausted(UsageGlance& glance, const std::vector<const ApiKey*>& keys, json::array& data) {
  std::vector<std::int64_t> ids;
  for (const ApiKey* key : keys) {
    const bool bound = key->limits.nano_usd_total > 0 || key->limits.requests_total > 0;
    if (bound && key->status == ActiveStatus::kActive) ids.push_back(key->id);
  }
  std::map<std::int64_t, LifetimeSpend> spent;
  if (ids.empty() || !glance.KeysSpent(ids, spent).ok()) return;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = spent.find(keys[i]->id);
    json::value& status = data.at(i).at("status");
    if (found == spent.end() || status != "active") continue;
    if (IsSpent(keys[i]->limits, found->second)) status = "exhausted";
  }
}

}  // namespace

void AddKeyUse(UsageGlance& glance, const std::vector<const ApiKey*>& keys, json::array& data) {
  AddLastUsedTo(glance, data);
  AddExhausted(glance, keys, data);
}

void CompleteKeys(ResourceParts& parts, const std::vector<const ApiKey*>& keys, json::array& data) {
  UsageGlance glance(parts.usage);
  AddKeyUse(glance, keys, data);
  std::vector<const Limits*> limits;
  limits.reserve(keys.size());
  for (const ApiKey* key : keys) limits.push_back(&key->limits);
  AddFigures(glance, SubjectKind::kKeys, limits, parts.store.NowMs(), data);
}

// "expired" is not stored: it follows from the time.
absl::Status NarrowByStatus(ResourceParts& parts, std::string_view status, ListQuery& query) {
  const std::int64_t now_ms = parts.store.NowMs();
  if (status == "exhausted") return KeepExhausted(parts, query);
  if (status == "expired") {
    query.conditions.push_back({"status = 'active' AND expires_at_ms BETWEEN 1 AND ?", {now_ms}});
  } else if (status == "active") {
    query.conditions.push_back({kNotExpired, {now_ms}});
  } else if (status == "disabled") {
    query.conditions.push_back({"status = 'disabled'", {}});
  }
  return absl::OkStatus();
}

json::value KeyShape() {
  json::object key = ApiKeyJson(ApiKey(), 0);
  key["last_used_at"] = MaybeAbsent(TimeJson(0));
  AddFiguresShape(SubjectKind::kKeys, key);
  return Named("Key", std::move(key));
}

json::value KeyWithTextShape() {
  json::object key = ApiKeyJson(ApiKey(), 0);
  key["key"] = "";
  return Named("KeyWithText", std::move(key));
}

}  // namespace weir::admin

#include "services/admin/resources/key_use.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include <boost/json/value.hpp>

#include "libs/common/budget_rules.h"
#include "services/admin/json/record_json.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

void AddLastUsedTo(ResourceParts& parts, json::array& data) {
  std::vector<std::int64_t> ids;
  for (const json::value& value : data) ids.push_back(value.at("id").as_int64());
  UsageClient::LastUsedTimes times;
  if (!ids.empty() && parts.usage.KeysLastUsed(ids, times).ok()) AddLastUsed(data, times);
}

// "exhausted" is not stored either: it follows from what was spent. While usage is away it is not
// told.
void AddExhausted(ResourceParts& parts, const std::vector<const ApiKey*>& keys, json::array& data) {
  std::vector<std::int64_t> ids;
  for (const ApiKey* key : keys) {
    const bool bound = key->limits.nano_usd_total > 0 || key->limits.requests_total > 0;
    if (bound && key->status == ActiveStatus::kActive) ids.push_back(key->id);
  }
  std::map<std::int64_t, UsageClient::LifetimeSpend> spent;
  if (ids.empty() || !parts.usage.KeysSpent(ids, spent).ok()) return;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = spent.find(keys[i]->id);
    json::value& status = data.at(i).at("status");
    if (found == spent.end() || status != "active") continue;
    const Limits& limits = keys[i]->limits;
    if (IsMoneySpent(limits.nano_usd_total, found->second.nano_usd) ||
        AreRequestsSpent(limits.requests_total, found->second.requests)) {
      status = "exhausted";
    }
  }
}

}  // namespace

void AddKeyUse(ResourceParts& parts, const std::vector<const ApiKey*>& keys, json::array& data) {
  AddLastUsedTo(parts, data);
  AddExhausted(parts, keys, data);
}

json::value KeyShape() {
  json::object key = ApiKeyJson(ApiKey(), 0);
  key["last_used_at"] = MaybeAbsent(TimeJson(0));
  return Named("Key", std::move(key));
}

json::value KeyWithTextShape() {
  json::object key = ApiKeyJson(ApiKey(), 0);
  key["key"] = "";
  return Named("KeyWithText", std::move(key));
}

}  // namespace weir::admin

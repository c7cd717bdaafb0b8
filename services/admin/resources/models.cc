// GET /api/v1/models: what the caller may use, as a plain array of {name, provider}.
#include "services/admin/resources/models.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/model_pattern.h"
#include "services/admin/model/provider.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/all.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace json = boost::json;

void AddModelNames(const Account& account, const Settings& settings,
                   const std::vector<Price>& prices, ModelNames& names) {
  const std::string provider = ProviderOf(account);
  const std::vector<std::string> everything = {"*"};
  const std::vector<std::string>& served = ServedModels(account, settings);
  for (const std::string& text : served.empty() ? everything : served) {
    const ModelPattern pattern(text);
    if (pattern.exact()) {
      names.emplace(text, provider);
      continue;
    }
    for (const Price& price : prices) {
      if (price.provider == provider && !price.model.ends_with('*') &&
          pattern.Matches(price.model)) {
        names.emplace(price.model, provider);
      }
    }
  }
  for (const auto& [requested, upstream] : account.model_mapping) {
    if (ModelPattern(requested).exact()) names.emplace(requested, provider);
  }
}

absl::StatusOr<std::set<std::int64_t>> OwnGroups(sql::Transaction& transaction,
                                                 const Caller& caller) {
  std::set<std::int64_t> groups = {caller.user.group_id};
  auto rows = transaction.Execute("SELECT DISTINCT group_id FROM api_keys WHERE user_id = $1",
                                  {caller.user.id});
  if (!rows.ok()) return rows.status();
  for (const sql::Row& row : rows->rows) groups.insert(row.Int(0));
  return groups;
}

namespace {

// An administrator's are those of all groups.
absl::StatusOr<ModelNames> ModelsOf(sql::Transaction& transaction, const Caller& caller) {
  auto groups = OwnGroups(transaction, caller);
  if (!groups.ok()) return groups.status();
  auto prices = AllOf<Price>(transaction, price_store::After);
  if (!prices.ok()) return prices.status();
  auto accounts = AllOf<Account>(transaction, account_store::After);
  if (!accounts.ok()) return accounts.status();
  const auto settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  ModelNames models;
  for (const Account& account : *accounts) {
    const bool reachable =
        caller.is_admin() || std::any_of(account.group_ids.begin(), account.group_ids.end(),
                                         [&](std::int64_t id) { return groups->count(id) > 0; });
    if (reachable && account.status != AccountStatus::kDisabled) {
      AddModelNames(account, *settings, *prices, models);
    }
  }
  return models;
}

json::array ModelsJson(const ModelNames& models) {
  return ListJson(models, [](const std::pair<std::string, std::string>& model) {
    return json::object{{"name", model.first}, {"provider", model.second}};
  });
}

}  // namespace

Routes ModelRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/models",
           Access::kUser,
           [&parts](const Request&, const Caller& caller) -> absl::StatusOr<Response> {
             auto models = ReadValue(parts.store, [&](sql::Transaction& transaction) {
               return ModelsOf(transaction, caller);
             });
             if (!models.ok()) return models.status();
             return JsonResponse(200, ModelsJson(*models));
           },
           {.summary = "List the models that one may use",
            .answers = {Answers([] { return ModelsJson({}); })}}},
          ModelPriceRoute(parts)};
}

}  // namespace weir::admin

// GET /api/v1/models: what the caller may use, as a plain array of {name, provider}.
#include "services/admin/resources/models.h"

#include <memory>
#include <tuple>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/model_pattern.h"
#include "libs/common/text.h"
#include "services/admin/model/provider.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/resources/kept_answers.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_offers.h"
#include "services/admin/store/all.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace json = boost::json;

bool Offer::operator<(const Offer& other) const {
  return std::tie(provider, models, mapping) <
         std::tie(other.provider, other.models, other.mapping);
}

absl::StatusOr<std::vector<Offer>> OffersOf(sql::Transaction& transaction,
                                            const std::optional<std::set<std::int64_t>>& groups) {
  const auto settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  const auto accounts = AccountOffers(transaction, groups);
  if (!accounts.ok()) return accounts.status();
  std::vector<Offer> offers;
  std::set<Offer> seen;
  for (const Account& account : *accounts) {
    Offer offer = {.provider = ProviderOf(account),
                   .models = ServedModels(account, *settings),
                   .mapping = account.model_mapping};
    if (seen.insert(offer).second) offers.push_back(std::move(offer));
  }
  return offers;
}

void AddModelNames(const Offer& offer, const std::vector<Price>& prices, ModelNames& names) {
  const std::vector<std::string> everything = {"*"};
  for (const std::string& text : offer.models.empty() ? everything : offer.models) {
    const ModelPattern pattern(text);
    if (pattern.exact()) {
      names.emplace(text, offer.provider);
      continue;
    }
    for (const Price& price : prices) {
      if (price.provider == offer.provider && !price.model.ends_with('*') &&
          pattern.Matches(price.model)) {
        names.emplace(price.model, offer.provider);
      }
    }
  }
  for (const auto& [requested, upstream] : offer.mapping) {
    if (ModelPattern(requested).exact()) names.emplace(requested, offer.provider);
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

using KeptNames = KeptAnswers<ModelNames>;

absl::StatusOr<KeptNames::Made> NamesOf(sql::Transaction& transaction,
                                        const std::optional<std::set<std::int64_t>>& groups) {
  auto prices = AllOf<Price>(transaction, price_store::After);
  if (!prices.ok()) return prices.status();
  auto offers = OffersOf(transaction, groups);
  if (!offers.ok()) return offers.status();
  ModelNames names;
  for (const Offer& offer : *offers) AddModelNames(offer, *prices, names);
  const std::size_t parts = names.size() + (groups.has_value() ? groups->size() : 0);
  return KeptNames::Made{.value = std::move(names), .parts = parts};
}

// An administrator's are those of all groups.
absl::StatusOr<std::shared_ptr<const ModelNames>> ModelsOf(sql::Transaction& transaction,
                                                           const Caller& caller,
                                                           std::int64_t now_ms, KeptNames& kept) {
  std::optional<std::set<std::int64_t>> groups;
  std::string key = "all";
  if (!caller.is_admin()) {
    auto own = OwnGroups(transaction, caller);
    if (!own.ok()) return own.status();
    key.clear();
    for (const std::int64_t id : *own) StrAppend(key, id, " ");
    groups = *std::move(own);
  }
  return kept.Get(transaction, key, now_ms, [&] { return NamesOf(transaction, groups); });
}

json::array ModelsJson(const ModelNames& models) {
  return ListJson(models, [](const std::pair<std::string, std::string>& model) {
    return json::object{{"name", model.first}, {"provider", model.second}};
  });
}

}  // namespace

Routes ModelRoutes(ResourceParts& parts) {
  const auto kept = std::make_shared<KeptNames>();
  return {{"GET",
           "/api/v1/models",
           Access::kUser,
           [&parts, kept](const Request&, const Caller& caller) -> absl::StatusOr<Response> {
             auto models = ReadValue(parts.store, [&](sql::Transaction& transaction) {
               return ModelsOf(transaction, caller, parts.store.NowMs(), *kept);
             });
             if (!models.ok()) return models.status();
             return JsonResponse(200, ModelsJson(**models));
           },
           {.summary = "List the models that one may use",
            .answers = {Answers([] { return ModelsJson({}); })}}},
          ModelPriceRoute(parts)};
}

}  // namespace weir::admin

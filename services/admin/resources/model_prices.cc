// GET /api/v1/models/prices: what each model costs the caller, per million tokens.
#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/cost.h"
#include "libs/common/model_pattern.h"
#include "libs/common/money.h"
#include "libs/common/price_table.h"
#include "libs/common/text.h"
#include "services/admin/json/describe.h"
#include "services/admin/model/problem.h"
#include "services/admin/resources/kept_answers.h"
#include "services/admin/resources/models.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/unpriced_models.h"
#include "services/admin/store/all.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

// As relays map: the most telling pattern first.
class Mapping {
 public:
  explicit Mapping(const std::map<std::string, std::string>& mapping) {
    entries_.reserve(mapping.size());
    for (const auto& [pattern, model] : mapping) entries_.emplace_back(pattern, model);
    std::sort(entries_.begin(), entries_.end(),
              [](const auto& a, const auto& b) { return a.first.Compare(b.first) < 0; });
  }
  const std::string& Map(const std::string& model) const {
    for (const auto& [pattern, mapped] : entries_) {
      if (pattern.Matches(model)) return mapped;
    }
    return model;
  }

 private:
  std::vector<std::pair<ModelPattern, std::string>> entries_;
};

// An offer, ready to be asked.
struct Serving {
  std::string provider;
  std::vector<ModelPattern> models;  // empty = all
  Mapping mapping;

  bool Serves(std::string_view model) const {
    return models.empty() ||
           std::any_of(models.begin(), models.end(),
                       [&](const ModelPattern& pattern) { return pattern.Matches(model); });
  }
};

struct ModelPrice {
  std::string name;
  std::string provider;
  std::optional<TieredPrices> prices;
};

using KeptPrices = KeptAnswers<std::vector<ModelPrice>>;

struct GroupPrices {
  Group group;
  std::map<std::int64_t, std::string> group_names;
  std::shared_ptr<const std::vector<ModelPrice>> models =
      std::make_shared<const std::vector<ModelPrice>>();
};

// What relays are asked for: names, not patterns.
std::set<std::string> NamesOf(const Group& group, const std::vector<Offer>& offers,
                              const std::vector<Price>& prices) {
  std::set<std::string> names;
  for (const auto& [requested, model] : group.model_mapping) {
    if (ModelPattern(requested).exact()) names.insert(requested);
  }
  ModelNames offered;
  for (const Offer& offer : offers) AddModelNames(offer, prices, offered);
  for (const auto& [name, provider] : offered) names.insert(name);
  return names;
}

std::vector<Serving> ServingOf(const std::vector<Offer>& offers) {
  std::vector<Serving> serving;
  serving.reserve(offers.size());
  for (const Offer& offer : offers) {
    serving.push_back({.provider = offer.provider,
                       .models = {offer.models.begin(), offer.models.end()},
                       .mapping = Mapping(offer.mapping)});
  }
  return serving;
}

std::vector<ModelPrice> PricesOf(const std::set<std::string>& names, const Mapping& of_group,
                                 const std::vector<Serving>& serving, const PriceTable& table,
                                 std::int64_t now_ms) {
  std::vector<ModelPrice> models;
  for (const std::string& name : names) {
    const std::string& model = of_group.Map(name);
    const auto first = std::find_if(serving.begin(), serving.end(), [&](const Serving& accounts) {
      return accounts.Serves(model);
    });
    if (first == serving.end()) continue;
    const weir::Price* price = table.Find(first->provider, first->mapping.Map(model), now_ms);
    models.push_back({.name = name,
                      .provider = first->provider,
                      .prices = price == nullptr ? std::nullopt : std::optional(price->prices)});
  }
  return models;
}

// When the next price comes into force.
std::int64_t NextPriceMs(const std::vector<Price>& prices, std::int64_t now_ms) {
  std::int64_t next_ms = std::numeric_limits<std::int64_t>::max();
  for (const Price& price : prices) {
    if (price.effective_from_ms > now_ms) next_ms = std::min(next_ms, price.effective_from_ms);
  }
  return next_ms;
}

absl::StatusOr<KeptPrices::Made> ReadModels(sql::Transaction& transaction, const Group& group,
                                            std::int64_t now_ms) {
  const auto offers = OffersOf(transaction, std::set<std::int64_t>{group.id});
  if (!offers.ok()) return offers.status();
  const auto prices = AllOf<Price>(transaction, price_store::After);
  if (!prices.ok()) return prices.status();
  std::vector<ModelPrice> models =
      PricesOf(NamesOf(group, *offers, *prices), Mapping(group.model_mapping), ServingOf(*offers),
               PriceTableOf(*prices), now_ms);
  const std::size_t parts = models.size();
  return KeptPrices::Made{
      .value = std::move(models), .parts = parts, .until_ms = NextPriceMs(*prices, now_ms)};
}

// A group that is not the caller's is not there.
absl::StatusOr<GroupPrices> Read(sql::Transaction& transaction, const Caller& caller,
                                 std::int64_t group_id, std::int64_t now_ms, KeptPrices& kept) {
  GroupPrices out;
  auto own = OwnGroups(transaction, caller);
  if (!own.ok()) return own.status();
  if (!caller.is_admin() && own->count(group_id) == 0) return NotFound("group");
  for (const std::int64_t id : *own) {
    const auto group = group_store::Get(transaction, id);
    if (!group.ok()) return group.status();
    out.group_names[id] = group->name;
  }
  auto group = group_store::Get(transaction, group_id);
  if (!group.ok()) return group.status();
  out.group = *std::move(group);
  auto models = kept.Get(transaction, StrCat(group_id), now_ms,
                         [&] { return ReadModels(transaction, out.group, now_ms); });
  if (!models.ok()) return models.status();
  out.models = *std::move(models);
  return out;
}

// What a million tokens cost: by the very sum that a request is charged by.
std::string PerMillion(std::int64_t pico_usd, std::int64_t multiplier_ppm) {
  TokenCounts million;
  million.input = 1'000'000;
  TokenPrices price;
  price.input_pico_usd = pico_usd;
  return FormatUsd(CostNanoUsd(million, price, multiplier_ppm));
}

json::object PricesJson(const TokenPrices& prices, std::int64_t ppm) {
  return {{"input", PerMillion(prices.input_pico_usd, ppm)},
          {"output", PerMillion(prices.output_pico_usd, ppm)},
          {"cache_read", PerMillion(prices.cache_read_pico_usd, ppm)},
          {"cache_write_5m", PerMillion(prices.cache_write_5m_pico_usd, ppm)},
          {"cache_write_1h", PerMillion(prices.cache_write_1h_pico_usd, ppm)}};
}

json::value PriceJsonOf(const std::optional<TieredPrices>& told, std::int64_t ppm) {
  return Where(told.has_value(), [&] {
    const TieredPrices prices = told.value_or(TieredPrices());
    json::object object = PricesJson(prices.base, ppm);
    object["tier_above_input_tokens"] = IntegerOrNull(prices.tier_above_input_tokens);
    object["tier"] =
        Where(prices.tier_above_input_tokens != 0, [&] { return PricesJson(prices.tier, ppm); });
    return object;
  });
}

json::object AnswerJson(const GroupPrices& all) {
  const std::int64_t ppm = all.group.price_multiplier_ppm;
  return {{"group_id", all.group.id},
          {"group_name", all.group.name},
          {"price_multiplier", FormatPpm(ppm)},
          {"groups", ListJson(all.group_names,
                              [](const std::pair<const std::int64_t, std::string>& group) {
                                return json::object{{"id", group.first}, {"name", group.second}};
                              })},
          {"data", ListJson(*all.models, [ppm](const ModelPrice& model) {
             return json::object{{"name", model.name},
                                 {"provider", model.provider},
                                 {"price", PriceJsonOf(model.prices, ppm)}};
           })}};
}

absl::StatusOr<Response> Show(ResourceParts& parts, const Request& request, const Caller& caller,
                              KeptPrices& kept) {
  std::int64_t group_id = caller.user.group_id;
  ParseInteger(request.Query("group_id"), group_id);
  auto prices = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return Read(transaction, caller, group_id, parts.store.NowMs(), kept);
  });
  if (!prices.ok()) return prices.status();
  return JsonResponse(200, AnswerJson(*prices));
}

}  // namespace

Route ModelPriceRoute(ResourceParts& parts) {
  const auto kept = std::make_shared<KeptPrices>();
  return {"GET",
          "/api/v1/models/prices",
          Access::kUser,
          [&parts, kept](const Request& request, const Caller& caller) {
            return Show(parts, request, caller, *kept);
          },
          {.summary = "Show what the models that one may use cost",
           .query = {IdParameter("group_id")},
           .answers = {Answers([] { return AnswerJson(GroupPrices()); })},
           .refusals = {404},
           .about = "USD per million tokens, with the group's multiplier; `group_id` is the "
                    "caller's own group unless one of `groups` is asked for. A model's price is "
                    "that of the account that comes first; null where it has none. What routes "
                    "make of a name is not looked at."}};
}

}  // namespace weir::admin

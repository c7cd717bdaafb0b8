#include "libs/common/price_table.h"

#include <algorithm>
#include <set>
#include <utility>

namespace weir {
namespace {

// Of two prices from the same moment the one entered last holds.
bool Later(const Price* a, const Price* b) {
  return std::pair(a->effective_from_unix_ms, a->id) > std::pair(b->effective_from_unix_ms, b->id);
}

}  // namespace

PriceTable::PriceTable(ById prices) : by_id_(std::move(prices)) {
  std::map<std::pair<std::string, std::string>, Dated> patterns;
  for (const auto& [id, price] : by_id_) {
    Provider& provider = providers_[price->provider];
    Dated& dated = price->model.exact() ? provider.exact[price->model.stem()]
                                        : patterns[{price->provider, price->model.stem()}];
    dated.push_back(price.get());
  }
  for (auto& [where, dated] : patterns) {
    providers_[where.first].patterns.emplace_back(where.second, std::move(dated));
  }
  for (auto& [name, provider] : providers_) {
    for (auto& [model, dated] : provider.exact) {
      std::sort(dated.begin(), dated.end(), Later);
      AddAliases(provider, dated);
    }
    for (auto& [stem, dated] : provider.patterns) {
      std::sort(dated.begin(), dated.end(), Later);
      AddAliases(provider, dated);
    }
    std::sort(provider.patterns.begin(), provider.patterns.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  }
}

void PriceTable::AddAliases(Provider& provider, const Dated& dated) {
  std::set<std::string_view> names;
  for (const Price* price : dated) names.insert(price->aliases.begin(), price->aliases.end());
  for (const std::string_view name : names) {
    provider.aliases[std::string(name)].push_back(dated);
  }
}

const Price* PriceTable::InForce(const Dated& dated, std::int64_t at_unix_ms) {
  for (const Price* price : dated) {
    if (price->effective_from_unix_ms <= at_unix_ms) return price;
  }
  return nullptr;
}

// A price that no longer names the alias has taken it away.
const Price* PriceTable::FindAlias(const std::vector<Dated>& models, std::string_view alias,
                                   std::int64_t at_unix_ms) {
  const Price* latest = nullptr;
  for (const Dated& dated : models) {
    const Price* price = InForce(dated, at_unix_ms);
    if (price == nullptr) continue;
    const auto& names = price->aliases;
    if (std::find(names.begin(), names.end(), alias) == names.end()) continue;
    if (latest == nullptr || Later(price, latest)) latest = price;
  }
  return latest;
}

const Price* PriceTable::FindIn(const Provider& provider, std::string_view model,
                                std::int64_t at_unix_ms) {
  if (const auto found = provider.exact.find(model); found != provider.exact.end()) {
    if (const Price* price = InForce(found->second, at_unix_ms)) return price;
  }
  if (const auto found = provider.aliases.find(model); found != provider.aliases.end()) {
    if (const Price* price = FindAlias(found->second, model, at_unix_ms)) return price;
  }
  for (const auto& [stem, dated] : provider.patterns) {
    if (!model.starts_with(stem)) continue;
    if (const Price* price = InForce(dated, at_unix_ms)) return price;
  }
  return nullptr;
}

const PriceTable::Provider* PriceTable::ProviderOf(std::string_view name) const {
  const auto found = providers_.find(name);
  return found == providers_.end() ? nullptr : &found->second;
}

const Price* PriceTable::Find(std::string_view provider, std::string_view model,
                              std::int64_t at_unix_ms) const {
  if (const Provider* own = ProviderOf(provider)) {
    if (const Price* price = FindIn(*own, model, at_unix_ms)) return price;
  }
  if (provider.empty()) return nullptr;
  const Provider* any = ProviderOf("");
  return any == nullptr ? nullptr : FindIn(*any, model, at_unix_ms);
}

std::vector<std::string> PriceTable::Models(std::string_view provider) const {
  std::vector<std::string> models;
  for (const Provider* prices : {ProviderOf(provider), ProviderOf("")}) {
    if (prices == nullptr) continue;
    for (const auto& [model, dated] : prices->exact) models.push_back(model);
    for (const auto& [alias, of_models] : prices->aliases) models.push_back(alias);
  }
  std::sort(models.begin(), models.end());
  models.erase(std::unique(models.begin(), models.end()), models.end());
  return models;
}

}  // namespace weir

#include "services/relay/snapshot/price_table.h"

#include <algorithm>
#include <utility>

namespace weir::relay {

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
  // Of two prices from the same moment the one entered last holds.
  const auto later = [](const Price* a, const Price* b) {
    return std::pair(a->effective_from_unix_ms, a->id) >
           std::pair(b->effective_from_unix_ms, b->id);
  };
  for (auto& [name, provider] : providers_) {
    for (auto& [model, dated] : provider.exact) std::sort(dated.begin(), dated.end(), later);
    for (auto& [stem, dated] : provider.patterns) std::sort(dated.begin(), dated.end(), later);
    std::sort(provider.patterns.begin(), provider.patterns.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  }
}

const Price* PriceTable::InForce(const Dated& dated, std::int64_t at_unix_ms) {
  for (const Price* price : dated) {
    if (price->effective_from_unix_ms <= at_unix_ms) return price;
  }
  return nullptr;
}

const Price* PriceTable::FindIn(const Provider& provider, std::string_view model,
                                std::int64_t at_unix_ms) {
  if (const auto found = provider.exact.find(model); found != provider.exact.end()) {
    if (const Price* price = InForce(found->second, at_unix_ms)) return price;
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
  }
  std::sort(models.begin(), models.end());
  models.erase(std::unique(models.begin(), models.end()), models.end());
  return models;
}

}  // namespace weir::relay

// Prices by provider, model and date: what a request is charged by when it ends (relay), and once
// more when it is rated again (usage). Pure look-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/common/cost.h"
#include "libs/common/model_pattern.h"
#include "libs/common/text_hash.h"

namespace weir {

// A price from a moment on. Nothing in `prices` is negative: see CompletePrices.
struct Price {
  std::int64_t id = 0;
  std::string provider;  // empty = any
  ModelPattern model;
  std::vector<std::string> aliases;    // further exact names that this price is for
  std::int64_t max_output_tokens = 0;  // of the model in one answer; 0 = not known
  std::int64_t effective_from_unix_ms = 0;
  TieredPrices prices;
};

// Immutable. A list has some thousand prices and changes rarely: each change makes it anew.
class PriceTable {
 public:
  using ById = std::map<std::int64_t, std::shared_ptr<const Price>>;

  explicit PriceTable(ById prices);

  // The price in force at `at_unix_ms`: of (provider, exact name), then of (provider, alias), then
  // of (provider, longest pattern), then the same for prices of any provider. nullptr = unpriced.
  // An alias is one as long as the price in force names it. Thread-safe.
  const Price* Find(std::string_view provider, std::string_view model,
                    std::int64_t at_unix_ms) const;
  // All exact names that have a price for `provider`, also by an alias, those for any provider
  // included; sorted.
  std::vector<std::string> Models(std::string_view provider) const;

  const ById& by_id() const { return by_id_; }

 private:
  // Prices of one model or pattern, latest first.
  using Dated = std::vector<const Price*>;
  struct Provider {
    std::unordered_map<std::string, Dated, TextHash, std::equal_to<>> exact;
    std::vector<std::pair<std::string, Dated>> patterns;  // longest stem first
    // The models' prices that name this alias at any time.
    std::unordered_map<std::string, std::vector<Dated>, TextHash, std::equal_to<>> aliases;
  };

  static const Price* InForce(const Dated& dated, std::int64_t at_unix_ms);
  static const Price* FindAlias(const std::vector<Dated>& models, std::string_view alias,
                                std::int64_t at_unix_ms);
  static void AddAliases(Provider& provider, const Dated& dated);
  static const Price* FindIn(const Provider& provider, std::string_view model,
                             std::int64_t at_unix_ms);
  const Provider* ProviderOf(std::string_view name) const;

  ById by_id_;
  std::unordered_map<std::string, Provider, TextHash, std::equal_to<>> providers_;
};

}  // namespace weir

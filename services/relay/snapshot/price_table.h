// Prices by provider, model and date.
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

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

// Immutable. A list has some thousand prices and changes rarely: each change makes it anew.
class PriceTable {
 public:
  using ById = std::map<std::int64_t, std::shared_ptr<const Price>>;

  explicit PriceTable(ById prices);

  // As Snapshot::FindPrice and Snapshot::PricedModels.
  const Price* Find(std::string_view provider, std::string_view model,
                    std::int64_t at_unix_ms) const;
  std::vector<std::string> Models(std::string_view provider) const;

  const ById& by_id() const { return by_id_; }

 private:
  // Prices of one model or pattern, latest first.
  using Dated = std::vector<const Price*>;
  struct Provider {
    std::unordered_map<std::string, Dated, TextHash, std::equal_to<>> exact;
    std::vector<std::pair<std::string, Dated>> patterns;  // longest stem first
  };

  static const Price* InForce(const Dated& dated, std::int64_t at_unix_ms);
  static const Price* FindIn(const Provider& provider, std::string_view model,
                             std::int64_t at_unix_ms);
  const Provider* ProviderOf(std::string_view name) const;

  ById by_id_;
  std::unordered_map<std::string, Provider, TextHash, std::equal_to<>> providers_;
};

}  // namespace weir::relay

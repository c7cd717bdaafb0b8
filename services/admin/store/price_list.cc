#include "services/admin/store/price_list.h"

#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/admin/model/price_csv.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

using ModelName = std::pair<std::string, std::string>;

struct Known {
  std::map<ModelName, Price> valid;  // at the moment
  std::map<std::pair<ModelName, std::int64_t>, Price> dated;
};

absl::StatusOr<Known> ReadKnown(sql::Transaction& transaction, std::int64_t now_ms) {
  Known known;
  std::int64_t last_id = 0;
  while (true) {
    auto prices = price_store::After(transaction, last_id, 1000);
    if (!prices.ok()) return prices.status();
    for (const Price& price : *prices) {
      last_id = price.id;
      const ModelName name(price.provider, price.model);
      known.dated[{name, price.effective_from_ms}] = price;
      if (price.effective_from_ms > now_ms) continue;
      Price& valid = known.valid[name];
      if (valid.id == 0 || valid.effective_from_ms <= price.effective_from_ms) valid = price;
    }
    if (prices->size() < 1000) return known;
  }
}

bool SameAmounts(Price a, const Price& b) {
  static_cast<Record&>(a) = b;
  a.effective_from_ms = b.effective_from_ms;
  return a == b;
}

}  // namespace

absl::StatusOr<PriceListPlan> PlanPriceList(sql::Transaction& transaction,
                                            const std::vector<Price>& list, std::int64_t now_ms) {
  auto known = ReadKnown(transaction, now_ms);
  if (!known.ok()) return known.status();
  PriceListPlan plan;
  for (Price price : list) {
    const ModelName name(price.provider, price.model);
    const bool dated = price.effective_from_ms != 0;
    const auto same_date = known->dated.find({name, price.effective_from_ms});
    const auto valid = known->valid.find(name);
    if (dated && same_date != known->dated.end()) {
      if (SameAmounts(same_date->second, price)) {
        plan.unchanged += 1;
        continue;
      }
      static_cast<Record&>(price) = same_date->second;
      plan.changed.push_back({same_date->second, std::move(price)});
    } else if (valid == known->valid.end()) {
      plan.added.push_back(std::move(price));
    } else if (SameAmounts(valid->second, price)) {
      plan.unchanged += 1;
    } else {
      if (!dated) price.effective_from_ms = now_ms;
      plan.changed.push_back({valid->second, std::move(price)});
    }
  }
  return plan;
}

absl::Status ApplyPriceList(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                            PriceListPlan& plan) {
  for (Price& price : plan.added) {
    absl::Status done = price_store::Insert(transaction, changes, now_ms, price);
    if (!done.ok()) return done;
  }
  for (PriceListPlan::Changed& change : plan.changed) {
    Price& price = change.new_price;
    absl::Status done = price.id != 0 ? price_store::Update(transaction, changes, now_ms, price)
                                      : price_store::Insert(transaction, changes, now_ms, price);
    if (!done.ok()) return done;
  }
  return absl::OkStatus();
}

absl::Status LoadShippedPrices(Store& store, const std::string& path) {
  std::size_t added = 0;
  const std::int64_t now_ms = store.NowMs();
  absl::Status status =
      store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        added = 0;
        auto first = settings_store::SetMark(transaction, "shipped_prices");
        if (!first.ok() || !*first) return first.status();
        std::ifstream file(path);
        std::stringstream content;
        content << file.rdbuf();
        if (!file) return absl::NotFoundError(StrCat("cannot read the price list '", path, "'"));
        auto list = ParsePriceCsv(content.str());
        if (!list.ok()) {
          return absl::InvalidArgumentError(StrCat(path, ": ", list.status().message()));
        }
        auto plan = PlanPriceList(transaction, *list, now_ms);
        if (!plan.ok()) return plan.status();
        plan->changed.clear();  // an operator's own prices stay
        added = plan->added.size();
        return ApplyPriceList(transaction, changes, now_ms, *plan);
      });
  if (status.ok() && added > 0) {
    LogInfo("price list loaded", {{"file", path}, {"prices", added}});
  }
  return status;
}

}  // namespace weir::admin

#include "services/admin/store/price_list.h"

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/admin/model/price_csv.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/time_text.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

using ModelName = std::pair<std::string, std::string>;
// By the date from which each holds.
using Dated = std::map<std::int64_t, Price>;
using Known = std::map<ModelName, Dated>;

ModelName NameOf(const Price& price) { return {price.provider, price.model}; }

absl::StatusOr<Known> ReadKnown(sql::Transaction& transaction) {
  Known known;
  std::int64_t last_id = 0;
  while (true) {
    auto prices = price_store::After(transaction, last_id, 1000);
    if (!prices.ok()) return prices.status();
    for (const Price& price : *prices) {
      last_id = price.id;
      known[NameOf(price)][price.effective_from_ms] = price;
    }
    if (prices->size() < 1000) return known;
  }
}

// nullptr when there was none.
const Price* InForce(const Dated& dated, std::int64_t at_ms) {
  const auto after = dated.upper_bound(at_ms);
  return after == dated.begin() ? nullptr : &std::prev(after)->second;
}

bool SameAmounts(Price a, const Price& b) {
  static_cast<Record&>(a) = b;
  a.effective_from_ms = b.effective_from_ms;
  a.source = b.source;
  return a == b;
}

void KeepUnsaid(const Price* known, const PriceRow& row, Price& price) {
  if (known == nullptr) return;
  if (!row.says_aliases) price.aliases = known->aliases;
  if (!row.says_max_output_tokens) price.max_output_tokens = known->max_output_tokens;
}

void PlanDated(const Dated& dated, const PriceRow& row, std::int64_t now_ms, PriceListPlan& plan) {
  Price price = row.price;
  const Price* known = InForce(dated, price.effective_from_ms);
  KeepUnsaid(known, row, price);
  if (known == nullptr) {
    plan.added.push_back(std::move(price));
  } else if (SameAmounts(*known, price)) {
    plan.unchanged += 1;
  } else if (price.effective_from_ms <= now_ms) {
    plan.refused.push_back(row);
  } else {
    // One that is still to come may be written anew.
    const bool same_date = known->effective_from_ms == price.effective_from_ms;
    if (same_date) static_cast<Record&>(price) = *known;
    plan.changed.push_back({*known, std::move(price)});
  }
}

void PlanUndated(const Dated& dated, const PriceRow& row, std::int64_t now_ms,
                 PriceListPlan& plan) {
  Price price = row.price;
  const Price* known = InForce(dated, now_ms);
  KeepUnsaid(known, row, price);
  if (known == nullptr) {
    plan.added.push_back(std::move(price));
  } else if (SameAmounts(*known, price)) {
    plan.unchanged += 1;
  } else {
    price.effective_from_ms = now_ms;
    plan.changed.push_back({*known, std::move(price)});
  }
}

// What is in force now and not in the list, of the providers that are in it.
std::vector<Price> Removed(const Known& known, const std::vector<PriceRow>& list,
                           std::int64_t now_ms) {
  std::set<std::string> providers;
  std::set<ModelName> named;
  for (const PriceRow& row : list) {
    providers.insert(row.price.provider);
    named.insert(NameOf(row.price));
  }
  std::vector<Price> removed;
  for (const auto& [name, dated] : known) {
    const Price* price = InForce(dated, now_ms);
    if (price != nullptr && providers.contains(name.first) && !named.contains(name)) {
      removed.push_back(*price);
    }
  }
  return removed;
}

}  // namespace

absl::StatusOr<PriceListPlan> PlanPriceList(sql::Transaction& transaction,
                                            const std::vector<PriceRow>& list,
                                            std::int64_t now_ms) {
  auto known = ReadKnown(transaction);
  if (!known.ok()) return known.status();
  std::set<ModelName> with_dates;
  for (const PriceRow& row : list) {
    if (row.price.effective_from_ms != 0) with_dates.insert(NameOf(row.price));
  }
  PriceListPlan plan;
  plan.removed = Removed(*known, list, now_ms);
  for (const PriceRow& row : list) {
    const ModelName name = NameOf(row.price);
    const Dated& dated = (*known)[name];
    if (with_dates.contains(name)) {
      PlanDated(dated, row, now_ms, plan);
    } else {
      PlanUndated(dated, row, now_ms, plan);
    }
  }
  return plan;
}

absl::Status CheckPriceList(const PriceListPlan& plan) {
  if (plan.refused.empty()) return absl::OkStatus();
  const Price& price = plan.refused.front().price;
  const std::string from =
      price.effective_from_ms == 0 ? "the beginning" : FormatTime(price.effective_from_ms);
  return Conflict(StrCat("the price of ", price.provider, " ", price.model, " from ", from,
                         " has been in force with other amounts; what was valid is never "
                         "rewritten: give a date to come, or none for from now on"));
}

absl::Status ApplyPriceList(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                            PriceSource source, PriceListPlan& plan) {
  std::vector<Price*> new_ones;
  for (Price& price : plan.added) {
    price.source = source;
    new_ones.push_back(&price);
  }
  for (PriceListPlan::Changed& change : plan.changed) {
    Price& price = change.new_price;
    price.source = source;
    if (price.id == 0) {
      new_ones.push_back(&price);
      continue;
    }
    absl::Status done = price_store::Update(transaction, changes, now_ms, price);
    if (!done.ok()) return done;
  }
  return price_store::InsertMany(transaction, changes, now_ms, new_ones);
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
        plan->refused.clear();
        added = plan->added.size();
        return ApplyPriceList(transaction, changes, now_ms, PriceSource::kShipped, *plan);
      });
  if (status.ok() && added > 0) {
    LogInfo("price list loaded", {{"file", path}, {"prices", added}});
  }
  return status;
}

}  // namespace weir::admin

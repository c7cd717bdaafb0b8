#include "services/admin/resources/unpriced_models.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "libs/common/listed_price.h"
#include "libs/common/utc_window.h"
#include "services/admin/model/provider.h"
#include "services/admin/publish/to_proto.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/all.h"
#include "services/admin/store/price_store.h"
#include "weir/v1/report.pb.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace v1 = weir::v1;
namespace {

// UnpricedResponse has at most so many.
constexpr int kModelsToldMax = 1'000;

}  // namespace

PriceTable PriceTableOf(const std::vector<Price>& prices) {
  PriceTable::ById by_id;
  for (const Price& price : prices) {
    v1::Resource resource;
    ToProto(price, resource);
    auto complete = CompletePrices(ListedPricesOf(resource.price()));
    if (!complete.ok()) continue;
    by_id[price.id] = std::make_shared<const weir::Price>(
        weir::Price{.id = price.id,
                    .provider = price.provider,
                    .model = ModelPattern(price.model),
                    .aliases = price.aliases,
                    .effective_from_unix_ms = price.effective_from_ms,
                    .prices = *complete});
  }
  return PriceTable(std::move(by_id));
}

namespace {

// Whether the model had a price at that time, as prices stand now. A refused request came to no
// account: then any provider that prices the model will do.
bool IsPriced(const PricesNow& now, const v1::UnpricedModel& row, std::int64_t at_ms) {
  const auto has_price = [&](const std::string& provider, const std::string& model) {
    return now.prices.Find(provider, model, at_ms) != nullptr;
  };
  const auto account = now.providers.find(row.account_id());
  if (account != now.providers.end()) return has_price(account->second, row.served_model());
  std::set<std::string> providers = {""};
  for (const auto& [id, provider] : now.providers) providers.insert(provider);
  return std::any_of(providers.begin(), providers.end(),
                     [&](const std::string& one) { return has_price(one, row.model()); });
}

}  // namespace

absl::StatusOr<PricesNow> ReadPricesNow(Store& store) {
  return ReadValue(store, [&](sql::Transaction& transaction) -> absl::StatusOr<PricesNow> {
    auto prices = AllOf<Price>(transaction, price_store::After);
    if (!prices.ok()) return prices.status();
    PricesNow now{.prices = PriceTableOf(*prices), .now_ms = store.NowMs()};
    auto accounts = AllOf<Account>(transaction, account_store::After);
    if (!accounts.ok()) return accounts.status();
    for (const Account& account : *accounts) {
      now.providers[account.id] = ProviderOf(account);
    }
    return now;
  });
}

bool IsPricedNow(const PricesNow& now, const v1::UnpricedModel& row) {
  return IsPriced(now, row, now.now_ms);
}

bool IsPricedThen(const PricesNow& now, const v1::UnpricedModel& row) {
  return IsPriced(now, row, row.first_seen_unix_ms());
}

absl::StatusOr<Unpriced> FindUnpriced(Store& store, UsageClient& usage) {
  v1::UnpricedRequest question;
  question.set_from_unix_ms(store.NowMs() - kDayMs);
  v1::UnpricedResponse answer;
  if (absl::Status asked = usage.Unpriced(question, answer); !asked.ok()) return asked;
  Unpriced unpriced;
  unpriced.all = answer.models_size() < kModelsToldMax;
  // Mostly there are none, and prices need not be read.
  if (answer.models_size() == 0) return unpriced;
  const absl::StatusOr<PricesNow> now = ReadPricesNow(store);
  if (!now.ok()) return now.status();
  for (const v1::UnpricedModel& row : answer.models()) {
    // Nothing is left to do: the model has a price, and so had what was served.
    const bool served = row.served_requests() != 0;
    if (IsPricedNow(*now, row) && (!served || IsPricedThen(*now, row))) continue;
    unpriced.models.insert(row.served_model().empty() ? row.model() : row.served_model());
    unpriced.requests += row.served_requests() + row.refused_requests();
  }
  return unpriced;
}

}  // namespace weir::admin

#include "services/usage/rerating.h"

#include "libs/common/price.h"

namespace weir::usage {
namespace {

// Of the account as it is now; when that is gone, of the price that was applied then.
std::optional<std::string> ProviderOf(const UsageEvent& event, const RerateOrder& order) {
  const auto account = order.providers.find(event.account_id);
  if (account != order.providers.end()) return account->second;
  const auto price = order.prices.by_id().find(event.price.price_id);
  if (price != order.prices.by_id().end()) return price->second->provider;
  return std::nullopt;
}

}  // namespace

Rating RateAgain(const UsageEvent& event, const RerateOrder& order) {
  Rating rating{.price = event.price, .cost_nano_usd = event.cost_nano_usd};
  const std::optional<std::string> provider = ProviderOf(event, order);
  if (!provider.has_value()) {
    rating.as = RatedAs::kUnknownProvider;
    return rating;
  }
  const Price* price = order.prices.Find(*provider, event.served_model, event.started_at_unix_ms);
  if (price == nullptr) return rating;
  const Charge charge = ChargeFor(price->prices, event.tokens, event.price.multiplier_ppm);
  rating.as = RatedAs::kPriced;
  rating.price = {
      .price_id = price->id, .prices = charge.prices, .multiplier_ppm = event.price.multiplier_ppm};
  rating.cost_nano_usd = charge.cost_nano_usd;
  return rating;
}

std::optional<Correction> CorrectionFor(const UsageEvent& event, const CorrectionSums& known,
                                        const Rating& rating, bool charge_budgets) {
  if (rating.as != RatedAs::kPriced) return std::nullopt;
  Correction correction{.number = known.count + 1, .price = rating.price};
  correction.cost_nano_usd = rating.cost_nano_usd - (event.cost_nano_usd + known.cost_nano_usd);
  if (charge_budgets) {
    correction.spend_nano_usd = rating.cost_nano_usd - (event.cost_nano_usd + known.spend_nano_usd);
  }
  if (correction.cost_nano_usd == 0 && correction.spend_nano_usd == 0) return std::nullopt;
  return correction;
}

void RerateCounts::Add(const UsageEvent& event, const CorrectionSums& known, const Rating& rating) {
  const std::int64_t before = event.cost_nano_usd + known.cost_nano_usd;
  const bool priced = rating.as == RatedAs::kPriced;
  events += 1;
  corrected += priced && rating.cost_nano_usd != before ? 1 : 0;
  unpriced += rating.as == RatedAs::kUnpriced ? 1 : 0;
  unknown_provider += rating.as == RatedAs::kUnknownProvider ? 1 : 0;
  before_nano_usd += before;
  after_nano_usd += priced ? rating.cost_nano_usd : before;
}

void RerateCounts::Add(const RerateCounts& others) {
  events += others.events;
  corrected += others.corrected;
  unpriced += others.unpriced;
  unknown_provider += others.unknown_provider;
  before_nano_usd += others.before_nano_usd;
  after_nano_usd += others.after_nano_usd;
}

}  // namespace weir::usage

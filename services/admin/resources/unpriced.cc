// /api/v1/admin/prices/unpriced: models that were asked for while nobody had given them a price.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/listed_price.h"
#include "libs/common/price_table.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/provider.h"
#include "services/admin/publish/to_proto.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/all.h"
#include "services/admin/store/price_store.h"
#include "weir/v1/report.pb.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kDaysUsual = 7;

// What decides whether a model has a price by now.
struct PricesNow {
  PriceTable prices = PriceTable({});
  std::map<std::int64_t, std::string> providers = {};  // by account
  std::int64_t now_ms = 0;
};

absl::StatusOr<PriceTable> ReadPrices(sql::Transaction& transaction) {
  auto prices = AllOf<Price>(transaction, price_store::After);
  if (!prices.ok()) return prices.status();
  PriceTable::ById by_id;
  for (const Price& price : *prices) {
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

absl::StatusOr<PricesNow> ReadPricesNow(ResourceParts& parts) {
  return ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<PricesNow> {
    auto prices = ReadPrices(transaction);
    if (!prices.ok()) return prices.status();
    PricesNow now{.prices = *std::move(prices), .now_ms = parts.store.NowMs()};
    auto accounts = AllOf<Account>(transaction, account_store::After);
    if (!accounts.ok()) return accounts.status();
    for (const Account& account : *accounts) {
      now.providers[account.id] = ProviderOf(account);
    }
    return now;
  });
}

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

bool IsPricedNow(const PricesNow& now, const v1::UnpricedModel& row) {
  return IsPriced(now, row, now.now_ms);
}

// A price from a later moment on does nothing for requests of before; one that was entered for the
// time of the requests does, once they are rated again.
bool IsPricedThen(const PricesNow& now, const v1::UnpricedModel& row) {
  return IsPriced(now, row, row.first_seen_unix_ms());
}

json::object RowJson(const v1::UnpricedModel& row, const PricesNow& now) {
  const auto account = now.providers.find(row.account_id());
  return {{"model", row.model()},
          {"served_model", TextOrNull(row.served_model())},
          {"account_id", IntegerOrNull(row.account_id())},
          {"provider", TextOrNull(account == now.providers.end() ? "" : account->second)},
          {"served_requests", row.served_requests()},
          {"refused_requests", row.refused_requests()},
          {"input_tokens", row.input_tokens()},
          {"output_tokens", row.output_tokens()},
          {"last_seen_at", TimeJson(row.last_seen_unix_ms())},
          {"priced_now", IsPricedNow(now, row)},
          {"priced_then", IsPricedThen(now, row)}};
}

struct Parameters {
  v1::UnpricedRequest question;
  bool all = false;
};

absl::StatusOr<Parameters> ReadParameters(const Request& request, std::int64_t now_ms) {
  FieldErrors errors;
  const absl::TimeZone utc = absl::UTCTimeZone();
  const std::int64_t usual_ms = now_ms - kDaysUsual * kDayMs;
  Parameters parameters;
  parameters.question.set_from_unix_ms(ReadTime(request, "from", usual_ms, utc, errors));
  parameters.question.set_to_unix_ms(ReadTime(request, "to", 0, utc, errors));
  parameters.all = request.Query("show") == "all";
  if (!errors.empty()) return errors.ToStatus();
  return parameters;
}

json::object ListBody(std::int64_t from_ms, json::array data) {
  return {{"from", TimeJson(from_ms)}, {"data", std::move(data)}};
}

json::value ListShape() {
  json::array data;
  data.push_back(RowJson(v1::UnpricedModel(), PricesNow()));
  return ListBody(0, std::move(data));
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto parameters = ReadParameters(request, parts.store.NowMs());
  if (!parameters.ok()) return parameters.status();
  v1::UnpricedResponse answer;
  absl::Status asked = parts.usage.Unpriced(parameters->question, answer);
  if (!asked.ok()) return asked;
  auto now = ReadPricesNow(parts);
  if (!now.ok()) return now.status();
  json::array data;
  for (const v1::UnpricedModel& row : answer.models()) {
    json::object object = RowJson(row, *now);
    if (parameters->all || !object["priced_then"].as_bool()) data.push_back(std::move(object));
  }
  return JsonResponse(200, ListBody(parameters->question.from_unix_ms(), std::move(data)));
}

}  // namespace

void AddUnpricedNotice(ResourceParts& parts, json::object& status) {
  v1::UnpricedRequest question;
  question.set_from_unix_ms(parts.store.NowMs() - kDayMs);
  v1::UnpricedResponse answer;
  if (!parts.usage.Unpriced(question, answer).ok()) return;
  // Mostly there are none, and prices need not be read.
  absl::StatusOr<PricesNow> now = PricesNow();
  if (answer.models_size() > 0) now = ReadPricesNow(parts);
  if (!now.ok()) return;
  std::set<std::string> models;
  std::int64_t requests = 0;
  for (const v1::UnpricedModel& row : answer.models()) {
    // Nothing is left to do: the model has a price, and so had what was served.
    const bool served = row.served_requests() != 0;
    if (IsPricedNow(*now, row) && (!served || IsPricedThen(*now, row))) continue;
    models.insert(row.served_model().empty() ? row.model() : row.served_model());
    requests += row.served_requests() + row.refused_requests();
  }
  json::array names;
  for (const std::string& model : models) {
    if (names.size() < 20) names.emplace_back(model);
  }
  status["unpriced"] =
      json::object{{"models", models.size()}, {"requests", requests}, {"names", std::move(names)}};
}

json::object UnpricedNoticeShape() {
  return {{"models", 0}, {"requests", 0}, {"names", TextsJson({})}};
}

Routes UnpricedRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/admin/prices/unpriced",
           Access::kAdmin,
           [&parts](const Request& request, const Caller&) { return List(parts, request); },
           {.summary = "List the models that were asked for while they had no price",
            .query = {TextParameter("from", kTimeForm), TextParameter("to", kTimeForm),
                      WordParameter("show", {"unpriced", "all"})},
            .answers = {Answers(ListShape)}}}};
}

}  // namespace weir::admin

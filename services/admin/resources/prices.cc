// /api/v1/admin/prices: dated; what was valid is never rewritten.
#include <array>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/price_csv.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/price_list.h"
#include "services/admin/store/price_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kImportBytesMax = 16 << 20;

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request,
                         {{"provider", "provider = ?"},
                          {"model", "LOWER(model) LIKE ? ESCAPE '\\'", Filter::Kind::kContains}},
                         {{"id", "id"},
                          {"provider", "provider"},
                          {"model", "model"},
                          {"effective_from", "effective_from_ms"},
                          {"input", "input_pico_usd"},
                          {"output", "output_pico_usd"}});
  if (!query.ok()) return query.status();
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return price_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  for (const Price& price : page->items) data.push_back(PriceJson(price));
  return ListResponse(std::move(data), page->total, *query);
}

// Without a date, the first price of a model holds since ever, any further one from now on.
absl::Status SetDate(sql::Transaction& transaction, std::int64_t now_ms, Price& price) {
  const ListQuery same_model = {
      .conditions = {{"provider = ? AND model = ?", {price.provider, price.model}}}, .limit = 1};
  auto known = price_store::List(transaction, same_model);
  if (!known.ok()) return known.status();
  price.effective_from_ms = known->total == 0 ? 0 : now_ms;
  return absl::OkStatus();
}

// A date that has passed is only for a time when the model had no price.
absl::Status CheckPast(sql::Transaction& transaction, std::int64_t now_ms, const Price& price) {
  if (price.effective_from_ms > now_ms) return absl::OkStatus();
  const ListQuery in_force = {
      .conditions = {{"provider = ? AND model = ? AND effective_from_ms <= ?",
                      {price.provider, price.model, price.effective_from_ms}}},
      .limit = 1};
  auto known = price_store::List(transaction, in_force);
  if (!known.ok() || known->total == 0) return known.status();
  return Conflict("the model had a price then, and what was valid is never rewritten");
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  reader.Require({"model", "input", "output"});
  Price price;
  ReadPrice(reader, price);
  reader.Finish();
  Validate(price, errors);
  if (!errors.empty()) return errors.ToStatus();
  const std::int64_t now_ms = parts.store.NowMs();
  absl::Status stored =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        if (!reader.Has("effective_from")) {
          absl::Status dated = SetDate(transaction, now_ms, price);
          if (!dated.ok()) return dated;
        } else if (absl::Status past = CheckPast(transaction, now_ms, price); !past.ok()) {
          return past;
        }
        return price_store::Insert(transaction, changes, now_ms, price);
      });
  if (!stored.ok()) return stored;
  return RecordResponse(201, PriceJson(price), price.version);
}

// What it was used for stays in the ledger, which holds amounts, not prices.
absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto price = price_store::Get(transaction, *id);
        if (!price.ok()) return price.status();
        if (auto match = CheckIfMatch(request, price->version); !match.ok()) return match;
        return price_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

struct Amount {
  const char* name;
  std::int64_t Price::*field;
};

constexpr std::array<Amount, 8> kAmounts = {{
    {"input", &Price::input_pico_usd},
    {"output", &Price::output_pico_usd},
    {"cache_read", &Price::cache_read_pico_usd},
    {"cache_write_5m", &Price::cache_write_5m_pico_usd},
    {"cache_write_1h", &Price::cache_write_1h_pico_usd},
    {"tier_input", &Price::tier_input_pico_usd},
    {"tier_output", &Price::tier_output_pico_usd},
    {"tier_cache_read", &Price::tier_cache_read_pico_usd},
}};

json::value AmountJson(std::int64_t pico_usd) {
  return pico_usd < 0 ? json::value() : json::value(FormatUsdPerMillion(pico_usd));
}

// One entry for each field that differs, with the change in whole per cent where that means
// something.
void AddDifferences(const PriceListPlan::Changed& change, json::array& changed) {
  for (const Amount& amount : kAmounts) {
    const std::int64_t before = change.old_price.*(amount.field);
    const std::int64_t after = change.new_price.*(amount.field);
    if (before == after) continue;
    json::object entry = {{"provider", change.new_price.provider},
                          {"model", change.new_price.model},
                          {"field", amount.name},
                          {"old", AmountJson(before)},
                          {"new", AmountJson(after)}};
    if (before > 0 && after >= 0) entry["pct"] = (after - before) * 100 / before;
    changed.push_back(std::move(entry));
  }
}

json::object PlanJson(const PriceListPlan& plan, bool dry_run) {
  json::array added;
  for (const Price& price : plan.added) added.push_back(PriceJson(price));
  json::array changed;
  for (const PriceListPlan::Changed& change : plan.changed) AddDifferences(change, changed);
  return {{"dry_run", dry_run},
          {"added", std::move(added)},
          {"changed", std::move(changed)},
          {"changed_models", plan.changed.size()},
          {"unchanged", plan.unchanged}};
}

// The body is a CSV file, see model/price_csv.h. With dry_run=true nothing is written.
absl::StatusOr<Response> Import(ResourceParts& parts, const Request& request) {
  absl::Status known = CheckParameters(request, {"dry_run"});
  if (!known.ok()) return known;
  const std::string_view dry_run_text = request.Query("dry_run");
  if (!dry_run_text.empty() && dry_run_text != "true" && dry_run_text != "false") {
    FieldErrors errors;
    errors.Add("dry_run", "must be true or false");
    return errors.ToStatus();
  }
  const bool dry_run = dry_run_text == "true";
  auto list = ParsePriceCsv(request.body);
  if (!list.ok()) return list.status();
  const std::int64_t now_ms = parts.store.NowMs();
  auto plan = ChangeValue(
      parts.store,
      [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<PriceListPlan> {
        auto planned = PlanPriceList(transaction, *list, now_ms);
        if (!planned.ok()) return planned;
        if (absl::Status past = CheckPriceList(*planned); !past.ok()) return past;
        if (dry_run) return planned;
        absl::Status done = ApplyPriceList(transaction, changes, now_ms, *planned);
        if (!done.ok()) return done;
        return planned;
      });
  if (!plan.ok()) return plan.status();
  return JsonResponse(200, PlanJson(*plan, dry_run));
}

}  // namespace

Routes PriceRoutes(ResourceParts& parts) {
  return {
      {"GET", "/api/v1/admin/prices", Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); }},
      {"POST", "/api/v1/admin/prices", Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Create(parts, request); }},
      {"POST", "/api/v1/admin/prices/import", Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Import(parts, request); },
       kImportBytesMax},
      {"DELETE", "/api/v1/admin/prices/{id}", Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Delete(parts, request); }},
  };
}

}  // namespace weir::admin

#include "services/admin/json/price_json.h"

#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/reason.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

// A hundred times a price may be more than 64 bits.
__extension__ using Wide = __int128;

PriceRow ReadEntry(const json::object& object, std::size_t number, FieldErrors& errors) {
  PriceRow row{.line = number};
  BodyReader reader(object, errors);
  reader.Require({"model", "input", "output"});
  ReadPrice(reader, row.price);
  ReadFree(reader, row.price, errors);
  row.says_aliases = reader.Has("aliases");
  row.says_max_output_tokens = reader.Has("max_output_tokens");
  reader.Finish();
  Validate(row.price, errors);
  return row;
}

json::value AmountJson(std::int64_t pico_usd) {
  return TextOrNull(pico_usd < 0 ? std::string() : FormatUsdPerMillion(pico_usd));
}

json::object Entry(const Price& price, std::string_view field) {
  return {{"provider", price.provider}, {"model", price.model}, {"field", field}};
}

// One entry for each field that differs, with the change in whole per cent where that means
// something.
void AddDifferences(const PriceListPlan::Changed& change, json::array& changed) {
  const Price& before = change.old_price;
  const Price& after = change.new_price;
  const auto add = [&](std::string_view field, json::value old_value, json::value new_value) {
    json::object& entry = changed.emplace_back(Entry(after, field)).as_object();
    entry["from"] = TimeJson(after.effective_from_ms);
    entry["old"] = std::move(old_value);
    entry["new"] = std::move(new_value);
    return &entry;
  };
  for (const PriceField& field : kPriceFields) {
    const std::int64_t old_amount = before.*(field.amount);
    const std::int64_t new_amount = after.*(field.amount);
    if (old_amount == new_amount) continue;
    json::object* entry = add(field.name, AmountJson(old_amount), AmountJson(new_amount));
    if (old_amount > 0 && new_amount >= 0) {
      (*entry)["pct"] = static_cast<std::int64_t>((static_cast<Wide>(new_amount) - old_amount) *
                                                  100 / old_amount);
    }
  }
  if (before.tier_above_input_tokens != after.tier_above_input_tokens) {
    add("tier_above_input_tokens", before.tier_above_input_tokens, after.tier_above_input_tokens);
  }
  if (before.max_output_tokens != after.max_output_tokens) {
    add("max_output_tokens", before.max_output_tokens, after.max_output_tokens);
  }
  if (before.aliases != after.aliases) {
    add("aliases", TextsJson(before.aliases), TextsJson(after.aliases));
  }
}

void AddDoubts(const Price* before, const Price& after, json::array& suspicious) {
  for (const PriceDoubt& doubt : DoubtsAbout(before, after)) {
    json::object entry = Entry(after, doubt.field);
    entry["why"] = doubt.why;
    suspicious.push_back(std::move(entry));
  }
}

json::array RefusedJson(const PriceFile& file, const PriceListPlan& plan) {
  json::array refused;
  for (const RefusedPrice& row : file.refused) {
    refused.push_back(
        json::object{{"line", row.line}, {"column", TextOrNull(row.column)}, {"why", row.why}});
  }
  for (const PriceRow& row : plan.refused) {
    json::object entry = Entry(row.price, "effective_from");
    entry.erase("field");
    entry["line"] = row.line;
    entry["column"] = "effective_from";
    entry["why"] = "another price was in force then, and what was valid is never rewritten";
    refused.push_back(std::move(entry));
  }
  return refused;
}

}  // namespace

void ReadFree(BodyReader& reader, const Price& price, FieldErrors& errors) {
  bool free = false;
  reader.Flag("free", free);
  if (CostsNothing(price) && !free && errors.empty()) {
    errors.Add("free", "must be true where input and output cost nothing");
  }
}

absl::StatusOr<PriceFile> ReadPriceJson(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (!error && value.is_object() && value.as_object().contains("data")) {
    json::value data = value.as_object()["data"];
    value = std::move(data);
  }
  if (error || !value.is_array()) {
    return Problem(absl::StatusCode::kInvalidArgument, reason::kMalformedJson,
                   "the body must be a list of prices, or an object with one as `data`");
  }
  PriceFile file;
  std::set<std::tuple<std::string, std::string, std::int64_t>> seen;
  std::size_t number = 0;
  for (const json::value& entry : value.as_array()) {
    ++number;
    if (!entry.is_object()) {
      file.refused.push_back({number, "", "must be an object"});
      continue;
    }
    FieldErrors errors;
    PriceRow row = ReadEntry(entry.as_object(), number, errors);
    const Price& price = row.price;
    if (errors.empty() &&
        !seen.emplace(price.provider, price.model, price.effective_from_ms).second) {
      file.refused.push_back({number, "", "is there twice"});
      continue;
    }
    for (const auto& [field, why] : errors.all()) file.refused.push_back({number, field, why});
    if (errors.empty()) file.rows.push_back(std::move(row));
  }
  return file;
}

json::object PlanJson(const PriceFile& file, const PriceListPlan& plan) {
  json::array added;
  json::array changed;
  json::array removed;
  json::array suspicious;
  for (const Price& price : plan.added) {
    added.push_back(PriceJson(price));
    AddDoubts(nullptr, price, suspicious);
  }
  for (const PriceListPlan::Changed& change : plan.changed) {
    AddDifferences(change, changed);
    AddDoubts(&change.old_price, change.new_price, suspicious);
  }
  for (const Price& price : plan.removed) {
    removed.push_back(json::object{{"provider", price.provider}, {"model", price.model}});
  }
  return {{"added", std::move(added)},
          {"changed", std::move(changed)},
          {"changed_models", plan.changed.size()},
          {"unchanged", plan.unchanged},
          {"removed", std::move(removed)},
          {"suspicious", std::move(suspicious)},
          {"refused", RefusedJson(file, plan)}};
}

json::object PlanShape() {
  const Price price;
  json::object changed = Entry(price, "");
  changed["from"] = TimeJson(0);
  changed["old"] = Anything({});
  changed["new"] = Anything({});
  changed["pct"] = MaybeAbsent(0);
  json::object suspicious = Entry(price, "");
  suspicious["why"] = "";
  const json::object refused = {{"line", 0},
                                {"column", TextOrNull("")},
                                {"why", ""},
                                {"provider", MaybeAbsent("")},
                                {"model", MaybeAbsent("")}};
  const auto list = [](json::value item) {
    json::array array;
    array.push_back(std::move(item));
    return array;
  };
  return {{"added", list(Named("Price", PriceJson(price)))},
          {"changed", list(std::move(changed))},
          {"changed_models", 0},
          {"unchanged", 0},
          {"removed", list(json::object{{"provider", ""}, {"model", ""}})},
          {"suspicious", list(std::move(suspicious))},
          {"refused", list(refused)}};
}

}  // namespace weir::admin

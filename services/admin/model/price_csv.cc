#include "services/admin/model/price_csv.h"

#include <array>
#include <set>
#include <string>
#include <tuple>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/time_text.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

constexpr std::size_t kErrorsMax = 20;

struct MoneyColumn {
  std::string_view name;
  std::int64_t Price::*field;
};

constexpr std::array<MoneyColumn, 8> kMoneyColumns = {{
    {"input", &Price::input_pico_usd},
    {"output", &Price::output_pico_usd},
    {"cache_read", &Price::cache_read_pico_usd},
    {"cache_write_5m", &Price::cache_write_5m_pico_usd},
    {"cache_write_1h", &Price::cache_write_1h_pico_usd},
    {"tier_input", &Price::tier_input_pico_usd},
    {"tier_output", &Price::tier_output_pico_usd},
    {"tier_cache_read", &Price::tier_cache_read_pico_usd},
}};

const MoneyColumn* FindMoneyColumn(std::string_view name) {
  for (const MoneyColumn& column : kMoneyColumns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

bool IsPassedOver(std::string_view name) {
  return name == "context_tokens" || name == "max_output_tokens";
}

bool IsKnown(std::string_view name) {
  return FindMoneyColumn(name) != nullptr || IsPassedOver(name) || name == "provider" ||
         name == "model" || name == "tier_above_input_tokens" || name == "effective_from" ||
         name == "mode" || name == "free";
}

// One row, and what of it is no part of the price.
struct Row {
  Price price;
  std::string_view mode;
  bool has_output = false;
  bool free = false;
};

// Empty text when the field is good.
std::string SetField(std::string_view name, std::string_view text, Row& row) {
  Price& price = row.price;
  if (IsPassedOver(name)) return "";
  if (name == "mode") {
    row.mode = text;
    return "";
  }
  if (name == "free") {
    row.free = text == "yes";
    return row.free || text.empty() || text == "no" ? "" : "free must be yes, no or empty";
  }
  if (name == "provider") {
    price.provider = text;
    return "";
  }
  if (name == "model") {
    price.model = text;
    return "";
  }
  if (text.empty()) return name == "input" ? "input must not be empty" : "";
  if (name == "tier_above_input_tokens") {
    const bool good = ParseInteger(text, price.tier_above_input_tokens);
    return good ? "" : "tier_above_input_tokens must be a whole number";
  }
  if (name == "effective_from") {
    const auto time = ParseTime(text);
    if (!time.ok()) return StrCat("effective_from ", time.status().message());
    price.effective_from_ms = *time;
    return "";
  }
  const auto pico_usd = ParseUsdPerMillion(text);
  if (!pico_usd.ok()) return StrCat(name, " must be USD per million tokens, such as 0.25");
  price.*(FindMoneyColumn(name)->field) = *pico_usd;
  if (name == "output") row.has_output = true;
  return "";
}

// A model that a list only forgot to price must never be served for nothing.
std::string CheckAmounts(const Row& row) {
  if (!row.has_output && row.mode != "embedding") {
    return "output must not be empty, but in the mode embedding";
  }
  const bool costs_nothing = row.price.input_pico_usd == 0 && row.price.output_pico_usd == 0;
  if (costs_nothing && !row.free) return "costs nothing: leave the model out, or say yes in `free`";
  return "";
}

std::string ParseLine(const std::vector<std::string>& header, std::string_view line, Price& price) {
  if (!IsValidUtf8(line)) return "is not UTF-8";
  Row row;
  const std::vector<std::string_view> fields = Split(line, ',');
  if (fields.size() != header.size()) {
    return StrCat("must have ", header.size(), " fields, has ", fields.size());
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string error = SetField(header[i], StripSpace(fields[i]), row);
    if (!error.empty()) return error;
  }
  if (std::string error = CheckAmounts(row); !error.empty()) return error;
  price = row.price;
  FieldErrors errors;
  Validate(price, errors);
  if (errors.empty()) return "";
  return StrCat(errors.all().begin()->first, " ", errors.all().begin()->second);
}

absl::Status ReadHeader(std::string_view line, std::vector<std::string>& header) {
  FieldErrors errors;
  std::set<std::string_view> seen;
  for (const std::string_view name : Split(line, ',')) {
    header.emplace_back(StripSpace(name));
    if (!IsKnown(header.back())) errors.Add(header.back(), "is not a column of a price list");
    if (!seen.insert(StripSpace(name)).second) errors.Add(header.back(), "stands there twice");
  }
  for (const std::string_view needed : {"provider", "model", "input", "output"}) {
    if (seen.find(needed) == seen.end()) errors.Add(needed, "is missing in the first line");
  }
  return errors.ToStatus();
}

}  // namespace

absl::StatusOr<std::vector<Price>> ParsePriceCsv(std::string_view text) {
  std::vector<Price> prices;
  std::vector<std::string> header;
  std::set<std::tuple<std::string, std::string, std::int64_t>> seen;
  FieldErrors errors;
  int number = 0;
  // Spreadsheets put a byte order mark before UTF-8.
  if (constexpr std::string_view kMark = "\xef\xbb\xbf"; text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
  }
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    line = StripSpace(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (header.empty()) {
      if (!IsValidUtf8(line)) {
        errors.Add(StrCat("line ", number), "is not UTF-8");
        return errors.ToStatus();
      }
      absl::Status read = ReadHeader(line, header);
      if (!read.ok()) return read;
      continue;
    }
    Price price;
    std::string error = ParseLine(header, line, price);
    if (error.empty() &&
        !seen.emplace(price.provider, price.model, price.effective_from_ms).second) {
      error = "is there twice";
    }
    if (!error.empty()) errors.Add(StrCat("line ", number), error);
    if (errors.all().size() >= kErrorsMax) break;
    prices.push_back(std::move(price));
  }
  if (header.empty()) errors.Add("line 1", "must name the columns");
  if (!errors.empty()) return errors.ToStatus();
  return prices;
}

std::string FormatPriceCsv(const std::vector<Price>& prices) {
  const auto money = [](std::int64_t pico_usd) {
    return pico_usd < 0 ? std::string() : FormatUsdPerMillion(pico_usd);
  };
  std::string text = "provider,model,effective_from,tier_above_input_tokens";
  for (const MoneyColumn& column : kMoneyColumns) StrAppend(text, ",", column.name);
  text += ",free\n";
  for (const Price& price : prices) {
    StrAppend(text, price.provider, ",", price.model, ",",
              price.effective_from_ms == 0 ? "" : FormatTime(price.effective_from_ms), ",");
    if (price.tier_above_input_tokens != 0) StrAppend(text, price.tier_above_input_tokens);
    for (const MoneyColumn& column : kMoneyColumns) {
      StrAppend(text, ",", money(price.*(column.field)));
    }
    const bool free = price.input_pico_usd == 0 && price.output_pico_usd == 0;
    text += free ? ",yes\n" : ",\n";
  }
  return text;
}

}  // namespace weir::admin

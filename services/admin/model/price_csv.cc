#include "services/admin/model/price_csv.h"

#include <array>
#include <set>
#include <string>
#include <tuple>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/admin/model/csv.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/time_text.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

const PriceField* FindMoneyColumn(std::string_view name) {
  for (const PriceField& column : kPriceFields) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

constexpr std::string_view kPassedOver = "context_tokens";

bool IsKnown(std::string_view name) {
  return FindMoneyColumn(name) != nullptr || name == kPassedOver || name == "provider" ||
         name == "model" || name == "tier_above_input_tokens" || name == "max_output_tokens" ||
         name == "effective_from" || name == "mode" || name == "free" || name == "aliases";
}

// One row, and what of it is no part of the price.
struct Row {
  PriceRow out;
  std::string_view mode;
  bool has_output = false;
  bool free = false;
};

// Empty text when the field is good.
std::string SetField(std::string_view name, std::string_view text, Row& row) {
  Price& price = row.out.price;
  if (name == kPassedOver) return "";
  if (name == "mode") {
    row.mode = text;
    return "";
  }
  if (name == "free") {
    row.free = text == "yes";
    return row.free || text.empty() || text == "no" ? "" : "must be yes, no or empty";
  }
  if (name == "provider" || name == "model") {
    (name == "provider" ? price.provider : price.model) = text;
    return "";
  }
  if (name == "aliases") {
    row.out.says_aliases = true;
    for (const std::string_view alias : Split(text, ';')) {
      if (!StripSpace(alias).empty()) price.aliases.emplace_back(StripSpace(alias));
    }
    return "";
  }
  if (text.empty()) return name == "input" ? "must not be empty" : "";
  if (name == "tier_above_input_tokens" || name == "max_output_tokens") {
    const bool says_most = name == "max_output_tokens";
    row.out.says_max_output_tokens = row.out.says_max_output_tokens || says_most;
    std::int64_t& tokens = says_most ? price.max_output_tokens : price.tier_above_input_tokens;
    return ParseInteger(text, tokens) ? "" : "must be a whole number";
  }
  if (name == "effective_from") {
    const auto time = ParseTime(text);
    if (!time.ok()) return std::string(View(time.status().message()));
    price.effective_from_ms = *time;
    return "";
  }
  const auto pico_usd = ParseUsdPerMillion(text);
  if (!pico_usd.ok()) return "must be USD per million tokens, such as 0.25";
  price.*(FindMoneyColumn(name)->amount) = *pico_usd;
  if (name == "output") row.has_output = true;
  return "";
}

// A model that a list only forgot to price must never be served for nothing.
RefusedPrice CheckAmounts(const Row& row) {
  if (!row.has_output && row.mode != "embedding") {
    return {0, "output", "must not be empty, but in the mode embedding"};
  }
  const Price& price = row.out.price;
  if (!CostsNothing(price) || row.free) return {};
  return {0, "free", "must be yes where input and output cost nothing; or leave the model out"};
}

// What is wrong with it; `why` is empty when it is good. A quoted cell may hold commas, but no
// line's end.
RefusedPrice ParseLine(const std::vector<std::string>& header, std::string_view line,
                       PriceRow& out) {
  if (!IsValidUtf8(line)) return {0, "", "is not UTF-8"};
  const absl::StatusOr<std::vector<CsvRow>> cells = ParseCsv(line, 1);
  if (!cells.ok()) {
    std::string_view why = View(cells.status().message());
    constexpr std::string_view kPlace = "line 1 ";
    if (why.starts_with(kPlace)) why.remove_prefix(kPlace.size());
    return {0, "", std::string(why)};
  }
  const std::vector<std::string>& fields = cells->front().cells;
  if (fields.size() != header.size()) {
    return {0, "", StrCat("must have ", header.size(), " fields, has ", fields.size())};
  }
  Row row;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string error = SetField(header[i], StripSpace(fields[i]), row);
    if (!error.empty()) return {0, header[i], std::move(error)};
  }
  if (RefusedPrice refused = CheckAmounts(row); !refused.why.empty()) return refused;
  FieldErrors errors;
  Validate(row.out.price, errors);
  if (!errors.empty()) return {0, errors.all().begin()->first, errors.all().begin()->second};
  out = std::move(row.out);
  return {};
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

absl::StatusOr<PriceFile> ReadPriceCsv(std::string_view text) {
  PriceFile file;
  std::vector<std::string> header;
  std::set<std::tuple<std::string, std::string, std::int64_t>> seen;
  std::size_t number = 0;
  // Spreadsheets put a byte order mark before UTF-8.
  if (constexpr std::string_view kMark = "\xef\xbb\xbf"; text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
  }
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    line = StripSpace(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (header.empty()) {
      if (!IsValidUtf8(line)) return CheckRefused({{number, "", "is not UTF-8"}});
      absl::Status read = ReadHeader(line, header);
      if (!read.ok()) return read;
      continue;
    }
    PriceRow row;
    RefusedPrice refused = ParseLine(header, line, row);
    const Price& price = row.price;
    if (refused.why.empty() &&
        !seen.emplace(price.provider, price.model, price.effective_from_ms).second) {
      refused.why = "is there twice";
    }
    row.line = refused.line = number;
    if (refused.why.empty()) {
      file.rows.push_back(std::move(row));
    } else {
      file.refused.push_back(std::move(refused));
    }
  }
  if (header.empty()) return CheckRefused({{1, "", "must name the columns"}});
  return file;
}

absl::StatusOr<std::vector<PriceRow>> ParsePriceCsv(std::string_view text) {
  absl::StatusOr<PriceFile> file = ReadPriceCsv(text);
  if (!file.ok()) return file.status();
  if (absl::Status good = CheckRefused(file->refused); !good.ok()) return good;
  return std::move(file->rows);
}

std::string FormatPriceCsv(const std::vector<Price>& prices) {
  const auto money = [](std::int64_t pico_usd) {
    return pico_usd < 0 ? std::string() : FormatUsdPerMillion(pico_usd);
  };
  std::string text =
      "provider,model,aliases,effective_from,tier_above_input_tokens,max_output_tokens";
  for (const PriceField& column : kPriceFields) StrAppend(text, ",", column.name);
  text += ",free\n";
  for (const Price& price : prices) {
    AppendCsvText(price.provider, text);
    text += ',';
    AppendCsvText(price.model, text);
    text += ',';
    std::string aliases;
    for (const std::string& alias : price.aliases) {
      StrAppend(aliases, aliases.empty() ? "" : ";", alias);
    }
    AppendCsvText(aliases, text);
    StrAppend(text, ",", price.effective_from_ms == 0 ? "" : FormatTime(price.effective_from_ms),
              ",");
    if (price.tier_above_input_tokens != 0) StrAppend(text, price.tier_above_input_tokens);
    text += ',';
    if (price.max_output_tokens != 0) StrAppend(text, price.max_output_tokens);
    for (const PriceField& column : kPriceFields) {
      StrAppend(text, ",", money(price.*(column.amount)));
    }
    text += CostsNothing(price) ? ",yes\n" : ",\n";
  }
  return text;
}

}  // namespace weir::admin

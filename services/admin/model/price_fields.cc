#include "services/admin/model/price_fields.h"

#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

constexpr std::size_t kErrorsMax = 20;
// Lists by the token, or by the thousand tokens, instead of by the million.
constexpr std::int64_t kAnotherUnit = 500;
constexpr std::int64_t kDearPicoUsd = 1'000'000'000;  // USD 1000 per million tokens

std::string_view DoubtAboutChange(std::int64_t before, std::int64_t after) {
  if (before <= 0 || after <= 0) return "";
  if (after / kAnotherUnit >= before || before / kAnotherUnit >= after) {
    return "is so far from the price before that the unit may be wrong: USD per million tokens";
  }
  if (after - before > before) return "is more than twice the price before";
  return "";
}

}  // namespace

absl::Status CheckRefused(const std::vector<RefusedPrice>& refused) {
  FieldErrors errors;
  for (const RefusedPrice& row : refused) {
    if (errors.all().size() == kErrorsMax) break;
    errors.Add(StrCat("line ", row.line),
               row.column.empty() ? row.why : StrCat(row.column, " ", row.why));
  }
  return errors.ToStatus();
}

std::vector<PriceDoubt> DoubtsAbout(const Price* before, const Price& after) {
  std::vector<PriceDoubt> doubts;
  for (const PriceField& field : kPriceFields) {
    const std::int64_t amount = after.*(field.amount);
    if (amount > kDearPicoUsd) doubts.push_back({field.name, "is above USD 1000 per million"});
    if (before == nullptr) continue;
    const std::string_view why = DoubtAboutChange(before->*(field.amount), amount);
    if (!why.empty()) doubts.push_back({field.name, why});
  }
  if (after.cache_read_pico_usd > after.input_pico_usd) {
    doubts.push_back({"cache_read", "is dearer than input"});
  }
  if (CostsNothing(after)) {
    doubts.push_back({"input", "is 0, and so is output: the model is free"});
  }
  return doubts;
}

}  // namespace weir::admin

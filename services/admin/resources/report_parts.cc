#include "services/admin/resources/report_parts.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/describe.h"
#include "services/admin/model/report_time.h"
#include "services/admin/store/name_store.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

struct DimensionRule {
  std::string_view word;
  v1::Dimension dimension;
  std::string_view id_field;  // empty: a name alone
  std::string_view name_field;
  std::int64_t (v1::SummaryRow::*id)() const;
  name_store::Kind kind;
};

constexpr std::array<DimensionRule, 5> kDimensions = {{
    {"model", v1::DIMENSION_MODEL, "", "model", nullptr, {}},
    {"key", v1::DIMENSION_KEY, "key_id", "key_name", &v1::SummaryRow::key_id,
     name_store::Kind::kKey},
    {"user", v1::DIMENSION_USER, "user_id", "username", &v1::SummaryRow::user_id,
     name_store::Kind::kUser},
    {"group", v1::DIMENSION_GROUP, "group_id", "group_name", &v1::SummaryRow::group_id,
     name_store::Kind::kGroup},
    {"account", v1::DIMENSION_ACCOUNT, "account_id", "account_name", &v1::SummaryRow::account_id,
     name_store::Kind::kAccount},
}};

const DimensionRule* RuleOf(v1::Dimension dimension) {
  const auto* const found =
      std::find_if(kDimensions.begin(), kDimensions.end(),
                   [=](const DimensionRule& rule) { return rule.dimension == dimension; });
  return found == kDimensions.end() ? nullptr : found;
}

const DimensionRule* RuleOf(std::string_view word) {
  const auto* const found =
      std::find_if(kDimensions.begin(), kDimensions.end(),
                   [=](const DimensionRule& rule) { return rule.word == word; });
  return found == kDimensions.end() ? nullptr : found;
}

struct OrderWord {
  std::string_view word;
  v1::ReportOrder order;
};

constexpr std::array<OrderWord, 3> kOrders = {{{"-cost", v1::REPORT_ORDER_UNSPECIFIED},
                                               {"-tokens", v1::REPORT_ORDER_TOKENS},
                                               {"-requests", v1::REPORT_ORDER_REQUESTS}}};

}  // namespace

QueryParameter ByParameter() {
  std::vector<std::string_view> words;
  words.reserve(kDimensions.size());
  for (const DimensionRule& rule : kDimensions) words.push_back(rule.word);
  return Repeated(WordParameter("by", std::move(words)));
}

std::vector<v1::Dimension> ReadBy(const Request& request, const Caller& caller, std::size_t at_most,
                                  FieldErrors& errors) {
  std::vector<v1::Dimension> by;
  const auto [first, last] = request.query.equal_range("by");
  for (auto entry = first; entry != last; ++entry) {
    const DimensionRule* rule = RuleOf(std::string_view(entry->second));
    if (rule == nullptr) continue;  // the router has refused it
    if (rule->dimension == v1::DIMENSION_ACCOUNT && !caller.is_admin()) {
      errors.Add("by", "accounts are for administrators");
    } else if (std::find(by.begin(), by.end(), rule->dimension) == by.end()) {
      by.push_back(rule->dimension);
    }
  }
  if (by.size() > at_most) errors.Add("by", StrCat("may be given ", at_most, " times at most"));
  return by;
}

QueryParameter ReportOrderParameter() {
  std::vector<std::string_view> words;
  words.reserve(kOrders.size());
  for (const OrderWord& order : kOrders) words.push_back(order.word);
  return WordParameter("sort", std::move(words));
}

v1::ReportOrder ReadReportOrder(const Request& request) {
  const std::string_view word = request.Query("sort");
  for (const OrderWord& order : kOrders) {
    if (order.word == word) return order.order;
  }
  return v1::REPORT_ORDER_UNSPECIFIED;
}

std::int64_t ReadTime(const Request& request, std::string_view name, std::int64_t usual,
                      absl::TimeZone zone, FieldErrors& errors) {
  const std::string_view text = request.Query(name);
  if (text.empty()) return usual;
  const absl::StatusOr<std::int64_t> time = ParseTimeIn(text, zone);
  if (!time.ok()) errors.Add(name, View(time.status().message()));
  if (time.ok() && *time <= 0) errors.Add(name, "must be after 1970");
  return time.value_or(usual);
}

std::int64_t ReadCount(const Request& request, std::string_view name, std::int64_t usual) {
  std::int64_t count = 0;
  return ParseInteger(request.Query(name), count) ? count : usual;
}

void AddSubjectShape(json::object& object) {
  for (const DimensionRule& rule : kDimensions) {
    if (!rule.id_field.empty()) object[rule.id_field] = MaybeAbsent(0);
    object[rule.name_field] = MaybeAbsent(rule.id_field.empty() ? json::value("") : TextOrNull(""));
  }
}

absl::StatusOr<ReportNames> NamesOf(ResourceParts& parts, const std::vector<v1::Dimension>& by,
                                    const ReportRows& rows) {
  return ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<ReportNames> {
    ReportNames names;
    for (const v1::Dimension dimension : by) {
      const DimensionRule* rule = RuleOf(dimension);
      if (rule == nullptr || rule->id == nullptr) continue;
      std::vector<std::int64_t> ids;
      for (const v1::SummaryRow& row : rows) ids.push_back((row.*rule->id)());
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
      auto found = name_store::NamesOf(transaction, rule->kind, ids);
      if (!found.ok()) return found.status();
      names[dimension] = *std::move(found);
    }
    return names;
  });
}

json::object SubjectJson(const std::vector<v1::Dimension>& by, const v1::SummaryRow& row,
                         const ReportNames& names) {
  json::object object;
  for (const v1::Dimension dimension : by) {
    const DimensionRule* rule = RuleOf(dimension);
    if (rule == nullptr) continue;
    if (rule->id == nullptr) {
      object[rule->name_field] = row.model();
      continue;
    }
    const std::int64_t id = (row.*rule->id)();
    object[rule->id_field] = id;
    const auto known = names.find(dimension);
    if (known == names.end()) continue;
    const auto name = known->second.find(id);
    object[rule->name_field] =
        name == known->second.end() ? json::value() : json::value(name->second);
  }
  return object;
}

void AddCounts(const v1::SummaryRow& row, std::int64_t sign, v1::SummaryRow& sum) {
  sum.set_requests(sum.requests() + sign * row.requests());
  sum.set_errors(sum.errors() + sign * row.errors());
  sum.set_estimated_requests(sum.estimated_requests() + sign * row.estimated_requests());
  sum.set_cache_hits(sum.cache_hits() + sign * row.cache_hits());
  sum.set_cost_nano_usd(sum.cost_nano_usd() + sign * row.cost_nano_usd());
  const v1::TokenCounts& tokens = row.tokens();
  v1::TokenCounts& into = *sum.mutable_tokens();
  into.set_input(into.input() + sign * tokens.input());
  into.set_cache_read(into.cache_read() + sign * tokens.cache_read());
  into.set_cache_write_5m(into.cache_write_5m() + sign * tokens.cache_write_5m());
  into.set_cache_write_1h(into.cache_write_1h() + sign * tokens.cache_write_1h());
  into.set_output(into.output() + sign * tokens.output());
  into.set_reasoning(into.reasoning() + sign * tokens.reasoning());
}

json::object PercentilesJson(const v1::Percentiles& percentiles) {
  const auto of = [&](std::int64_t ms) {
    return Where(percentiles.measured() != 0, [=] { return json::value(ms); });
  };
  return {{"measured", percentiles.measured()},
          {"p50_ms", of(percentiles.p50_ms())},
          {"p95_ms", of(percentiles.p95_ms())},
          {"p99_ms", of(percentiles.p99_ms())}};
}

std::string ZoneName(const Request& request) {
  const std::string_view name = request.Query("tz");
  return name.empty() ? "UTC" : std::string(name);
}

}  // namespace weir::admin

// /api/v1/usage: reports out of usage's roll-ups.
#include <array>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

struct DimensionWord {
  std::string_view name;
  v1::Dimension dimension;
};

constexpr std::array<DimensionWord, 5> kDimensions = {{{"model", v1::DIMENSION_MODEL},
                                                       {"key", v1::DIMENSION_KEY},
                                                       {"user", v1::DIMENSION_USER},
                                                       {"group", v1::DIMENSION_GROUP},
                                                       {"account", v1::DIMENSION_ACCOUNT}}};

absl::Status ReadBy(const Request& request, v1::SummarizeRequest& summarize) {
  FieldErrors errors;
  const auto [first, last] = request.query.equal_range("by");
  for (auto entry = first; entry != last; ++entry) {
    bool found = false;
    for (const DimensionWord& word : kDimensions) {
      if (word.name != entry->second) continue;
      summarize.add_by(word.dimension);
      found = true;
    }
    if (!found) errors.Add("by", "must be model, key, user, group or account");
  }
  if (summarize.by_size() > 2) errors.Add("by", "may be given twice at most");
  return errors.ToStatus();
}

json::object RowJson(const v1::SummarizeRequest& summarize, const v1::SummaryRow& row) {
  json::object object;
  for (const int dimension : summarize.by()) {
    switch (dimension) {
      case v1::DIMENSION_MODEL:
        object["model"] = row.model();
        break;
      case v1::DIMENSION_KEY:
        object["key_id"] = row.key_id();
        break;
      case v1::DIMENSION_USER:
        object["user_id"] = row.user_id();
        break;
      case v1::DIMENSION_GROUP:
        object["group_id"] = row.group_id();
        break;
      case v1::DIMENSION_ACCOUNT:
        object["account_id"] = row.account_id();
        break;
      default:
        break;
    }
  }
  const json::object counts = TotalsJson(row);
  object.insert(counts.begin(), counts.end());
  return object;
}

absl::StatusOr<Response> Summary(ResourceParts& parts, const Request& request,
                                 const Caller& caller) {
  v1::SummarizeRequest summarize;
  absl::Status read = CheckParameters(request, {"from", "to", "by", "user_id", "key_id", "group_id",
                                                "account_id", "model", "scope"});
  if (read.ok()) read = ReadUsageFilter(request, caller, *summarize.mutable_filter());
  if (read.ok()) read = ReadBy(request, summarize);
  if (!read.ok()) return read;
  v1::SummarizeResponse answer;
  absl::Status asked = parts.usage.Summarize(summarize, answer);
  v1::SummarizeResponse total = answer;
  if (asked.ok() && summarize.by_size() > 0) {
    v1::SummarizeRequest over_all = summarize;
    over_all.clear_by();
    asked = parts.usage.Summarize(over_all, total);
  }
  if (!asked.ok()) return asked;
  json::array data;
  for (const v1::SummaryRow& row : answer.rows()) data.push_back(RowJson(summarize, row));
  return JsonResponse(
      200,
      json::object{{"from", TimeJson(summarize.filter().from_unix_ms())},
                   {"to", TimeJson(summarize.filter().to_unix_ms())},
                   {"time_zone", "UTC"},
                   {"totals", TotalsJson(total.rows_size() > 0 ? total.rows(0) : v1::SummaryRow())},
                   {"data", std::move(data)}});
}

}  // namespace

Routes UsageRoutes(ResourceParts& parts) {
  return {{"GET", "/api/v1/usage/summary", Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Summary(parts, request, caller);
           }}};
}

}  // namespace weir::admin

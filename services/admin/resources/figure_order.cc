#include "services/admin/resources/figure_order.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "libs/common/utc_window.h"
#include "services/admin/usage_glance.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

struct FigureOrder {
  std::string_view name;
  v1::ReportOrder order;
  TimeSpan (*span)(std::int64_t unix_ms);
};

constexpr std::array<FigureOrder, 3> kOrders = {
    {{"-today_cost", v1::REPORT_ORDER_UNSPECIFIED, DayOf},
     {"-today_requests", v1::REPORT_ORDER_REQUESTS, DayOf},
     {"-month_cost", v1::REPORT_ORDER_UNSPECIFIED, MonthOf}}};

// The month is a figure of users alone (resources/subject_figures.h).
bool HasFigure(v1::Dimension of, const FigureOrder& order) {
  return order.span == DayOf || of == v1::DIMENSION_USER;
}

}  // namespace

void AddFigureSorts(v1::Dimension of, ListRules& rules) {
  for (const FigureOrder& order : kOrders) {
    if (HasFigure(of, order)) rules.sorts.push_back({.name = order.name, .column = ""});
  }
}

absl::Status OrderByFigure(ResourceParts& parts, const Request& request, v1::Dimension of,
                           const v1::EventFilter& among, ListQuery& query) {
  const auto wanted = std::find_if(kOrders.begin(), kOrders.end(), [&](const FigureOrder& order) {
    return order.name == request.Query("sort");
  });
  if (wanted == kOrders.end()) return absl::OkStatus();
  const TimeSpan span = wanted->span(parts.store.NowMs());
  v1::SummarizeRequest question;
  *question.mutable_filter() = among;
  question.mutable_filter()->set_from_unix_ms(span.begin_unix_ms);
  question.mutable_filter()->set_to_unix_ms(span.end_unix_ms);
  question.add_by(of);
  question.set_order(wanted->order);
  question.set_limit(kOrderedByFigureMax);
  question.set_rows_only(true);
  v1::SummarizeResponse answer;
  UsageGlance glance(parts.usage, UsageGlance::kAskedForWaitMs);
  absl::Status asked = glance.Summarize(question, answer);
  if (!asked.ok()) return asked;
  std::vector<std::int64_t> ids;
  ids.reserve(static_cast<std::size_t>(answer.rows_size()));
  for (const v1::SummaryRow& row : answer.rows()) ids.push_back(SubjectId(of, row));
  query.ranked = std::move(ids);
  return absl::OkStatus();
}

}  // namespace weir::admin

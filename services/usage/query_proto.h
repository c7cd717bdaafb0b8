// Questions and sums to and from the wire.
#pragma once

#include <vector>

#include "absl/status/statusor.h"

#include "services/usage/event_filter.h"
#include "services/usage/report_sql.h"
#include "services/usage/usage_query.h"
#include "services/usage/usage_reports.h"
#include "weir/v1/query.pb.h"

namespace weir::v1 {
class SeriesRequest;
}

namespace weir::usage {

// A list becomes parameters of a statement, of which a database takes some ten thousand.
inline constexpr int kListMax = 2000;

template <typename Repeated>
auto ToVector(const Repeated& repeated) {
  return std::vector<typename Repeated::value_type>(repeated.begin(), repeated.end());
}

// InvalidArgument: too long a list or text, a negative time, an unknown word.
absl::StatusOr<EventFilter> FilterFromProto(const v1::EventFilter& proto);
absl::StatusOr<ListQuestion> QuestionFromProto(const v1::ListEventsRequest& request);
absl::StatusOr<SummaryQuestion> QuestionFromProto(const v1::SummarizeRequest& request);
absl::StatusOr<SeriesQuestion> QuestionFromProto(const v1::SeriesRequest& request);

void SummaryToProto(const SummaryRow& row, v1::SummaryRow& proto);

}  // namespace weir::usage

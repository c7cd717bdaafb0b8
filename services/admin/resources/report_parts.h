// What the reports of /api/v1/usage share: their parameters and their rows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include <boost/json/object.hpp>

#include "services/admin/resources/resource.h"
#include "weir/v1/query.pb.h"

namespace weir::v1 {
class Percentiles;
}

namespace weir::admin {

// `by=model&by=key`, `at_most` of them. Accounts are for administrators alone.
QueryParameter ByParameter();
std::vector<weir::v1::Dimension> ReadBy(const Request& request, const Caller& caller,
                                        std::size_t at_most, FieldErrors& errors);

// `sort=-cost`, `-tokens` or `-requests`.
QueryParameter ReportOrderParameter();
weir::v1::ReportOrder ReadReportOrder(const Request& request);

// The moment a parameter names, `usual` when it is not given. What is none, or lies before 1970, is
// an error: 0 means "no bound" from here on.
std::int64_t ReadTime(const Request& request, std::string_view name, std::int64_t usual,
                      absl::TimeZone zone, FieldErrors& errors);

// A whole number that the router has checked; `usual` when it is not given.
std::int64_t ReadCount(const Request& request, std::string_view name, std::int64_t usual);

// What the ids of rows are called now: by the dimension, by the id.
using ReportNames = std::map<weir::v1::Dimension, std::map<std::int64_t, std::string>>;

using ReportRows = google::protobuf::RepeatedPtrField<weir::v1::SummaryRow>;

// Errors of the store.
absl::StatusOr<ReportNames> NamesOf(ResourceParts& parts,
                                    const std::vector<weir::v1::Dimension>& by,
                                    const ReportRows& rows);

// {"model":"x"} or {"key_id":4,"key_name":"laptop"}: what the row is about. The name is null when
// there is nothing of this id any more.
boost::json::object SubjectJson(const std::vector<weir::v1::Dimension>& by,
                                const weir::v1::SummaryRow& row, const ReportNames& names);

// While describing: what SubjectJson may write, whatever is asked for.
void AddSubjectShape(boost::json::object& object);

// Adds the counts of `row` to `sum`, or takes them away.
void AddCounts(const weir::v1::SummaryRow& row, std::int64_t sign, weir::v1::SummaryRow& sum);

// {"measured", "p50_ms", "p95_ms", "p99_ms"}; of nothing measured these are null.
boost::json::object PercentilesJson(const weir::v1::Percentiles& percentiles);

// "UTC" or the name that was asked for.
std::string ZoneName(const Request& request);

}  // namespace weir::admin

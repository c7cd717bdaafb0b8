// What usage answers, as JSON.
#pragma once

#include <boost/json/object.hpp>

namespace weir::v1 {
class SummaryRow;
class UsageEvent;
}  // namespace weir::v1

namespace weir::admin {

// A row of the log; with `detail` its attempts and the price that its cost came from.
boost::json::object LogJson(const weir::v1::UsageEvent& event, bool detail);

// The counts of a summary, without what they are counted by.
boost::json::object TotalsJson(const weir::v1::SummaryRow& row);

}  // namespace weir::admin

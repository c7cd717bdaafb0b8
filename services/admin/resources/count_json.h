// How many belong to a record, as lists say their totals.
#pragma once

#include <boost/json/object.hpp>

#include "services/admin/store/table.h"

namespace weir::admin {

// {"total":N,"total_at_least":false}
boost::json::object CountJson(const RowTotal& total);

}  // namespace weir::admin

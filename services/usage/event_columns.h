// How an event lies in a row of usage_events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/common/sql/database.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// In the order of EventValues and EventFromRow.
const std::vector<std::string_view>& EventColumns();
// The same, as SQL: "id, started_at_unix_ms, …".
const std::string& EventColumnList();

// Attempts are not part of the row.
std::vector<sql::Value> EventValues(const UsageEvent& event);
UsageEvent EventFromRow(const sql::Row& row);

}  // namespace weir::usage

// A usage event as a row of CSV: the same fields as in a row of the log.
#pragma once

#include <string>

namespace weir::v1 {
class UsageEvent;
}

namespace weir::admin {

// Who served it is for administrators alone.
enum class AccountColumns { kShown, kLeftOut };

// Each ends with a line end.
void AppendCsvHeader(AccountColumns accounts, std::string& out);
void AppendCsvEvent(const weir::v1::UsageEvent& event, AccountColumns accounts, std::string& out);

}  // namespace weir::admin

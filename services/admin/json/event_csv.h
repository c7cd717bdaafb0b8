// A usage event as a row of CSV: the same fields as in a row of the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::v1 {
class UsageEvent;
}

namespace weir::admin {

// Who served it is for administrators alone.
enum class AccountColumns { kShown, kLeftOut };

// What an event does not say itself. Names are those of today, empty of what is deleted.
struct EventExtras {
  std::int64_t attempts = 0;
  std::string_view username = {};
  std::string_view group_name = {};
};

// Each ends with a line end.
void AppendCsvHeader(AccountColumns accounts, std::string& out);
void AppendCsvEvent(const weir::v1::UsageEvent& event, const EventExtras& extras,
                    AccountColumns accounts, std::string& out);

}  // namespace weir::admin

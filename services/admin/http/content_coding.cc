#include "services/admin/http/content_coding.h"

#include <algorithm>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

bool IsRefused(std::string_view parameters) {
  for (std::string_view one : Split(parameters, ';')) {
    one = StripSpace(one);
    if (!one.starts_with("q=") && !one.starts_with("Q=")) continue;
    return one.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool AcceptsCoding(const Request& request, std::string_view coding) {
  bool any = false;
  for (const std::string_view one : Split(request.Header("accept-encoding"), ',')) {
    const std::size_t end = std::min(one.find(';'), one.size());
    const std::string_view name = StripSpace(one.substr(0, end));
    const bool accepted = !IsRefused(one.substr(end));
    if (EqualsIgnoreCase(name, coding)) return accepted;
    if (name == "*") any = accepted;
  }
  return any;
}

}  // namespace weir::admin

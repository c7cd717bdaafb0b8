#include "services/usage/sum_model.h"

#include <algorithm>

#include "libs/common/reason.h"

namespace weir::usage {

const std::vector<std::string>& UnknownModelClasses() {
  static const std::vector<std::string> classes = {
      std::string(reason::kModelNotFound), std::string(reason::kModelNotAllowed),
      std::string(reason::kModelUnpriced), std::string(reason::kRateLimited),
      std::string(reason::kLimitsUnavailable)};
  return classes;
}

std::string_view SumModelOf(const UsageEvent& event) {
  const std::vector<std::string>& classes = UnknownModelClasses();
  const bool unknown = event.account_id == 0 && std::find(classes.begin(), classes.end(),
                                                          event.error_class) != classes.end();
  return unknown ? kUnknownModel : std::string_view(event.model);
}

}  // namespace weir::usage

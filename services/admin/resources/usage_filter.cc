#include "services/admin/resources/usage_filter.h"

#include <string>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/time_text.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

template <class Add>
void EachInteger(const Request& request, std::string_view name, FieldErrors& errors, Add add) {
  const auto [first, last] = request.query.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    std::int64_t number = 0;
    if (ParseInteger(entry->second, number)) {
      add(number);
    } else {
      errors.Add(name, "must be a whole number");
    }
  }
}

std::int64_t TimeOf(const Request& request, std::string_view name, FieldErrors& errors) {
  const std::string_view text = request.Query(name);
  if (text.empty()) return 0;
  const auto time = ParseTime(text);
  if (!time.ok()) errors.Add(name, std::string(time.status().message()));
  return time.value_or(0);
}

// HTTP statuses, or the word "error" for all that went wrong.
void ReadStatuses(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  const auto [first, last] = request.query.equal_range("status");
  for (auto entry = first; entry != last; ++entry) {
    int status = 0;
    if (entry->second == "error") {
      filter.set_only_errors(true);
    } else if (ParseInteger(entry->second, status) && status >= 100 && status <= 599) {
      filter.add_statuses(status);
    } else {
      errors.Add("status", "must be an HTTP status or the word error");
    }
  }
}

}  // namespace

absl::Status ReadUsageFilter(const Request& request, const Caller& caller,
                             v1::EventFilter& filter) {
  FieldErrors errors;
  filter.set_from_unix_ms(TimeOf(request, "from", errors));
  filter.set_to_unix_ms(TimeOf(request, "to", errors));
  const bool mine = !caller.is_admin() || request.Query("scope") == "mine";
  EachInteger(request, "user_id", errors, [&](std::int64_t id) {
    if (!mine) filter.add_user_ids(id);
    if (mine && id != caller.user.id) errors.Add("user_id", "must be your own");
  });
  if (mine) filter.add_user_ids(caller.user.id);
  EachInteger(request, "key_id", errors, [&](std::int64_t id) { filter.add_key_ids(id); });
  EachInteger(request, "group_id", errors, [&](std::int64_t id) { filter.add_group_ids(id); });
  EachInteger(request, "account_id", errors, [&](std::int64_t id) { filter.add_account_ids(id); });
  const auto [first_model, last_model] = request.query.equal_range("model");
  for (auto entry = first_model; entry != last_model; ++entry) filter.add_models(entry->second);
  const auto [first_class, last_class] = request.query.equal_range("error_class");
  for (auto entry = first_class; entry != last_class; ++entry) {
    filter.add_error_classes(entry->second);
  }
  ReadStatuses(request, filter, errors);
  filter.set_search(std::string(request.Query("search")));
  return errors.ToStatus();
}

}  // namespace weir::admin

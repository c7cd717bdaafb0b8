// The tasks there are: what each does and when, unless an administrator says otherwise.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/alerts/alert_watch.h"
#include "services/admin/maintenance_client.h"
#include "services/admin/store/store.h"

namespace weir::admin {

struct TaskSpec {
  std::string_view name;
  std::string_view description;  // one sentence
  std::string_view schedule;     // at first; in UTC
  // What was done, in words. It may be run again at any time, also by two processes at once. Long
  // ones ask `gone` now and then: true = stop.
  std::function<absl::StatusOr<std::string>(const std::function<bool()>& gone)> run;
};

// What a task does, as TaskSpec::run.
using TaskWork = std::function<absl::StatusOr<std::string>(const std::function<bool()>& gone)>;

// All references must outlive the tasks.
std::vector<TaskSpec> AllTasks(Store& store, MaintenanceClient& maintenance, AlertWatch& alerts,
                               TaskWork check_sessions);

}  // namespace weir::admin

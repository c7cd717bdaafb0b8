// /api/v1/admin/tasks: what runs by itself, when, and how it went.
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/cron.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/task_store.h"
#include "services/admin/tasks/task_scheduler.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::object RunJson(const TaskRun& run) {
  return {{"started_at", TimeJson(run.started_at_ms)},
          {"duration_ms", run.duration_ms},
          {"result", OneWord({"ok", "failed"}, run.good ? "ok" : "failed")},
          {"detail", run.detail},
          {"asked_for", run.asked_for}};
}

json::value LastRunJson(const TaskRun& run) {
  return Where(run.started_at_ms != 0, [&] { return RunJson(run); });
}

absl::StatusOr<Response> Runs(ResourceParts& parts, const Request& request) {
  const std::string& name = request.path_params.at("name");
  if (parts.tasks.Find(name) == nullptr) return NotFound("task");
  const auto runs = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return task_store::Runs(transaction, name, task_store::kRunsKept);
  });
  if (!runs.ok()) return runs.status();
  json::array data;
  for (const TaskRun& run : *runs) data.push_back(RunJson(run));
  return JsonResponse(200, json::object{{"data", std::move(data)}});
}

json::object TaskJson(const TaskSpec& spec, const Task& task, std::int64_t now_ms) {
  return {{"name", task.name},
          {"description", json::string_view(spec.description.data(), spec.description.size())},
          {"schedule", task.schedule},
          {"default_schedule", json::string_view(spec.schedule.data(), spec.schedule.size())},
          {"time_zone", task.time_zone},
          {"enabled", task.enabled},
          {"next_run_at", TimeJson(task.next_run_at_ms)},
          {"running", task.Running(now_ms) || task.asked_at_ms != 0},
          {"last_run", LastRunJson(task.last)}};
}

json::value TaskShape() { return Named("Task", TaskJson(TaskSpec(), Task(), 0)); }

absl::StatusOr<Response> List(ResourceParts& parts) {
  const auto tasks = ReadValue(parts.store, task_store::List);
  if (!tasks.ok()) return tasks.status();
  json::array data;
  for (const Task& task : *tasks) {
    // A newer version beside us may know tasks that we do not.
    const TaskSpec* spec = parts.tasks.Find(task.name);
    if (spec != nullptr) data.push_back(TaskJson(*spec, task, parts.store.NowMs()));
  }
  return JsonResponse(200, json::object{{"data", std::move(data)}});
}

absl::Status CheckSchedule(const Task& task) {
  FieldErrors errors;
  if (const auto zone = CronSchedule::Parse("@daily", task.time_zone); !zone.ok()) {
    errors.Add("time_zone", View(zone.status().message()));
  } else if (const auto schedule = CronSchedule::Parse(task.schedule); !schedule.ok()) {
    errors.Add("schedule", View(schedule.status().message()));
  }
  return errors.ToStatus();
}

void ReadName(BodyReader& reader, std::string& name) {
  reader.Require({"name"});
  reader.Text("name", name);
}

void ReadPlan(BodyReader& reader, Task& task) {
  reader.Text("schedule", task.schedule);
  reader.Text("time_zone", task.time_zone);
  reader.Flag("enabled", task.enabled);
}

void DescribeBody(BodyReader& reader) {
  Task task;
  ReadName(reader, task.name);
  ReadPlan(reader, task);
}

// What the body says of the task that it names.
absl::StatusOr<Task> ChangedTask(sql::Transaction& transaction, const json::object& body,
                                 std::int64_t now_ms) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::string name;
  ReadName(reader, name);
  if (!errors.empty()) return errors.ToStatus();
  auto task = task_store::Get(transaction, name);
  if (!task.ok()) return task;
  ReadPlan(reader, *task);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  if (absl::Status status = CheckSchedule(*task); !status.ok()) return status;
  auto next = NextRunOf(*task, now_ms);
  if (!next.ok()) return next.status();
  task->next_run_at_ms = *next;
  return task;
}

// What of its plan is another one, for the audit log; tasks are known by their names alone.
void NotePlan(const Task& before, const Task& after, Changes& changes) {
  AuditEntry entry{"task", 0, after.name, "update", {}};
  const auto compare = [&entry](std::string_view field, const json::value& from,
                                const json::value& to) {
    if (from == to) return;
    entry.fields.push_back({std::string(field), json::serialize(from), json::serialize(to)});
  };
  compare("schedule", json::value(before.schedule), json::value(after.schedule));
  compare("time_zone", json::value(before.time_zone), json::value(after.time_zone));
  compare("enabled", before.enabled, after.enabled);
  if (!entry.fields.empty()) changes.Note(std::move(entry));
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request) {
  const auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  const auto task = ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<Task> {
        auto changed = ChangedTask(transaction, *body, parts.store.NowMs());
        if (!changed.ok()) return changed;
        const auto before = task_store::Get(transaction, changed->name);
        if (!before.ok()) return before.status();
        absl::Status planned = task_store::Plan(transaction, *changed);
        if (!planned.ok()) return planned;
        NotePlan(*before, *changed, changes);
        return changed;
      });
  if (!task.ok()) return task.status();
  const TaskSpec* spec = parts.tasks.Find(task->name);
  if (spec == nullptr) return NotFound("task");
  return JsonResponse(200, TaskJson(*spec, *task, parts.store.NowMs()));
}

// Any process may take it up; this one looks at once.
absl::StatusOr<Response> RunNow(ResourceParts& parts, const Request& request) {
  const std::string& name = request.path_params.at("name");
  const TaskSpec* spec = parts.tasks.Find(name);
  if (spec == nullptr) return NotFound("task");
  const std::int64_t now_ms = parts.store.NowMs();
  const auto task = ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes&) -> absl::StatusOr<Task> {
        auto found = task_store::Get(transaction, name);
        if (!found.ok()) return found;
        if (found->Running(now_ms)) return Conflict("the task is running now");
        absl::Status asked = task_store::Ask(transaction, name, now_ms);
        if (!asked.ok()) return asked;
        found->asked_at_ms = now_ms;
        return found;
      });
  if (!task.ok()) return task.status();
  parts.tasks.Wake();
  return JsonResponse(202, TaskJson(*spec, *task, now_ms));
}

}  // namespace

Routes TaskRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/tasks",
       Access::kAdmin,
       [&parts](const Request&, const Caller&) { return List(parts); },
       {.summary = "List the tasks that run by themselves", .answers = {AnswersData(TaskShape)}}},
      {"POST",
       "/api/v1/admin/tasks",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Change(parts, request); },
       {.summary = "Change when a task runs",
        .body = DescribeBody,
        .answers = {Answers(TaskShape)},
        .refusals = {404}}},
      {"GET",
       "/api/v1/admin/tasks/{name}/runs",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Runs(parts, request); },
       {.summary = "Show how a task's last runs went",
        .answers = {AnswersData([] { return RunJson(TaskRun()); })}}},
      {"POST",
       "/api/v1/admin/tasks/{name}/run",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return RunNow(parts, request); },
       {.summary = "Run a task now", .answers = {Answers(TaskShape, 202)}}},
  };
}

}  // namespace weir::admin

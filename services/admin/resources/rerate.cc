// /api/v1/admin/usage/rerate: recorded requests, rated again by the prices that are known now.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/provider.h"
#include "services/admin/publish/to_proto.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/all.h"
#include "services/admin/store/price_store.h"
#include "weir/v1/rerate.pb.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::string_view kPath = "/api/v1/admin/usage/rerate";
constexpr std::string_view kRunPath = "/api/v1/admin/usage/rerate/{id}";
constexpr std::size_t kListMax = 100;

struct Ids {
  std::string_view name;
  void (*add)(v1::EventFilter& filter, std::int64_t id);
};

constexpr std::array<Ids, 4> kIds = {{
    {"user_ids", [](v1::EventFilter& filter, std::int64_t id) { filter.add_user_ids(id); }},
    {"key_ids", [](v1::EventFilter& filter, std::int64_t id) { filter.add_key_ids(id); }},
    {"group_ids", [](v1::EventFilter& filter, std::int64_t id) { filter.add_group_ids(id); }},
    {"account_ids", [](v1::EventFilter& filter, std::int64_t id) { filter.add_account_ids(id); }},
}};

// A list that came out empty must not become "all of them".
void CheckLength(const BodyReader& reader, std::string_view name, std::size_t length,
                 FieldErrors& errors) {
  if (reader.Has(name) && length == 0) errors.Add(name, "is empty: leave it out for all of them");
  if (length > kListMax) errors.Add(name, StrCat("must have at most ", kListMax, " entries"));
}

void ReadLists(BodyReader& reader, v1::EventFilter& filter, FieldErrors& errors) {
  std::vector<std::string> models;
  std::vector<std::string> served_models;
  reader.Texts("models", models);
  reader.Texts("served_models", served_models);
  CheckLength(reader, "models", models.size(), errors);
  CheckLength(reader, "served_models", served_models.size(), errors);
  for (const std::string& model : models) filter.add_models(model);
  for (const std::string& model : served_models) filter.add_served_models(model);
  for (const Ids& list : kIds) {
    std::vector<std::int64_t> ids;
    reader.Ids(list.name, ids);
    CheckLength(reader, list.name, ids.size(), errors);
    for (const std::int64_t id : ids) list.add(filter, id);
  }
}

struct Order {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;  // 0 = now
  bool dry_run = false;
  bool charge_budgets = false;
};

void ReadFields(BodyReader& reader, Order& order) {
  reader.Require({"from"});
  reader.Time("from", order.from_ms);
  reader.Time("to", order.to_ms);
  reader.Flag("dry_run", order.dry_run);
  reader.Flag("charge_budgets", order.charge_budgets);
}

void DescribeBody(BodyReader& reader) {
  Order order;
  ReadFields(reader, order);
  v1::EventFilter filter;
  FieldErrors errors;
  ReadLists(reader, filter, errors);
}

absl::StatusOr<v1::StartRerateRequest> ReadOrder(const Request& request, std::int64_t now_ms) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  Order read;
  ReadFields(reader, read);
  if (read.to_ms == 0) read.to_ms = now_ms;
  if (read.from_ms >= read.to_ms) {
    errors.Add("from", "must be before to, which is now when it is left out");
  }
  v1::StartRerateRequest order;
  ReadLists(reader, *order.mutable_filter(), errors);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  order.mutable_filter()->set_from_unix_ms(std::max<std::int64_t>(read.from_ms, 1));
  order.mutable_filter()->set_to_unix_ms(read.to_ms);
  order.set_dry_run(read.dry_run);
  order.set_charge_budgets(read.charge_budgets);
  return order;
}

// Usage has neither prices nor providers: those of this moment go along.
absl::Status AddPrices(ResourceParts& parts, v1::StartRerateRequest& order) {
  return parts.store.Read([&](sql::Transaction& transaction) -> absl::Status {
    order.clear_prices();
    order.clear_providers();
    auto prices = AllOf<Price>(transaction, price_store::After);
    if (!prices.ok()) return prices.status();
    for (const Price& price : *prices) {
      v1::Resource resource;
      ToProto(price, resource);
      *order.add_prices() = resource.price();
    }
    auto accounts = AllOf<Account>(transaction, account_store::After);
    if (!accounts.ok()) return accounts.status();
    for (const Account& account : *accounts) {
      (*order.mutable_providers())[account.id] = ProviderOf(account);
    }
    return absl::OkStatus();
  });
}

std::string_view StateWord(v1::RerateState state) {
  switch (state) {
    case v1::RERATE_STATE_RUNNING:
      return "running";
    case v1::RERATE_STATE_DONE:
      return "done";
    case v1::RERATE_STATE_CANCELLED:
      return "cancelled";
    case v1::RERATE_STATE_FAILED:
      return "failed";
    default:
      return "";
  }
}

void AddCounts(const v1::RerateCounts& counts, json::object& object) {
  const std::int64_t difference = counts.after_nano_usd() - counts.before_nano_usd();
  object["requests"] = counts.events();
  object["corrected"] = counts.corrected();
  object["unpriced"] = counts.unpriced();
  object["unknown_provider"] = counts.unknown_provider();
  object["before_usd"] = FormatUsd(counts.before_nano_usd());
  object["after_usd"] = FormatUsd(counts.after_nano_usd());
  object["difference_usd"] = FormatUsd(difference);
  object["difference_nano_usd"] = difference;
}

// Of the time between from and to, rounded down: 100 is all of it.
std::int64_t PercentOf(const v1::Rerate& run) {
  if (run.state() == v1::RERATE_STATE_DONE) return 100;
  const std::int64_t whole = run.to_unix_ms() - run.from_unix_ms();
  const std::int64_t done = run.rated_until_unix_ms() - run.from_unix_ms();
  return whole <= 0 ? 0 : std::clamp<std::int64_t>(done / (whole / 100 + 1), 0, 99);
}

json::object RunJson(const v1::Rerate& run, bool with_models) {
  json::object object = {
      {"id", run.id()},
      {"state", OneWord({"running", "done", "cancelled", "failed"}, StateWord(run.state()))},
      {"dry_run", run.dry_run()},
      {"charge_budgets", run.charge_budgets()},
      {"from", TimeJson(run.from_unix_ms())},
      {"to", TimeJson(run.to_unix_ms())},
      {"created_at", TimeJson(run.created_at_unix_ms())},
      {"updated_at", TimeJson(run.updated_at_unix_ms())},
      {"ended_at", TimeJson(run.ended_at_unix_ms())},
      {"rated_until", TimeJson(run.rated_until_unix_ms())},
      {"percent", PercentOf(run)},
      {"error", TextOrNull(run.error())}};
  AddCounts(run.counts(), object);
  if (!with_models) return object;
  object["models"] = ListJson(run.models(), [](const v1::RerateModel& model) {
    json::object row = {{"served_model", model.model()}};
    AddCounts(model.counts(), row);
    return row;
  });
  return object;
}

json::value RunShape() { return Named("Rerate", RunJson(v1::Rerate(), false)); }
json::value WholeRunShape() { return Named("RerateWithModels", RunJson(v1::Rerate(), true)); }

absl::Status NoteRun(ResourceParts& parts, const v1::Rerate& run, std::string_view action) {
  return NoteDeed(parts,
                  {"rerate", run.id(), run.dry_run() ? "dry run" : "", std::string(action), {}});
}

absl::StatusOr<Response> Start(ResourceParts& parts, const Request& request, const Caller& caller) {
  auto order = ReadOrder(request, parts.store.NowMs());
  if (!order.ok()) return order.status();
  if (!order->dry_run()) {
    if (auto confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) return confirmed;
  }
  if (absl::Status added = AddPrices(parts, *order); !added.ok()) return added;
  v1::Rerate run;
  if (absl::Status started = parts.usage.StartRerate(*order, run); !started.ok()) return started;
  if (absl::Status noted = NoteRun(parts, run, "start"); !noted.ok()) return noted;
  Response response = JsonResponse(202, RunJson(run, false));
  response.headers.emplace_back("Location", StrCat(kPath, "/", run.id()));
  return response;
}

absl::StatusOr<Response> List(ResourceParts& parts) {
  v1::ListReratesResponse answer;
  if (absl::Status asked = parts.usage.ListRerates(answer); !asked.ok()) return asked;
  json::array data;
  for (const v1::Rerate& run : answer.rerates()) data.push_back(RunJson(run, false));
  return JsonResponse(200, json::object{{"data", std::move(data)}});
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  v1::Rerate run;
  if (absl::Status asked = parts.usage.GetRerate(*id, run); !asked.ok()) return asked;
  return JsonResponse(200, RunJson(run, true));
}

absl::StatusOr<Response> Cancel(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  v1::Rerate run;
  if (absl::Status asked = parts.usage.CancelRerate(*id, run); !asked.ok()) return asked;
  if (absl::Status noted = NoteRun(parts, run, "cancel"); !noted.ok()) return noted;
  return JsonResponse(200, RunJson(run, true));
}

}  // namespace

Routes RerateRoutes(ResourceParts& parts) {
  return {
      {"POST",
       kPath,
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Start(parts, request, caller);
       },
       {.summary = "Rate recorded requests again, by the prices of now",
        .body = DescribeBody,
        .answers = {Answers(RunShape, 202)}}},
      {"GET",
       kPath,
       Access::kAdmin,
       [&parts](const Request&, const Caller&) { return List(parts); },
       {.summary = "List the last runs", .answers = {AnswersData(RunShape)}}},
      {"GET",
       kRunPath,
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Get(parts, request); },
       {.summary = "Show a run", .answers = {Answers(WholeRunShape)}}},
      {"DELETE",
       kRunPath,
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Cancel(parts, request); },
       {.summary = "End a run", .answers = {Answers(WholeRunShape)}}},
  };
}

}  // namespace weir::admin

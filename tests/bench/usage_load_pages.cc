#include "tests/bench/usage_load_pages.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "tests/bench/usage_load_events.h"
#include "weir/v1/query.grpc.pb.h"

namespace weir::bench {
namespace {

constexpr int kDays = 30;
constexpr std::uint32_t kPageRows = 50;
constexpr double kMsPerNs = 1e-6;

struct Walk {
  const char* name;
  std::function<void(v1::EventFilter&)> narrow;
  v1::EventOrder order = v1::EVENT_ORDER_UNSPECIFIED;
};

// What all rows have, what few have, and what none has.
std::vector<Walk> Walks() {
  using Filter = v1::EventFilter;
  return {
      {"all", [](Filter&) {}},
      {"all, the oldest first", [](Filter&) {}, v1::EVENT_ORDER_STARTED_ASC},
      {"a key", [](Filter& filter) { filter.add_key_ids(7); }},
      {"a user", [](Filter& filter) { filter.add_user_ids(3); }},
      {"an account", [](Filter& filter) { filter.add_account_ids(5); }},
      {"a group", [](Filter& filter) { filter.add_group_ids(2); }},
      {"a model", [](Filter& filter) { filter.add_models("claude-sonnet-4-3"); }},
      {"a model that none has", [](Filter& filter) { filter.add_models("nothing"); }},
      {"failures", [](Filter& filter) { filter.set_only_errors(true); }},
      {"a status that none has", [](Filter& filter) { filter.add_statuses(418); }},
      {"retried", [](Filter& filter) { filter.set_retried(true); }},
      {"a conversation", [](Filter& filter) { filter.add_sessions(SessionOf(7, 3)); }},
      {"slow", [](Filter& filter) { filter.set_latency_ms_min(15'000); }},
      {"slow, few of them", [](Filter& filter) { filter.set_latency_ms_min(20'390); }},
      {"dear, few of them", [](Filter& filter) { filter.set_cost_nano_usd_min(28'450'000); }},
      {"a search that many have", [](Filter& filter) { filter.set_search("sonnet"); }},
      {"a search that few have", [](Filter& filter) { filter.set_search("key-97"); }},
      {"a search that none has", [](Filter& filter) { filter.set_search("nothing"); }},
      {"a search that none has, the oldest first",
       [](Filter& filter) { filter.set_search("nothing"); }, v1::EVENT_ORDER_STARTED_ASC},
      {"a search in a user's",
       [](Filter& filter) {
         filter.add_user_ids(3);
         filter.set_search("nothing");
       }},
      {"a user agent that none has", [](Filter& filter) { filter.set_user_agent("nothing"); }},
  };
}

absl::StatusOr<PageTimes> Take(v1::UsageQuery::Stub& stub, const GrpcSecurity& security,
                               const Walk& walk, int pages_max) {
  v1::ListEventsRequest request;
  const std::int64_t now_unix_ms = UnixMs();
  request.mutable_filter()->set_from_unix_ms(now_unix_ms - kDays * kDayMs);
  request.mutable_filter()->set_to_unix_ms(now_unix_ms);
  walk.narrow(*request.mutable_filter());
  request.set_order(walk.order);
  request.set_limit(kPageRows);
  request.set_with_total(true);
  PageTimes times{.name = walk.name};
  std::vector<double> each_ms;
  do {
    grpc::ClientContext context;
    AddToken(context, security);
    v1::ListEventsResponse response;
    const std::int64_t began_ns = SteadyNs();
    const grpc::Status status = stub.ListEvents(&context, request, &response);
    if (!status.ok()) return absl::UnknownError(StrCat(walk.name, ": ", status.error_message()));
    each_ms.push_back(static_cast<double>(SteadyNs() - began_ns) * kMsPerNs);
    times.rows += response.events_size();
    request.set_cursor(response.next_cursor());
    request.set_with_total(false);
  } while (!request.cursor().empty() && std::ssize(each_ms) < pages_max);
  std::sort(each_ms.begin(), each_ms.end());
  times.pages = std::ssize(each_ms);
  times.p50_ms = each_ms[each_ms.size() / 2];
  const double rank = std::ceil(static_cast<double>(each_ms.size()) * 0.99);
  times.p99_ms = each_ms[static_cast<std::size_t>(rank) - 1];
  return times;
}

}  // namespace

absl::StatusOr<std::vector<PageTimes>> WalkLog(const std::string& target,
                                               const GrpcSecurity& security, int pages_max) {
  const std::unique_ptr<v1::UsageQuery::Stub> stub =
      v1::UsageQuery::NewStub(MakeChannel(target, security));
  std::vector<PageTimes> all;
  for (const Walk& walk : Walks()) {
    absl::StatusOr<PageTimes> times = Take(*stub, security, walk, pages_max);
    if (!times.ok()) return times.status();
    all.push_back(*std::move(times));
  }
  return all;
}

}  // namespace weir::bench

#include "tests/bench/usage_load_ask.h"

#include <algorithm>
#include <functional>
#include <memory>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "tests/bench/usage_load_events.h"
#include "weir/v1/query.grpc.pb.h"
#include "weir/v1/report.grpc.pb.h"

namespace weir::bench {
namespace {

constexpr int kRuns = 7;
constexpr int kDays = 30;
constexpr double kMsPerNs = 1e-6;
constexpr std::int64_t kHourMs = kDayMs / 24;
constexpr std::int64_t kZoneMs = 2 * kHourMs;  // east of UTC
constexpr std::uint32_t kPageRows = 50;
constexpr std::uint32_t kTop = 10;

// One call; the rows of its answer.
using Call = std::function<grpc::Status(grpc::ClientContext&, std::int64_t& rows)>;

struct Report {
  std::string name;
  Call call;
};

class Reports {
 public:
  Reports(const std::string& target, const GrpcSecurity& security)
      : query_(v1::UsageQuery::NewStub(MakeChannel(target, security))),
        reports_(v1::UsageReports::NewStub(MakeChannel(target, security))),
        now_unix_ms_(UnixMs()) {
    AddSummaries();
    AddSeries();
    AddErrors();
    AddLatencies();
    AddLogs();
    AddStats();
    Add("export, first piece", [this](grpc::ClientContext& context, std::int64_t& rows) {
      v1::ExportRequest request;
      *request.mutable_filter() = Range();
      const auto stream = reports_->Export(&context, request);
      v1::ExportChunk chunk;
      if (stream->Read(&chunk)) rows = chunk.events_size();
      context.TryCancel();
      stream->Finish();
      return rows > 0 ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNKNOWN, "no piece");
    });
  }

  const std::vector<Report>& all() const { return all_; }

  // What the summary over all says.
  grpc::Status CountRequests(grpc::ClientContext& context, std::int64_t& requests) {
    v1::SummarizeRequest request;
    *request.mutable_filter() = Range();
    v1::SummarizeResponse response;
    grpc::Status status = query_->Summarize(&context, request, &response);
    for (const v1::SummaryRow& row : response.rows()) requests += row.requests();
    return status;
  }

 private:
  v1::EventFilter Range() const {
    v1::EventFilter filter;
    filter.set_from_unix_ms(now_unix_ms_ - kDays * kDayMs);
    filter.set_to_unix_ms(now_unix_ms_);
    return filter;
  }

  void Add(std::string name, Call call) { all_.push_back({std::move(name), std::move(call)}); }

  void AddSummary(const std::string& name, const v1::SummarizeRequest& asked) {
    Add(StrCat("summary ", name), [this, asked](grpc::ClientContext& context, std::int64_t& rows) {
      v1::SummarizeRequest request = asked;
      request.mutable_filter()->MergeFrom(Range());
      v1::SummarizeResponse response;
      grpc::Status status = query_->Summarize(&context, request, &response);
      rows = response.rows_size();
      return status;
    });
  }

  void AddSummaries() {
    AddSummary("of all", {});
    v1::SummarizeRequest of_key;
    of_key.mutable_filter()->add_key_ids(7);
    of_key.add_by(v1::DIMENSION_MODEL);
    AddSummary("of a key, by model", of_key);
    v1::SummarizeRequest by_two;
    by_two.add_by(v1::DIMENSION_USER);
    by_two.add_by(v1::DIMENSION_MODEL);
    AddSummary("by user and model", by_two);
    for (const auto& [name, dimension] : kDimensions) {
      v1::SummarizeRequest top;
      top.add_by(dimension);
      top.set_limit(kTop);
      AddSummary(StrCat("top 10 by ", name), top);
    }
  }

  void AddSeriesOf(const std::string& name, std::int64_t step_ms, v1::Dimension by) {
    Add(StrCat("series ", name), [=, this](grpc::ClientContext& context, std::int64_t& rows) {
      v1::SeriesRequest request;
      // Days as another zone has them.
      const std::int64_t end = now_unix_ms_ - now_unix_ms_ % kDayMs + kDayMs - kZoneMs;
      for (std::int64_t edge = end - kDays * kDayMs; edge <= end; edge += step_ms) {
        request.add_edges_unix_ms(edge);
      }
      request.set_by(by);
      request.set_top(kTop);
      v1::SeriesResponse response;
      grpc::Status status = reports_->Series(&context, request, &response);
      rows = response.totals_size() + response.rows_size();
      return status;
    });
  }

  void AddSeries() {
    AddSeriesOf("of days in a zone", kDayMs, v1::DIMENSION_UNSPECIFIED);
    AddSeriesOf("of hours", kHourMs, v1::DIMENSION_UNSPECIFIED);
    for (const auto& [name, dimension] : kDimensions) {
      AddSeriesOf(StrCat("of days in a zone, by ", name), kDayMs, dimension);
    }
  }

  void AddErrorsOf(const std::string& name, std::int64_t step_ms, const v1::EventFilter& filter) {
    Add(StrCat("errors ", name), [=, this](grpc::ClientContext& context, std::int64_t& rows) {
      v1::ErrorsRequest request;
      *request.mutable_filter() = filter;
      const std::int64_t end = now_unix_ms_ - now_unix_ms_ % kDayMs + kDayMs - kZoneMs;
      for (std::int64_t edge = end - kDays * kDayMs; edge <= end; edge += step_ms) {
        request.add_edges_unix_ms(edge);
      }
      request.set_top(kTop);
      v1::ErrorsResponse response;
      grpc::Status status = reports_->Errors(&context, request, &response);
      rows = response.totals_size() + response.rows_size();
      return status;
    });
  }

  void AddErrors() {
    AddErrorsOf("of days in a zone", kDayMs, {});
    AddErrorsOf("of hours", kHourMs, {});
    v1::EventFilter filter;
    filter.add_user_ids(3);
    AddErrorsOf("of days in a zone, of a user", kDayMs, filter);
    filter.Clear();
    filter.add_account_ids(5);
    AddErrorsOf("of days in a zone, of an account", kDayMs, filter);
  }

  void AddLatencyOf(const std::string& name, std::int64_t step_ms, const v1::EventFilter& filter) {
    Add(StrCat("latency ", name), [=, this](grpc::ClientContext& context, std::int64_t& rows) {
      v1::LatencyRequest request;
      *request.mutable_filter() = filter;
      const std::int64_t end = now_unix_ms_ - now_unix_ms_ % kDayMs + kDayMs - kZoneMs;
      for (std::int64_t edge = end - kDays * kDayMs; edge <= end; edge += step_ms) {
        request.add_edges_unix_ms(edge);
      }
      v1::LatencyResponse response;
      grpc::Status status = reports_->Latency(&context, request, &response);
      rows = response.rows_size() + response.bars_size();
      return status;
    });
  }

  void AddLatencies() {
    AddLatencyOf("of days in a zone", kDayMs, {});
    AddLatencyOf("of hours", kHourMs, {});
    // A user's are looked at one by one: among so many they are more than are answered.
    v1::EventFilter filter;
    filter.add_account_ids(5);
    AddLatencyOf("of days in a zone, of an account", kDayMs, filter);
  }

  void AddLog(const std::string& name, const v1::ListEventsRequest& asked) {
    Add(StrCat("log ", name), [this, asked](grpc::ClientContext& context, std::int64_t& rows) {
      v1::ListEventsRequest request = asked;
      request.mutable_filter()->MergeFrom(Range());
      request.set_limit(kPageRows);
      v1::ListEventsResponse response;
      grpc::Status status = query_->ListEvents(&context, request, &response);
      rows = response.events_size();
      return status;
    });
  }

  void AddLogs() {
    const std::pair<const char*, std::function<void(v1::EventFilter&)>> filters[] = {
        {"of all", [](v1::EventFilter&) {}},
        {"of a key", [](v1::EventFilter& filter) { filter.add_key_ids(7); }},
        {"of a user", [](v1::EventFilter& filter) { filter.add_user_ids(3); }},
        {"of a group", [](v1::EventFilter& filter) { filter.add_group_ids(2); }},
        {"of an account", [](v1::EventFilter& filter) { filter.add_account_ids(5); }},
        {"of a model", [](v1::EventFilter& filter) { filter.add_models("claude-sonnet-4-3"); }},
        {"of a served model",
         [](v1::EventFilter& filter) { filter.add_served_models("claude-sonnet-4-3-20250929"); }},
        {"of a status", [](v1::EventFilter& filter) { filter.add_statuses(529); }},
        {"of an error class",
         [](v1::EventFilter& filter) {
           filter.add_error_classes(std::string(reason::kUpstreamOverloaded));
         }},
        {"of errors", [](v1::EventFilter& filter) { filter.set_only_errors(true); }},
        {"of cache hits", [](v1::EventFilter& filter) { filter.set_only_cache_hits(true); }},
        {"of a dialect",
         [](v1::EventFilter& filter) { filter.add_dialects(v1::DIALECT_ANTHROPIC_MESSAGES); }},
        {"of what did not end", [](v1::EventFilter& filter) { filter.set_complete(false); }},
        {"of streams", [](v1::EventFilter& filter) { filter.set_stream(true); }},
        {"of an address", [](v1::EventFilter& filter) { filter.set_client_ip("203.0.7.8"); }},
        {"of a network", [](v1::EventFilter& filter) { filter.set_client_ip("203.0.7."); }},
        {"of a user agent", [](v1::EventFilter& filter) { filter.set_user_agent("codex"); }},
        {"by a search", [](v1::EventFilter& filter) { filter.set_search("key-17"); }},
    };
    for (const auto& [name, narrow] : filters) {
      v1::ListEventsRequest request;
      narrow(*request.mutable_filter());
      AddLog(name, request);
    }
    v1::ListEventsRequest dearest;
    dearest.set_order(v1::EVENT_ORDER_COST_DESC);
    AddLog("of all, the dearest first", dearest);
    dearest.mutable_filter()->add_key_ids(7);
    AddLog("of a key, the dearest first", dearest);
    v1::ListEventsRequest counted;
    counted.set_with_total(true);
    AddLog("of all, counted", counted);
    counted.mutable_filter()->add_key_ids(7);
    AddLog("of a key, counted", counted);
  }

  void AddStatsOf(const std::string& name, const v1::EventFilter& asked) {
    Add(StrCat("statistics ", name),
        [this, asked](grpc::ClientContext& context, std::int64_t& rows) {
          v1::StatsRequest request;
          *request.mutable_filter() = asked;
          request.mutable_filter()->MergeFrom(Range());
          v1::StatsResponse response;
          grpc::Status status = reports_->Stats(&context, request, &response);
          rows = response.statuses_size();
          return status;
        });
  }

  void AddStats() {
    AddStatsOf("of all", {});
    v1::EventFilter filter;
    filter.add_account_ids(5);
    AddStatsOf("of an account", filter);
    filter.Clear();
    filter.add_models("claude-sonnet-4-3");
    AddStatsOf("of a model", filter);
  }

  static constexpr std::pair<const char*, v1::Dimension> kDimensions[] = {
      {"model", v1::DIMENSION_MODEL},     {"key", v1::DIMENSION_KEY},
      {"user", v1::DIMENSION_USER},       {"group", v1::DIMENSION_GROUP},
      {"account", v1::DIMENSION_ACCOUNT},
  };

  const std::unique_ptr<v1::UsageQuery::Stub> query_;
  const std::unique_ptr<v1::UsageReports::Stub> reports_;
  const std::int64_t now_unix_ms_;
  std::vector<Report> all_;
};

absl::Status Failed(const std::string& name, const grpc::Status& status) {
  return absl::UnknownError(StrCat(name, ": ", status.error_message()));
}

absl::StatusOr<ReportTime> Measure(const Report& report, const GrpcSecurity& security) {
  ReportTime time{.name = report.name};
  std::vector<double> times_ms;
  for (int i = 0; i < kRuns; ++i) {
    grpc::ClientContext context;
    AddToken(context, security);
    const std::int64_t began_ns = SteadyNs();
    const grpc::Status status = report.call(context, time.rows);
    if (!status.ok()) return Failed(report.name, status);
    times_ms.push_back(static_cast<double>(SteadyNs() - began_ns) * kMsPerNs);
  }
  std::sort(times_ms.begin(), times_ms.end());
  time.median_ms = times_ms[times_ms.size() / 2];
  return time;
}

}  // namespace

absl::StatusOr<ReportTimes> AskReports(const std::string& target, const GrpcSecurity& security) {
  Reports reports(target, security);
  ReportTimes times;
  grpc::ClientContext context;
  AddToken(context, security);
  if (const grpc::Status status = reports.CountRequests(context, times.requests); !status.ok()) {
    return Failed("the sum of all", status);
  }
  for (const Report& report : reports.all()) {
    absl::StatusOr<ReportTime> time = Measure(report, security);
    if (!time.ok()) return time.status();
    times.reports.push_back(*std::move(time));
  }
  return times;
}

}  // namespace weir::bench

#include "services/usage/report_service.h"

#include <utility>

#include <grpcpp/server_context.h>

#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/error_series.h"
#include "services/usage/event_conflicts.h"
#include "services/usage/event_proto.h"
#include "services/usage/grpc_edge.h"
#include "services/usage/latency_series.h"
#include "services/usage/query_proto.h"
#include "services/usage/relay_overhead.h"
#include "services/usage/served_days.h"
#include "services/usage/unpriced.h"
#include "weir/v1/report.grpc.pb.h"

namespace weir::usage {
namespace {

void RowToProto(const SeriesRow& row, v1::SeriesRow& proto) {
  proto.set_bucket(static_cast<std::uint32_t>(row.bucket));
  SummaryToProto(row.sums, *proto.mutable_sums());
}

void PercentilesToProto(const Percentiles& percentiles, v1::Percentiles& proto) {
  proto.set_measured(percentiles.measured);
  proto.set_p50_ms(percentiles.p50);
  proto.set_p95_ms(percentiles.p95);
  proto.set_p99_ms(percentiles.p99);
}

void StatsToProto(const StatsAnswer& answer, v1::StatsResponse& proto) {
  proto.set_exact(answer.exact);
  proto.set_requests(answer.requests);
  proto.set_cache_hits(answer.cache_hits);
  proto.set_since_unix_ms(answer.since_unix_ms);
  PercentilesToProto(answer.latency, *proto.mutable_latency());
  PercentilesToProto(answer.first_token, *proto.mutable_first_token());
  for (const auto& [status, count] : answer.statuses) {
    v1::StatusCount& out = *proto.add_statuses();
    out.set_status(static_cast<std::int32_t>(status));
    out.set_requests(count);
  }
  for (const auto& [word, count] : answer.error_classes) {
    v1::ErrorClassCount& out = *proto.add_error_classes();
    out.set_error_class(word);
    out.set_requests(count);
  }
}

void BucketToProto(std::int64_t bucket, const std::string& error_class, std::int64_t requests,
                   v1::BucketErrors& proto) {
  proto.set_bucket(static_cast<std::uint32_t>(bucket));
  proto.set_error_class(error_class);
  proto.set_requests(requests);
}

void ErrorsToProto(const ErrorSeriesAnswer& answer, v1::ErrorsResponse& proto) {
  proto.set_exact(answer.exact);
  for (const auto& [bucket, failed] : answer.totals) {
    BucketToProto(bucket, "", failed, *proto.add_totals());
  }
  for (const auto& [word, requests] : answer.top) {
    v1::ErrorClassCount& out = *proto.add_top();
    out.set_error_class(word);
    out.set_requests(requests);
  }
  for (const ErrorCount& row : answer.rows) {
    BucketToProto(row.bucket, row.error_class, row.requests, *proto.add_rows());
  }
}

void LatencyToProto(const BucketLatency& row, v1::BucketLatency& proto) {
  proto.set_bucket(static_cast<std::uint32_t>(row.bucket));
  PercentilesToProto(row.latency, *proto.mutable_latency());
  PercentilesToProto(row.first_token, *proto.mutable_first_token());
}

void LatencyToProto(const LatencySeriesAnswer& answer, v1::LatencyResponse& proto) {
  proto.set_exact(answer.exact);
  proto.set_since_unix_ms(answer.since_unix_ms);
  for (const BucketLatency& row : answer.rows) LatencyToProto(row, *proto.add_rows());
  LatencyToProto(answer.total, *proto.mutable_total());
  for (const LatencyBar& bar : answer.bars) {
    v1::LatencyBar& out = *proto.add_bars();
    out.set_from_ms(bar.from_ms);
    out.set_below_ms(bar.below_ms);
    out.set_answers(bar.answers);
    out.set_first_tokens(bar.first_tokens);
  }
}

void UnpricedToProto(const UnpricedModel& model, v1::UnpricedModel& proto) {
  proto.set_model(model.model);
  proto.set_served_model(model.served_model);
  proto.set_account_id(model.account_id);
  proto.set_served_requests(model.served_requests);
  proto.set_refused_requests(model.refused_requests);
  proto.set_input_tokens(model.input_tokens);
  proto.set_output_tokens(model.output_tokens);
  proto.set_last_seen_unix_ms(model.last_seen_unix_ms);
  proto.set_first_seen_unix_ms(model.first_seen_unix_ms);
}

void ConflictToProto(const Conflict& conflict, v1::Conflict& proto) {
  proto.set_received_at_unix_ms(conflict.received_at_unix_ms);
  EventToProto(conflict.repeated, *proto.mutable_repeated_event());
  if (conflict.stored) EventToProto(*conflict.stored, *proto.mutable_stored_event());
}

absl::StatusOr<ErrorSeriesQuestion> QuestionFromProto(const v1::ErrorsRequest& proto) {
  absl::StatusOr<EventFilter> filter = FilterFromProto(proto.filter());
  if (!filter.ok()) return filter.status();
  return ErrorSeriesQuestion{.filter = *std::move(filter),
                             .edges_unix_ms = ToVector(proto.edges_unix_ms()),
                             .top = proto.top()};
}

absl::StatusOr<LatencySeriesQuestion> QuestionFromProto(const v1::LatencyRequest& proto) {
  absl::StatusOr<EventFilter> filter = FilterFromProto(proto.filter());
  if (!filter.ok()) return filter.status();
  return LatencySeriesQuestion{.filter = *std::move(filter),
                               .edges_unix_ms = ToVector(proto.edges_unix_ms())};
}

absl::StatusOr<ConflictQuestion> QuestionFromProto(const v1::ConflictsRequest& proto) {
  if (proto.from_unix_ms() < 0 || proto.to_unix_ms() < 0) {
    return absl::InvalidArgumentError("times must not be negative");
  }
  if (proto.limit() > kListRowsMax) {
    return absl::InvalidArgumentError(StrCat("limit must be 0 to ", kListRowsMax));
  }
  if (!proto.id().empty() && !IsUuid7(proto.id())) {
    return absl::InvalidArgumentError("id is no UUIDv7");
  }
  return ConflictQuestion{.from_unix_ms = proto.from_unix_ms(),
                          .to_unix_ms = proto.to_unix_ms(),
                          .id = proto.id(),
                          .limit = proto.limit()};
}

void DayToProto(const ServedDay& day, v1::ServedDay& proto) {
  proto.set_day_unix_ms(day.day_unix_ms);
  proto.set_served_model(day.served_model);
  proto.set_account_id(day.account_id);
  proto.set_requests(day.requests);
  TokensToProto(day.tokens, *proto.mutable_tokens());
  proto.set_cost_nano_usd(day.cost_nano_usd);
}

}  // namespace

class ReportService::Impl final : public v1::UsageReports::Service {
 public:
  Impl(const Parts& parts, const GrpcSecurity& security) : parts_(parts), security_(security) {}

  grpc::Status Series(grpc::ServerContext* context, const v1::SeriesRequest* request,
                      v1::SeriesResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<SeriesQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      absl::StatusOr<SeriesAnswer> answer = parts_.reports.Series(*question);
      if (!answer.ok()) return answer.status();
      for (const SeriesRow& row : answer->totals) RowToProto(row, *response->add_totals());
      for (const SummaryRow& row : answer->top) SummaryToProto(row, *response->add_top());
      for (const SeriesRow& row : answer->rows) RowToProto(row, *response->add_rows());
      return absl::OkStatus();
    });
  }

  grpc::Status Errors(grpc::ServerContext* context, const v1::ErrorsRequest* request,
                      v1::ErrorsResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<ErrorSeriesQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      absl::StatusOr<ErrorSeriesAnswer> answer = ReadErrorSeries(parts_.database, *question);
      if (answer.ok()) ErrorsToProto(*answer, *response);
      return answer.status();
    });
  }

  grpc::Status Latency(grpc::ServerContext* context, const v1::LatencyRequest* request,
                       v1::LatencyResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<LatencySeriesQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      absl::StatusOr<LatencySeriesAnswer> answer = ReadLatencySeries(parts_.database, *question);
      if (answer.ok()) LatencyToProto(*answer, *response);
      return answer.status();
    });
  }

  grpc::Status Stats(grpc::ServerContext* context, const v1::StatsRequest* request,
                     v1::StatsResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<EventFilter> filter = FilterFromProto(request->filter());
      if (!filter.ok()) return filter.status();
      absl::StatusOr<StatsAnswer> answer = parts_.stats.Stats(*filter);
      if (answer.ok()) StatsToProto(*answer, *response);
      return answer.status();
    });
  }

  // Write waits while the caller does not read, and fails once it has left.
  grpc::Status Export(grpc::ServerContext* context, const v1::ExportRequest* request,
                      grpc::ServerWriter<v1::ExportChunk>* writer) override {
    return Checked(*context, [&] {
      absl::StatusOr<EventFilter> filter = FilterFromProto(request->filter());
      if (!filter.ok()) return filter.status();
      // Without an end it would go on for as long as requests come in.
      if (filter->to_unix_ms == 0) filter->to_unix_ms = SystemClock().NowUnixMs();
      v1::ExportChunk chunk;
      return parts_.query.Export(*filter, [&](const ListAnswer& piece) {
        chunk.Clear();
        for (const UsageEvent& event : piece.events) EventToProto(event, *chunk.add_events());
        for (const std::int64_t count : piece.attempt_counts) {
          chunk.add_attempt_counts(static_cast<std::uint32_t>(count));
        }
        return writer->Write(chunk) && !context->IsCancelled();
      });
    });
  }

  grpc::Status Overheads(grpc::ServerContext* context, const v1::OverheadsRequest*,
                         v1::OverheadsResponse* response) override {
    return Checked(*context, [&] {
      const auto overheads = ReadOverheads(parts_.database, SystemClock().NowUnixMs());
      if (!overheads.ok()) return overheads.status();
      for (const auto& [relay_id, percentiles] : *overheads) {
        v1::RelayOverhead& relay = *response->add_relays();
        relay.set_relay_id(relay_id);
        relay.set_requests(percentiles.measured);
        relay.set_p50_us(percentiles.p50);
        relay.set_p99_us(percentiles.p99);
      }
      return absl::OkStatus();
    });
  }

  grpc::Status ServedDays(grpc::ServerContext* context, const v1::ServedDaysRequest* request,
                          v1::ServedDaysResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<std::vector<ServedDay>> days =
          ReadServedDays(parts_.database, {.from_unix_ms = request->from_unix_ms(),
                                           .to_unix_ms = request->to_unix_ms(),
                                           .account_ids = ToVector(request->account_ids())});
      if (!days.ok()) return days.status();
      for (const ServedDay& day : *days) DayToProto(day, *response->add_days());
      return absl::OkStatus();
    });
  }

  grpc::Status Unpriced(grpc::ServerContext* context, const v1::UnpricedRequest* request,
                        v1::UnpricedResponse* response) override {
    return Checked(*context, [&] {
      if (request->from_unix_ms() < 0 || request->to_unix_ms() < 0) {
        return absl::InvalidArgumentError("times must not be negative");
      }
      absl::StatusOr<std::vector<UnpricedModel>> models =
          ReadUnpriced(parts_.database, request->from_unix_ms(), request->to_unix_ms());
      if (!models.ok()) return models.status();
      for (const UnpricedModel& model : *models) UnpricedToProto(model, *response->add_models());
      return absl::OkStatus();
    });
  }

  grpc::Status Conflicts(grpc::ServerContext* context, const v1::ConflictsRequest* request,
                         v1::ConflictsResponse* response) override {
    return Checked(*context, [&] {
      const absl::StatusOr<ConflictQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      const absl::StatusOr<ConflictAnswer> answer = ReadConflicts(parts_.database, *question);
      if (!answer.ok()) return answer.status();
      for (const Conflict& one : answer->conflicts) {
        ConflictToProto(one, *response->add_conflicts());
      }
      response->set_total(answer->total);
      return absl::OkStatus();
    });
  }

 private:
  template <typename Call>
  grpc::Status Checked(const grpc::ServerContext& context, const Call& call) {
    absl::Status status = CheckToken(context, security_);
    if (status.ok()) status = call();
    return ToGrpcStatus(status);
  }

  const Parts parts_;
  const GrpcSecurity& security_;
};

ReportService::ReportService(const Parts& parts, const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(parts, security)) {}

ReportService::~ReportService() = default;

grpc::Service& ReportService::service() { return *impl_; }

}  // namespace weir::usage

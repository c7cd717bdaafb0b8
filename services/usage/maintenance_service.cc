#include "services/usage/maintenance_service.h"

#include <grpcpp/server_context.h>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/sql/database_figures.h"
#include "libs/common/utc_window.h"
#include "services/usage/grpc_edge.h"
#include "weir/v1/maintenance.grpc.pb.h"

namespace weir::usage {
namespace {

constexpr std::size_t kSortedDaysMax = 400;  // of one call

void ResultToProto(const RetentionResult& result, v1::ApplyRetentionResponse& proto) {
  proto.set_kept_from_unix_ms(result.kept_from_unix_ms);
  proto.set_partitions_dropped(result.partitions_dropped);
  proto.set_events_deleted(result.events_deleted);
  proto.set_quarters_deleted(result.quarters_deleted);
  proto.set_days_folded(result.days_folded);
}

}  // namespace

class MaintenanceService::Impl final : public v1::UsageMaintenance::Service {
 public:
  Impl(PartitionKeeper& partitions, Retention& retention, BodyStore& bodies, BatchWriter& writer,
       sql::Database& database, const GrpcSecurity& security)
      : partitions_(partitions),
        retention_(retention),
        bodies_(bodies),
        writer_(writer),
        database_(database),
        security_(security) {}

  grpc::Status ApplyRetention(grpc::ServerContext* context, const v1::ApplyRetentionRequest*,
                              v1::ApplyRetentionResponse* response) override {
    return Checked(*context, [&] {
      const absl::StatusOr<RetentionResult> result =
          retention_.Apply([context] { return context->IsCancelled(); });
      if (!result.ok()) return result.status();
      if (absl::Status status = DeleteBodies(*context, result->kept_from_unix_ms); !status.ok()) {
        return status;
      }
      ResultToProto(*result, *response);
      LogInfo("retention applied", {{"kept_from_unix_ms", result->kept_from_unix_ms},
                                    {"partitions_dropped", result->partitions_dropped},
                                    {"events_deleted", result->events_deleted},
                                    {"quarters_deleted", result->quarters_deleted}});
      return absl::OkStatus();
    });
  }

  grpc::Status DeleteEvents(grpc::ServerContext* context, const v1::DeleteEventsRequest* request,
                            v1::ApplyRetentionResponse* response) override {
    return Checked(*context, [&] {
      const std::int64_t before = request->before_unix_ms();
      if (before <= 0 || before > SystemClock().NowUnixMs() - kDayMs) {
        return absl::InvalidArgumentError(
            "must be a day ago or more: later requests may still be on their way here");
      }
      const absl::StatusOr<RetentionResult> result =
          retention_.DeleteEventsBefore(before, [context] { return context->IsCancelled(); });
      if (!result.ok()) return result.status();
      if (absl::Status status = DeleteBodies(*context, before); !status.ok()) return status;
      ResultToProto(*result, *response);
      LogInfo("requests deleted", {{"before_unix_ms", before},
                                   {"partitions_dropped", result->partitions_dropped},
                                   {"events_deleted", result->events_deleted}});
      return absl::OkStatus();
    });
  }

  grpc::Status MakePartitions(grpc::ServerContext* context, const v1::MakePartitionsRequest*,
                              v1::MakePartitionsResponse* response) override {
    return Checked(*context, [&] {
      if (absl::Status made = partitions_.MakeAhead(); !made.ok()) return made;
      const absl::StatusOr<std::int64_t> moved = partitions_.SortDefault(kSortedDaysMax);
      if (!moved.ok()) return moved.status();
      const absl::StatusOr<PartitionReport> report = partitions_.Report();
      if (!report.ok()) return report.status();
      response->set_events_moved(*moved);
      response->set_events_left(report->default_events);
      return absl::OkStatus();
    });
  }

  grpc::Status GetStorage(grpc::ServerContext* context, const v1::GetStorageRequest*,
                          v1::GetStorageResponse* response) override {
    return Checked(*context, [&] {
      const absl::StatusOr<PartitionReport> report = partitions_.Report();
      if (!report.ok()) return report.status();
      const absl::StatusOr<std::int64_t> kept_from = retention_.KeptFrom();
      if (!kept_from.ok()) return kept_from.status();
      response->set_partitioned(report->partitioned);
      response->set_partitions(static_cast<std::int64_t>(report->partitions.size()));
      if (!report->partitions.empty()) {
        response->set_made_until_unix_ms(report->partitions.back().span.end_unix_ms);
      }
      response->set_default_events(report->default_events);
      response->set_kept_from_unix_ms(*kept_from);
      const absl::StatusOr<sql::DatabaseFigures> figures = sql::MeasureDatabase(database_);
      if (!figures.ok()) return figures.status();
      response->set_latency_us(figures->latency_us);
      response->set_bytes(figures->bytes);
      return absl::OkStatus();
    });
  }

  grpc::Status GetIngest(grpc::ServerContext* context, const v1::GetIngestRequest*,
                         v1::GetIngestResponse* response) override {
    return Checked(*context, [&] {
      const WriterState state = writer_.State();
      response->set_events_waiting(state.events_waiting);
      response->set_oldest_waiting_ms(state.oldest_waiting_ms);
      response->set_failing_since_unix_ms(state.failing_since_unix_ms);
      response->set_last_error(state.last_error);
      response->set_events_last_minute(state.events_last_minute);
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

  // No body outlives the request that it belongs to.
  absl::Status DeleteBodies(const grpc::ServerContext& context, std::int64_t before_unix_ms) {
    return bodies_.DeleteBefore(before_unix_ms, [&context] { return context.IsCancelled(); })
        .status();
  }

  PartitionKeeper& partitions_;
  Retention& retention_;
  BodyStore& bodies_;
  BatchWriter& writer_;
  sql::Database& database_;
  const GrpcSecurity& security_;
};

MaintenanceService::MaintenanceService(PartitionKeeper& partitions, Retention& retention,
                                       BodyStore& bodies, BatchWriter& writer,
                                       sql::Database& database, const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(partitions, retention, bodies, writer, database, security)) {}

MaintenanceService::~MaintenanceService() = default;

grpc::Service& MaintenanceService::service() { return *impl_; }

}  // namespace weir::usage

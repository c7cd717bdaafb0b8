#include "services/admin/maintenance_client.h"

#include <chrono>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include "libs/common/text.h"
#include "weir/v1/bodies.grpc.pb.h"
#include "weir/v1/maintenance.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;
using std::chrono::system_clock;

constexpr std::chrono::hours kLongCallMax{6};
constexpr std::chrono::milliseconds kGonePoll{200};
constexpr std::chrono::milliseconds kQuickDeadline{500};
constexpr std::chrono::seconds kConnectMax{5};

absl::Status StatusOf(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace

struct MaintenanceClient::Impl {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::UsageMaintenance::Stub> stub;
  std::unique_ptr<v1::UsageBodies::Stub> body_stub;
  const GrpcSecurity& security;

  // Waits for a call that may take long. `prepare` makes its reader.
  template <typename Response, typename Prepare>
  absl::Status Call(const Prepare& prepare, Response& response, const Gone& gone) {
    // A channel that was away tries again after a pause; a usage service that is back is found.
    if (!channel->WaitForConnected(system_clock::now() + kConnectMax)) {
      return absl::UnavailableError("the usage service is away");
    }
    grpc::ClientContext context;
    AddToken(context, security);
    context.set_deadline(system_clock::now() + kLongCallMax);
    grpc::CompletionQueue queue;
    const auto reader = prepare(context, queue);
    reader->StartCall();
    grpc::Status status;
    reader->Finish(&response, &status, &status);
    void* tag = nullptr;
    bool ok = false;
    while (queue.AsyncNext(&tag, &ok, system_clock::now() + kGonePoll) ==
           grpc::CompletionQueue::TIMEOUT) {
      if (gone()) context.TryCancel();
    }
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) continue;
    return StatusOf(status);
  }
};

MaintenanceClient::MaintenanceClient(const std::string& target, const GrpcSecurity& security)
    : impl_(new Impl{.channel = MakeChannel(target, security),
                     .stub = {},
                     .body_stub = {},
                     .security = security}) {
  impl_->stub = v1::UsageMaintenance::NewStub(impl_->channel);
  impl_->body_stub = v1::UsageBodies::NewStub(impl_->channel);
}

MaintenanceClient::~MaintenanceClient() = default;

absl::StatusOr<std::string> MaintenanceClient::ApplyRetention(const Gone& gone) {
  const v1::ApplyRetentionRequest request;
  v1::ApplyRetentionResponse response;
  absl::Status status = impl_->Call(
      [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
        return impl_->stub->PrepareAsyncApplyRetention(&context, request, &queue);
      },
      response, gone);
  if (!status.ok()) return status;
  return StrCat(response.partitions_dropped(), " days dropped, ", response.events_deleted(),
                " requests deleted, ", response.quarters_deleted(), " sums deleted, ",
                response.days_folded(), " days of spend folded");
}

absl::StatusOr<DeletedRequests> MaintenanceClient::DeleteRequests(std::int64_t before_ms,
                                                                  const Gone& gone) {
  v1::DeleteEventsRequest request;
  request.set_before_unix_ms(before_ms);
  v1::ApplyRetentionResponse response;
  absl::Status status = impl_->Call(
      [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
        return impl_->stub->PrepareAsyncDeleteEvents(&context, request, &queue);
      },
      response, gone);
  if (!status.ok()) return status;
  return DeletedRequests{.kept_from_ms = response.kept_from_unix_ms(),
                         .days = response.partitions_dropped(),
                         .requests = response.events_deleted()};
}

absl::StatusOr<std::string> MaintenanceClient::MakePartitions(const Gone& gone) {
  const v1::MakePartitionsRequest request;
  v1::MakePartitionsResponse response;
  absl::Status status = impl_->Call(
      [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
        return impl_->stub->PrepareAsyncMakePartitions(&context, request, &queue);
      },
      response, gone);
  if (!status.ok()) return status;
  return StrCat(response.events_moved(), " requests of unexpected days sorted, ",
                response.events_left(), " left");
}

absl::StatusOr<std::string> MaintenanceClient::ApplyBodyRetention(const Gone& gone) {
  const v1::ApplyBodyRetentionRequest request;
  v1::DeleteBodiesResponse response;
  absl::Status status = impl_->Call(
      [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
        return impl_->body_stub->PrepareAsyncApplyBodyRetention(&context, request, &queue);
      },
      response, gone);
  if (!status.ok()) return status;
  return StrCat(response.partitions_dropped(), " days dropped, ", response.deleted(),
                " bodies deleted");
}

absl::StatusOr<std::int64_t> MaintenanceClient::DeleteBodies(const v1::DeleteBodiesRequest& which,
                                                             const Gone& gone) {
  v1::DeleteBodiesResponse response;
  absl::Status status = impl_->Call(
      [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
        return impl_->body_stub->PrepareAsyncDeleteBodies(&context, which, &queue);
      },
      response, gone);
  if (!status.ok()) return status;
  return response.deleted();
}

absl::StatusOr<LedgerStorage> MaintenanceClient::Storage() {
  grpc::ClientContext context;
  AddToken(context, impl_->security);
  context.set_deadline(system_clock::now() + kQuickDeadline);
  v1::GetStorageResponse response;
  absl::Status status =
      StatusOf(impl_->stub->GetStorage(&context, v1::GetStorageRequest(), &response));
  if (!status.ok()) return status;
  return LedgerStorage{.partitioned = response.partitioned(),
                       .partitions = response.partitions(),
                       .made_until_ms = response.made_until_unix_ms(),
                       .default_events = response.default_events(),
                       .kept_from_ms = response.kept_from_unix_ms(),
                       .latency_us = response.latency_us(),
                       .bytes = response.bytes()};
}

absl::StatusOr<LedgerIngest> MaintenanceClient::Ingest() {
  grpc::ClientContext context;
  AddToken(context, impl_->security);
  context.set_deadline(system_clock::now() + kQuickDeadline);
  v1::GetIngestResponse response;
  absl::Status status =
      StatusOf(impl_->stub->GetIngest(&context, v1::GetIngestRequest(), &response));
  if (!status.ok()) return status;
  return LedgerIngest{.events_waiting = response.events_waiting(),
                      .oldest_waiting_ms = response.oldest_waiting_ms(),
                      .failing_since_ms = response.failing_since_unix_ms(),
                      .last_error = response.last_error(),
                      .events_last_minute = response.events_last_minute()};
}

}  // namespace weir::admin

#include "services/admin/usage_client.h"

#include <chrono>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "services/admin/model/problem.h"
#include "weir/v1/bodies.grpc.pb.h"
#include "weir/v1/query.grpc.pb.h"
#include "weir/v1/report.grpc.pb.h"
#include "weir/v1/rerate.grpc.pb.h"
#include "weir/v1/spend.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

constexpr int kDeadlineMs = 10'000;
constexpr int kMomentMs = 500;
constexpr int kRawRowsDeadlineMs = 120'000;

UsageClient::Moment After(int ms) {
  return std::chrono::system_clock::now() + std::chrono::milliseconds(ms);
}

absl::Status StatusOf(const grpc::Status& status, std::string_view what = "log") {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::NOT_FOUND:
      return NotFound(what);
    case grpc::StatusCode::INVALID_ARGUMENT:
      return BadParameter(status.error_message());
    default:
      LogWarning("usage did not answer", {{"code", static_cast<int>(status.error_code())},
                                          {"error", status.error_message()}});
      return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway,
                     "the usage service is away; try again");
  }
}

}  // namespace

struct UsageClient::Impl {
  std::unique_ptr<v1::UsageQuery::Stub> stub;
  std::unique_ptr<v1::UsageReports::Stub> report_stub;
  std::unique_ptr<v1::SpendService::Stub> spend_stub;
  std::unique_ptr<v1::UsageBodies::Stub> body_stub;
  std::unique_ptr<v1::UsageRerate::Stub> rerate_stub;
  const GrpcSecurity& security;
  AwayMemory away{SystemClock()};

  void Prepare(grpc::ClientContext& context, Moment until) const {
    AddToken(context, security);
    context.set_deadline(until);
  }
  void Prepare(grpc::ClientContext& context, int deadline_ms) const {
    Prepare(context, After(deadline_ms));
  }
};

UsageClient::UsageClient(const std::string& target, const GrpcSecurity& security)
    : impl_([&] {
        const std::shared_ptr<grpc::Channel> channel = MakeChannel(target, security);
        return new Impl{.stub = v1::UsageQuery::NewStub(channel),
                        .report_stub = v1::UsageReports::NewStub(channel),
                        .spend_stub = v1::SpendService::NewStub(channel),
                        .body_stub = v1::UsageBodies::NewStub(channel),
                        .rerate_stub = v1::UsageRerate::NewStub(channel),
                        .security = security};
      }()) {}

UsageClient::~UsageClient() = default;

absl::Status UsageClient::ListEvents(const v1::ListEventsRequest& request,
                                     v1::ListEventsResponse& response) {
  return ListEvents(request, response, After(kDeadlineMs));
}

absl::Status UsageClient::ListEvents(const v1::ListEventsRequest& request,
                                     v1::ListEventsResponse& response, Moment until) {
  grpc::ClientContext context;
  impl_->Prepare(context, until);
  return StatusOf(impl_->stub->ListEvents(&context, request, &response));
}

absl::Status UsageClient::GetEvent(const std::string& id_bytes, v1::GetEventResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  v1::GetEventRequest request;
  request.set_id(id_bytes);
  return StatusOf(impl_->stub->GetEvent(&context, request, &response));
}

absl::Status UsageClient::GetBodies(const std::string& id_bytes, v1::GetBodiesResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  v1::GetBodiesRequest request;
  request.set_request_id(id_bytes);
  return StatusOf(impl_->body_stub->GetBodies(&context, request, &response), "recorded body");
}

absl::Status UsageClient::Summarize(const v1::SummarizeRequest& request,
                                    v1::SummarizeResponse& response) {
  return Summarize(request, response, After(kDeadlineMs));
}

absl::Status UsageClient::Summarize(const v1::SummarizeRequest& request,
                                    v1::SummarizeResponse& response, Moment until) {
  grpc::ClientContext context;
  impl_->Prepare(context, until);
  return StatusOf(impl_->stub->Summarize(&context, request, &response));
}

absl::Status UsageClient::Series(const v1::SeriesRequest& request, v1::SeriesResponse& response) {
  return Series(request, response, After(kDeadlineMs));
}

absl::Status UsageClient::Series(const v1::SeriesRequest& request, v1::SeriesResponse& response,
                                 Moment until) {
  grpc::ClientContext context;
  impl_->Prepare(context, until);
  return StatusOf(impl_->report_stub->Series(&context, request, &response));
}

absl::Status UsageClient::Errors(const v1::ErrorsRequest& request, v1::ErrorsResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->report_stub->Errors(&context, request, &response));
}

absl::Status UsageClient::Latency(const v1::LatencyRequest& request,
                                  v1::LatencyResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->report_stub->Latency(&context, request, &response));
}

absl::Status UsageClient::Stats(const v1::StatsRequest& request, v1::StatsResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->report_stub->Stats(&context, request, &response));
}

absl::Status UsageClient::ServedDays(const v1::ServedDaysRequest& request,
                                     v1::ServedDaysResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kRawRowsDeadlineMs);
  return StatusOf(impl_->report_stub->ServedDays(&context, request, &response));
}

absl::Status UsageClient::Unpriced(const v1::UnpricedRequest& request,
                                   v1::UnpricedResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->report_stub->Unpriced(&context, request, &response));
}

absl::Status UsageClient::Conflicts(const v1::ConflictsRequest& request,
                                    v1::ConflictsResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->report_stub->Conflicts(&context, request, &response));
}

absl::Status UsageClient::Overheads(v1::OverheadsResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kMomentMs);
  return StatusOf(impl_->report_stub->Overheads(&context, v1::OverheadsRequest(), &response));
}

absl::Status UsageClient::StartRerate(const v1::StartRerateRequest& request, v1::Rerate& run) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->rerate_stub->StartRerate(&context, request, &run));
}

absl::Status UsageClient::ListRerates(v1::ListReratesResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->rerate_stub->ListRerates(&context, v1::ListReratesRequest(), &response));
}

absl::Status UsageClient::GetRerate(std::int64_t id, v1::Rerate& run) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  v1::RerateRequest request;
  request.set_id(id);
  return StatusOf(impl_->rerate_stub->GetRerate(&context, request, &run), "run");
}

absl::Status UsageClient::CancelRerate(std::int64_t id, v1::Rerate& run) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  v1::RerateRequest request;
  request.set_id(id);
  return StatusOf(impl_->rerate_stub->CancelRerate(&context, request, &run), "run");
}

namespace {

// Without a deadline: it lasts as long as its client reads.
class GrpcEventStream final : public EventStream {
 public:
  GrpcEventStream(v1::UsageReports::Stub& stub, const GrpcSecurity& security,
                  const v1::ExportRequest& request) {
    AddToken(context_, security);
    reader_ = stub.Export(&context_, request);
  }
  ~GrpcEventStream() override {
    context_.TryCancel();
    if (!finished_) (void)reader_->Finish();
  }

  absl::StatusOr<bool> Next(v1::ExportChunk& chunk) override {
    if (finished_) return false;
    if (reader_->Read(&chunk)) return true;
    finished_ = true;
    absl::Status status = StatusOf(reader_->Finish());
    if (!status.ok()) return status;
    return false;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ExportChunk>> reader_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<EventStream> UsageClient::Export(const v1::ExportRequest& request) {
  return std::make_unique<GrpcEventStream>(*impl_->report_stub, impl_->security, request);
}

absl::Status UsageClient::PeekBudgets(const v1::PeekBudgetsRequest& request,
                                      v1::PeekBudgetsResponse& response) {
  return PeekBudgets(request, response, After(kMomentMs));
}

absl::Status UsageClient::PeekBudgets(const v1::PeekBudgetsRequest& request,
                                      v1::PeekBudgetsResponse& response, Moment until) {
  grpc::ClientContext context;
  impl_->Prepare(context, until);
  absl::Status status = StatusOf(impl_->spend_stub->PeekBudgets(&context, request, &response));
  if (status.ok() && response.standings_size() != request.budgets_size()) {
    return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway,
                   "the usage service gave an odd answer; is it of another version?");
  }
  return status;
}

absl::Status UsageClient::LastUsed(const v1::LastUsedRequest& request,
                                   v1::LastUsedResponse& response, Moment until) {
  grpc::ClientContext context;
  impl_->Prepare(context, until);
  return StatusOf(impl_->stub->LastUsed(&context, request, &response));
}

AwayMemory& UsageClient::away() { return impl_->away; }

absl::Status UsageClient::Ping() {
  v1::LastUsedResponse response;
  return LastUsed({}, response, After(kMomentMs));
}

}  // namespace weir::admin

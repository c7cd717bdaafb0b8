#include "services/admin/usage_client.h"

#include <chrono>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "services/admin/model/problem.h"
#include "weir/v1/query.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

constexpr int kDeadlineMs = 10'000;
constexpr int kLastUsedDeadlineMs = 500;

absl::Status StatusOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::NOT_FOUND:
      return NotFound("log");
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
  const GrpcSecurity& security;

  void Prepare(grpc::ClientContext& context, int deadline_ms) const {
    AddToken(context, security);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
  }

  absl::Status LastUsed(const v1::LastUsedRequest& request, v1::LastUsedResponse& response) const {
    grpc::ClientContext context;
    Prepare(context, kLastUsedDeadlineMs);
    return StatusOf(stub->LastUsed(&context, request, &response));
  }
};

UsageClient::UsageClient(const std::string& target, const GrpcSecurity& security)
    : impl_(new Impl{.stub = v1::UsageQuery::NewStub(MakeChannel(target, security)),
                     .security = security}) {}

UsageClient::~UsageClient() = default;

absl::Status UsageClient::ListEvents(const v1::ListEventsRequest& request,
                                     v1::ListEventsResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->stub->ListEvents(&context, request, &response));
}

absl::Status UsageClient::GetEvent(const std::string& id_bytes, v1::GetEventResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  v1::GetEventRequest request;
  request.set_id(id_bytes);
  return StatusOf(impl_->stub->GetEvent(&context, request, &response));
}

absl::Status UsageClient::Summarize(const v1::SummarizeRequest& request,
                                    v1::SummarizeResponse& response) {
  grpc::ClientContext context;
  impl_->Prepare(context, kDeadlineMs);
  return StatusOf(impl_->stub->Summarize(&context, request, &response));
}

absl::Status UsageClient::KeysLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times) {
  v1::LastUsedRequest request;
  for (const std::int64_t id : ids) request.add_key_ids(id);
  v1::LastUsedResponse response;
  absl::Status status = impl_->LastUsed(request, response);
  times.insert(response.key_last_used_unix_ms().begin(), response.key_last_used_unix_ms().end());
  return status;
}

absl::Status UsageClient::AccountsLastUsed(const std::vector<std::int64_t>& ids,
                                           LastUsedTimes& times) {
  v1::LastUsedRequest request;
  for (const std::int64_t id : ids) request.add_account_ids(id);
  v1::LastUsedResponse response;
  absl::Status status = impl_->LastUsed(request, response);
  times.insert(response.account_last_used_unix_ms().begin(),
               response.account_last_used_unix_ms().end());
  return status;
}

absl::Status UsageClient::AccountsUse(const std::vector<std::int64_t>& ids, std::int64_t from_ms,
                                      std::map<std::int64_t, AccountUse>& use) {
  grpc::ClientContext context;
  impl_->Prepare(context, kLastUsedDeadlineMs);
  v1::SummarizeRequest request;
  request.mutable_filter()->set_from_unix_ms(from_ms);
  for (const std::int64_t id : ids) request.mutable_filter()->add_account_ids(id);
  request.add_by(v1::DIMENSION_ACCOUNT);
  v1::SummarizeResponse response;
  absl::Status status = StatusOf(impl_->stub->Summarize(&context, request, &response));
  for (const v1::SummaryRow& row : response.rows()) {
    const v1::TokenCounts& tokens = row.tokens();
    use[row.account_id()] = {.requests = row.requests(),
                             .errors = row.errors(),
                             .tokens = tokens.input() + tokens.cache_read() +
                                       tokens.cache_write_5m() + tokens.cache_write_1h() +
                                       tokens.output(),
                             .cost_nano_usd = row.cost_nano_usd()};
  }
  return status;
}

absl::Status UsageClient::Ping() {
  v1::LastUsedResponse response;
  return impl_->LastUsed({}, response);
}

}  // namespace weir::admin

#include "services/usage/spend_service.h"

#include <utility>

#include <grpcpp/server_context.h>

#include "services/usage/grpc_edge.h"
#include "weir/v1/spend.grpc.pb.h"

namespace weir::usage {
namespace {

absl::StatusOr<Subject> SubjectFromProto(const v1::Subject& proto) {
  switch (proto.kind()) {
    case v1::SUBJECT_KIND_KEY:
    case v1::SUBJECT_KIND_USER:
    case v1::SUBJECT_KIND_GROUP:
    case v1::SUBJECT_KIND_ACCOUNT:
      return Subject{static_cast<SubjectKind>(proto.kind()), proto.id()};
    default:
      return absl::InvalidArgumentError("unknown kind of subject");
  }
}

absl::StatusOr<LeaseWish> WishFromProto(const v1::AcquireLeaseRequest& request) {
  absl::StatusOr<Subject> subject = SubjectFromProto(request.subject());
  if (!subject.ok()) return subject.status();
  if (request.period() < v1::PERIOD_DAY || request.period() > v1::PERIOD_TOTAL) {
    return absl::InvalidArgumentError("unknown period");
  }
  return LeaseWish{.relay_id = request.relay_id(),
                   .subject = *subject,
                   .period = static_cast<Period>(request.period()),
                   .cap_nano_usd = request.cap_nano_usd(),
                   .amount_nano_usd = request.amount_nano_usd(),
                   .duration_ms = request.duration_ms()};
}

}  // namespace

class SpendService::Impl final : public v1::SpendService::Service {
 public:
  Impl(SpendLedger& ledger, const GrpcSecurity& security) : ledger_(ledger), security_(security) {}

  grpc::Status GetSpend(grpc::ServerContext* context, const v1::GetSpendRequest* request,
                        v1::GetSpendResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<Subject> subject = SubjectFromProto(request->subject());
      if (!subject.ok()) return subject.status();
      absl::StatusOr<Spend> spend = ledger_.GetSpend(*subject, request->at_unix_ms());
      if (!spend.ok()) return spend.status();
      response->set_day_nano_usd(spend->day_nano_usd);
      response->set_month_nano_usd(spend->month_nano_usd);
      response->set_total_nano_usd(spend->total_nano_usd);
      response->set_day_requests(spend->day_requests);
      return absl::OkStatus();
    });
  }

  grpc::Status AcquireLease(grpc::ServerContext* context, const v1::AcquireLeaseRequest* request,
                            v1::AcquireLeaseResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<LeaseWish> wish = WishFromProto(*request);
      if (!wish.ok()) return wish.status();
      absl::StatusOr<Lease> lease = ledger_.Acquire(*wish);
      if (!lease.ok()) return lease.status();
      response->set_lease_id(lease->id);
      response->set_granted_nano_usd(lease->granted_nano_usd);
      response->set_expires_at_unix_ms(lease->expires_at_unix_ms);
      response->set_spent_nano_usd(lease->spent_nano_usd);
      return absl::OkStatus();
    });
  }

  grpc::Status ReturnLease(grpc::ServerContext* context, const v1::ReturnLeaseRequest* request,
                           v1::ReturnLeaseResponse*) override {
    return Checked(*context,
                   [&] { return ledger_.Return(request->relay_id(), request->lease_id()); });
  }

 private:
  template <typename Call>
  grpc::Status Checked(const grpc::ServerContext& context, const Call& call) {
    absl::Status status = CheckToken(context, security_);
    if (status.ok()) status = call();
    return ToGrpcStatus(status);
  }

  SpendLedger& ledger_;
  const GrpcSecurity& security_;
};

SpendService::SpendService(SpendLedger& ledger, const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(ledger, security)) {}

SpendService::~SpendService() = default;

grpc::Service& SpendService::service() { return *impl_; }

}  // namespace weir::usage

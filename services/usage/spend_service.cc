#include "services/usage/spend_service.h"

#include <utility>
#include <vector>

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

absl::StatusOr<Budget> BudgetFromProto(const v1::Budget& proto) {
  absl::StatusOr<Subject> subject = SubjectFromProto(proto.subject());
  if (!subject.ok()) return subject.status();
  if (proto.period() < v1::PERIOD_DAY || proto.period() > v1::PERIOD_TOTAL) {
    return absl::InvalidArgumentError("unknown period");
  }
  if (proto.unit() < v1::BUDGET_UNIT_NANO_USD || proto.unit() > v1::BUDGET_UNIT_REQUESTS) {
    return absl::InvalidArgumentError("unknown unit");
  }
  return Budget{*subject, static_cast<Period>(proto.period()),
                static_cast<BudgetUnit>(proto.unit()), proto.window_unix_ms()};
}

absl::StatusOr<LeaseRound> RoundFromProto(const v1::ExchangeLeasesRequest& proto) {
  LeaseRound round{.holder = proto.holder(),
                   .session = proto.session(),
                   .number = static_cast<std::int64_t>(proto.number()),
                   .alive_ms = proto.alive_ms(),
                   .begins = proto.begins(),
                   .earlier_sessions_settled = proto.earlier_sessions_settled()};
  for (const v1::LeaseState& lease : proto.leases()) {
    absl::StatusOr<Budget> budget = BudgetFromProto(lease.budget());
    if (!budget.ok()) return budget.status();
    round.leases.push_back({.budget = *budget,
                            .granted = lease.granted(),
                            .cap = lease.cap(),
                            .least = lease.least(),
                            .need = lease.need(),
                            .want = lease.want(),
                            .done = lease.done()});
  }
  return round;
}

void AnswerToProto(const LeaseAnswer& answer, v1::ExchangeLeasesResponse& proto) {
  proto.set_session_known(answer.session_known);
  for (const LeaseGrant& grant : answer.grants) {
    v1::LeaseGrant& out = *proto.add_grants();
    out.set_granted(grant.granted);
    out.set_spent(grant.spent);
    out.set_left(grant.left);
    out.set_closed(grant.closed);
  }
}

}  // namespace

class SpendService::Impl final : public v1::SpendService::Service {
 public:
  Impl(SpendLedger& ledger, LeaseLedger& leases, const GrpcSecurity& security)
      : ledger_(ledger), leases_(leases), security_(security) {}

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
      response->set_month_requests(spend->month_requests);
      response->set_total_requests(spend->total_requests);
      return absl::OkStatus();
    });
  }

  grpc::Status ExchangeLeases(grpc::ServerContext* context,
                              const v1::ExchangeLeasesRequest* request,
                              v1::ExchangeLeasesResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<LeaseRound> round = RoundFromProto(*request);
      if (!round.ok()) return round.status();
      absl::StatusOr<LeaseAnswer> answer = leases_.Exchange(*round);
      if (!answer.ok()) return answer.status();
      AnswerToProto(*answer, *response);
      return absl::OkStatus();
    });
  }

  grpc::Status PeekBudgets(grpc::ServerContext* context, const v1::PeekBudgetsRequest* request,
                           v1::PeekBudgetsResponse* response) override {
    return Checked(*context, [&] {
      std::vector<Budget> budgets;
      for (const v1::Budget& proto : request->budgets()) {
        absl::StatusOr<Budget> budget = BudgetFromProto(proto);
        if (!budget.ok()) return budget.status();
        budgets.push_back(*budget);
      }
      absl::StatusOr<std::vector<BudgetStanding>> standings = leases_.Peek(budgets);
      if (!standings.ok()) return standings.status();
      for (const BudgetStanding& standing : *standings) {
        v1::BudgetStanding& out = *response->add_standings();
        out.set_spent(standing.spent);
        out.set_held(standing.held);
      }
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

  SpendLedger& ledger_;
  LeaseLedger& leases_;
  const GrpcSecurity& security_;
};

SpendService::SpendService(SpendLedger& ledger, LeaseLedger& leases, const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(ledger, leases, security)) {}

SpendService::~SpendService() = default;

grpc::Service& SpendService::service() { return *impl_; }

}  // namespace weir::usage

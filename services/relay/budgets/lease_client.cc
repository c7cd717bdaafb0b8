#include "services/relay/budgets/lease_client.h"

#include <chrono>
#include <utility>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "weir/v1/spend.grpc.pb.h"

namespace weir::relay {
namespace {

v1::SubjectKind KindToProto(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::kKey:
      return v1::SUBJECT_KIND_KEY;
    case SubjectKind::kUser:
      return v1::SUBJECT_KIND_USER;
    case SubjectKind::kGroup:
      return v1::SUBJECT_KIND_GROUP;
    case SubjectKind::kAccount:
      return v1::SUBJECT_KIND_ACCOUNT;
  }
  return v1::SUBJECT_KIND_UNSPECIFIED;
}

v1::Period PeriodToProto(BudgetPeriod period) {
  switch (period) {
    case BudgetPeriod::kDay:
      return v1::PERIOD_DAY;
    case BudgetPeriod::kMonth:
      return v1::PERIOD_MONTH;
    case BudgetPeriod::kTotal:
      return v1::PERIOD_TOTAL;
  }
  return v1::PERIOD_UNSPECIFIED;
}

void BudgetToProto(const BudgetKey& key, v1::Budget& budget) {
  budget.mutable_subject()->set_kind(KindToProto(key.subject));
  budget.mutable_subject()->set_id(key.subject_id);
  budget.set_period(PeriodToProto(key.period));
  budget.set_unit(key.unit == BudgetUnit::kNanoUsd ? v1::BUDGET_UNIT_NANO_USD
                                                   : v1::BUDGET_UNIT_REQUESTS);
  budget.set_window_unix_ms(key.window_unix_ms);
}

void StateToProto(const LeaseState& lease, v1::LeaseState& proto) {
  BudgetToProto(lease.budget, *proto.mutable_budget());
  proto.set_granted(lease.granted);
  proto.set_cap(lease.cap);
  proto.set_least(lease.least);
  proto.set_need(lease.need);
  proto.set_want(lease.want);
  proto.set_done(lease.done);
}

v1::ExchangeLeasesRequest RequestOf(const LeaseRound& round, const std::string& holder) {
  v1::ExchangeLeasesRequest request;
  request.set_holder(holder);
  request.set_session(round.session);
  request.set_number(static_cast<std::uint64_t>(round.number));
  request.set_alive_ms(round.alive_ms);
  request.set_begins(round.begins);
  request.set_earlier_sessions_settled(round.earlier_sessions_settled);
  for (const LeaseState& lease : round.leases) StateToProto(lease, *request.add_leases());
  return request;
}

LeaseAnswer AnswerOf(const v1::ExchangeLeasesResponse& response) {
  LeaseAnswer answer;
  answer.session_known = response.session_known();
  for (const v1::LeaseGrant& grant : response.grants()) {
    answer.grants.push_back({.granted = grant.granted(),
                             .spent = grant.spent(),
                             .left = grant.left(),
                             .closed = grant.closed()});
  }
  return answer;
}

// std::function needs what can be copied.
struct Client {
  explicit Client(LeaseClientOptions given)
      : options(std::move(given)),
        stub(v1::SpendService::NewStub(MakeChannel(options.usage_target, options.security))) {}

  absl::StatusOr<LeaseAnswer> Exchange(const LeaseRound& round) const {
    grpc::ClientContext context;
    Prepare(context);
    v1::ExchangeLeasesResponse response;
    const grpc::Status status =
        stub->ExchangeLeases(&context, RequestOf(round, options.holder), &response);
    if (status.ok()) return AnswerOf(response);
    return ErrorOf(status);
  }

  absl::StatusOr<std::vector<BudgetStanding>> Peek(const std::vector<BudgetKey>& keys) const {
    grpc::ClientContext context;
    Prepare(context);
    v1::PeekBudgetsRequest request;
    for (const BudgetKey& key : keys) BudgetToProto(key, *request.add_budgets());
    v1::PeekBudgetsResponse response;
    const grpc::Status status = stub->PeekBudgets(&context, request, &response);
    if (!status.ok()) return ErrorOf(status);
    std::vector<BudgetStanding> standings;
    for (const v1::BudgetStanding& standing : response.standings()) {
      standings.push_back({.spent = standing.spent(), .held = standing.held()});
    }
    if (standings.size() != keys.size()) return absl::InternalError("standings do not match");
    return standings;
  }

  void Prepare(grpc::ClientContext& context) const {
    AddToken(context, options.security);
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(options.timeout_ms));
  }

  static absl::Status ErrorOf(const grpc::Status& status) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }

  const LeaseClientOptions options;
  const std::unique_ptr<v1::SpendService::Stub> stub;
};

}  // namespace

ExchangeLeases MakeLeaseClient(LeaseClientOptions options) {
  return [client = std::make_shared<const Client>(std::move(options))](const LeaseRound& round) {
    return client->Exchange(round);
  };
}

PeekBudgets MakeBudgetPeeker(LeaseClientOptions options) {
  return [client = std::make_shared<const Client>(std::move(options))](
             const std::vector<BudgetKey>& keys) { return client->Peek(keys); };
}

}  // namespace weir::relay

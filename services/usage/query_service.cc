#include "services/usage/query_service.h"

#include <map>
#include <string>
#include <vector>

#include <grpcpp/server_context.h>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/event_proto.h"
#include "services/usage/grpc_edge.h"
#include "services/usage/query_proto.h"
#include "weir/v1/query.grpc.pb.h"

namespace weir::usage {

class QueryService::Impl final : public v1::UsageQuery::Service {
 public:
  Impl(UsageQuery& query, UsageReports& reports, const GrpcSecurity& security)
      : query_(query), reports_(reports), security_(security) {}

  grpc::Status ListEvents(grpc::ServerContext* context, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<ListQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      absl::StatusOr<ListAnswer> answer = query_.List(*question);
      if (!answer.ok()) return answer.status();
      for (const UsageEvent& event : answer->events) EventToProto(event, *response->add_events());
      for (const std::int64_t count : answer->attempt_counts) {
        response->add_attempt_counts(static_cast<std::uint32_t>(count));
      }
      response->set_total(static_cast<std::uint64_t>(answer->total));
      response->set_total_at_least(answer->total_at_least);
      response->set_next_cursor(answer->next_cursor);
      response->set_searched_to_unix_ms(answer->searched_to_unix_ms);
      return absl::OkStatus();
    });
  }

  grpc::Status GetEvent(grpc::ServerContext* context, const v1::GetEventRequest* request,
                        v1::GetEventResponse* response) override {
    return Checked(*context, [&] {
      if (!IsUuid7(request->id())) return absl::InvalidArgumentError("id is no UUIDv7");
      absl::StatusOr<UsageEvent> event = query_.Get(request->id());
      if (event.ok()) EventToProto(*event, *response->mutable_event());
      return event.status();
    });
  }

  grpc::Status Summarize(grpc::ServerContext* context, const v1::SummarizeRequest* request,
                         v1::SummarizeResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<SummaryQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      absl::StatusOr<SummaryAnswer> answer = reports_.Summarize(*question);
      if (!answer.ok()) return answer.status();
      for (const SummaryRow& row : answer->rows) SummaryToProto(row, *response->add_rows());
      SummaryToProto(answer->totals, *response->mutable_totals());
      response->set_truncated(answer->truncated);
      return absl::OkStatus();
    });
  }

  grpc::Status LastUsed(grpc::ServerContext* context, const v1::LastUsedRequest* request,
                        v1::LastUsedResponse* response) override {
    return Checked(*context, [&] {
      absl::Status status = LastUsedOf(SubjectKind::kKey, request->key_ids(),
                                       *response->mutable_key_last_used_unix_ms());
      if (!status.ok()) return status;
      return LastUsedOf(SubjectKind::kAccount, request->account_ids(),
                        *response->mutable_account_last_used_unix_ms());
    });
  }

 private:
  template <typename Call>
  grpc::Status Checked(const grpc::ServerContext& context, const Call& call) {
    absl::Status status = CheckToken(context, security_);
    if (status.ok()) status = call();
    return ToGrpcStatus(status);
  }

  template <typename Ids, typename Map>
  absl::Status LastUsedOf(SubjectKind kind, const Ids& ids, Map& out) {
    if (ids.size() > kListMax) {
      return absl::InvalidArgumentError(StrCat("ask for at most ", kListMax, " at once"));
    }
    absl::StatusOr<std::map<std::int64_t, std::int64_t>> times =
        query_.LastUsed(kind, ToVector(ids));
    if (!times.ok()) return times.status();
    for (const auto& [id, unix_ms] : *times) out[id] = unix_ms;
    return absl::OkStatus();
  }

  UsageQuery& query_;
  UsageReports& reports_;
  const GrpcSecurity& security_;
};

QueryService::QueryService(UsageQuery& query, UsageReports& reports, const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(query, reports, security)) {}

QueryService::~QueryService() = default;

grpc::Service& QueryService::service() { return *impl_; }

}  // namespace weir::usage

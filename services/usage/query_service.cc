#include "services/usage/query_service.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/server_context.h>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/event_proto.h"
#include "services/usage/grpc_edge.h"
#include "weir/v1/query.grpc.pb.h"

namespace weir::usage {
namespace {

// A list becomes parameters of a statement, of which a database takes some ten thousand.
constexpr int kListMax = 2000;
constexpr std::size_t kSearchBytesMax = 256;

template <typename Repeated>
auto ToVector(const Repeated& repeated) {
  return std::vector<typename Repeated::value_type>(repeated.begin(), repeated.end());
}

absl::StatusOr<EventFilter> FilterFromProto(const v1::EventFilter& proto) {
  for (int size : {proto.user_ids_size(), proto.key_ids_size(), proto.group_ids_size(),
                   proto.account_ids_size(), proto.models_size(), proto.statuses_size(),
                   proto.error_classes_size()}) {
    if (size > kListMax) {
      return absl::InvalidArgumentError(StrCat("a filter lists at most ", kListMax, " values"));
    }
  }
  if (proto.from_unix_ms() < 0 || proto.to_unix_ms() < 0) {
    return absl::InvalidArgumentError("times must not be negative");
  }
  if (proto.search().size() > kSearchBytesMax) {
    return absl::InvalidArgumentError(StrCat("search has at most ", kSearchBytesMax, " bytes"));
  }
  EventFilter filter;
  filter.from_unix_ms = proto.from_unix_ms();
  filter.to_unix_ms = proto.to_unix_ms();
  filter.user_ids = ToVector(proto.user_ids());
  filter.key_ids = ToVector(proto.key_ids());
  filter.group_ids = ToVector(proto.group_ids());
  filter.account_ids = ToVector(proto.account_ids());
  filter.models = ToVector(proto.models());
  filter.statuses.assign(proto.statuses().begin(), proto.statuses().end());
  filter.error_classes = ToVector(proto.error_classes());
  filter.only_errors = proto.only_errors();
  filter.search = proto.search();
  return filter;
}

absl::StatusOr<EventOrder> OrderFromProto(v1::EventOrder order) {
  switch (order) {
    case v1::EVENT_ORDER_UNSPECIFIED:
      return EventOrder::kNewest;
    case v1::EVENT_ORDER_STARTED_ASC:
      return EventOrder::kOldest;
    case v1::EVENT_ORDER_COST_DESC:
      return EventOrder::kCost;
    case v1::EVENT_ORDER_LATENCY_DESC:
      return EventOrder::kLatency;
    default:
      return absl::InvalidArgumentError("unknown order");
  }
}

absl::StatusOr<Dimension> DimensionFromProto(int dimension) {
  switch (dimension) {
    case v1::DIMENSION_MODEL:
      return Dimension::kModel;
    case v1::DIMENSION_KEY:
      return Dimension::kKey;
    case v1::DIMENSION_USER:
      return Dimension::kUser;
    case v1::DIMENSION_GROUP:
      return Dimension::kGroup;
    case v1::DIMENSION_ACCOUNT:
      return Dimension::kAccount;
    default:
      return absl::InvalidArgumentError("unknown dimension");
  }
}

void SummaryToProto(const SummaryRow& row, v1::SummaryRow& proto) {
  proto.set_model(row.model);
  proto.set_key_id(row.key_id);
  proto.set_user_id(row.user_id);
  proto.set_group_id(row.group_id);
  proto.set_account_id(row.account_id);
  proto.set_requests(row.requests);
  proto.set_errors(row.errors);
  TokensToProto(row.tokens, *proto.mutable_tokens());
  proto.set_cost_nano_usd(row.cost_nano_usd);
  proto.set_estimated_requests(row.estimated_requests);
}

absl::StatusOr<ListQuestion> QuestionFromProto(const v1::ListEventsRequest& request) {
  absl::StatusOr<EventFilter> filter = FilterFromProto(request.filter());
  if (!filter.ok()) return filter.status();
  absl::StatusOr<EventOrder> order = OrderFromProto(request.order());
  if (!order.ok()) return order.status();
  ListQuestion question;
  question.filter = *std::move(filter);
  question.order = *order;
  question.limit = request.limit();
  question.offset = static_cast<std::int64_t>(
      std::min<std::uint64_t>(request.offset(), std::numeric_limits<std::int64_t>::max()));
  question.cursor = request.cursor();
  question.with_total = request.with_total();
  return question;
}

}  // namespace

class QueryService::Impl final : public v1::UsageQuery::Service {
 public:
  Impl(UsageQuery& query, const GrpcSecurity& security) : query_(query), security_(security) {}

  grpc::Status ListEvents(grpc::ServerContext* context, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<ListQuestion> question = QuestionFromProto(*request);
      if (!question.ok()) return question.status();
      absl::StatusOr<ListAnswer> answer = query_.List(*question);
      if (!answer.ok()) return answer.status();
      for (const UsageEvent& event : answer->events) EventToProto(event, *response->add_events());
      response->set_total(static_cast<std::uint64_t>(answer->total));
      response->set_next_cursor(answer->next_cursor);
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
      absl::StatusOr<EventFilter> filter = FilterFromProto(request->filter());
      if (!filter.ok()) return filter.status();
      std::vector<Dimension> by;
      for (int number : request->by()) {
        absl::StatusOr<Dimension> dimension = DimensionFromProto(number);
        if (!dimension.ok()) return dimension.status();
        if (std::find(by.begin(), by.end(), *dimension) == by.end()) by.push_back(*dimension);
      }
      absl::StatusOr<std::vector<SummaryRow>> rows = query_.Summarize(*filter, by);
      if (!rows.ok()) return rows.status();
      for (const SummaryRow& row : *rows) SummaryToProto(row, *response->add_rows());
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
  const GrpcSecurity& security_;
};

QueryService::QueryService(UsageQuery& query, const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(query, security)) {}

QueryService::~QueryService() = default;

grpc::Service& QueryService::service() { return *impl_; }

}  // namespace weir::usage

#include "services/usage/query_proto.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/event_proto.h"
#include "weir/v1/report.pb.h"

namespace weir::usage {
namespace {

constexpr std::size_t kSearchBytesMax = 256;

absl::Status CheckSizes(const v1::EventFilter& proto) {
  for (int size : {proto.user_ids_size(), proto.key_ids_size(), proto.group_ids_size(),
                   proto.account_ids_size(), proto.models_size(), proto.statuses_size(),
                   proto.error_classes_size(), proto.served_models_size(), proto.dialects_size(),
                   proto.sessions_size()}) {
    if (size > kListMax) {
      return absl::InvalidArgumentError(StrCat("a filter lists at most ", kListMax, " values"));
    }
  }
  for (const std::string* text : {&proto.search(), &proto.client_ip(), &proto.user_agent()}) {
    if (text->size() > kSearchBytesMax) {
      return absl::InvalidArgumentError(
          StrCat("a text to search for has at most ", kSearchBytesMax, " bytes"));
    }
  }
  if (!proto.id().empty() && !IsUuid7(proto.id())) {
    return absl::InvalidArgumentError("id is no UUIDv7");
  }
  if (proto.from_unix_ms() < 0 || proto.to_unix_ms() < 0) {
    return absl::InvalidArgumentError("times must not be negative");
  }
  if (proto.latency_ms_min() < 0 || proto.cost_nano_usd_min() < 0) {
    return absl::InvalidArgumentError("least figures must not be negative");
  }
  return absl::OkStatus();
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

absl::StatusOr<ReportOrder> OrderFromProto(v1::ReportOrder order) {
  switch (order) {
    case v1::REPORT_ORDER_UNSPECIFIED:
      return ReportOrder::kCost;
    case v1::REPORT_ORDER_TOKENS:
      return ReportOrder::kTokens;
    case v1::REPORT_ORDER_REQUESTS:
      return ReportOrder::kRequests;
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

}  // namespace

absl::StatusOr<EventFilter> FilterFromProto(const v1::EventFilter& proto) {
  if (absl::Status status = CheckSizes(proto); !status.ok()) return status;
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
  filter.only_cache_hits = proto.only_cache_hits();
  filter.search = proto.search();
  filter.served_models = ToVector(proto.served_models());
  filter.dialects.assign(proto.dialects().begin(), proto.dialects().end());
  if (proto.has_complete()) filter.complete = proto.complete();
  if (proto.has_stream()) filter.stream = proto.stream();
  filter.client_ip = proto.client_ip();
  filter.user_agent = proto.user_agent();
  filter.id = proto.id();
  if (!v1::EventSource_IsValid(proto.source())) {
    return absl::InvalidArgumentError("source is not known to this version");
  }
  filter.source = static_cast<EventSource>(proto.source());
  if (proto.has_retried()) filter.retried = proto.retried();
  filter.latency_ms_min = proto.latency_ms_min();
  filter.cost_nano_usd_min = proto.cost_nano_usd_min();
  filter.sessions.assign(proto.sessions().begin(), proto.sessions().end());
  return filter;
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

absl::StatusOr<SummaryQuestion> QuestionFromProto(const v1::SummarizeRequest& request) {
  absl::StatusOr<EventFilter> filter = FilterFromProto(request.filter());
  if (!filter.ok()) return filter.status();
  absl::StatusOr<ReportOrder> order = OrderFromProto(request.order());
  if (!order.ok()) return order.status();
  SummaryQuestion question{
      .filter = *std::move(filter), .order = *order, .rows_only = request.rows_only()};
  if (request.limit() != 0) question.limit = request.limit();
  for (const int number : request.by()) {
    absl::StatusOr<Dimension> dimension = DimensionFromProto(number);
    if (!dimension.ok()) return dimension.status();
    std::vector<Dimension>& by = question.by;
    if (std::find(by.begin(), by.end(), *dimension) == by.end()) by.push_back(*dimension);
  }
  return question;
}

absl::StatusOr<SeriesQuestion> QuestionFromProto(const v1::SeriesRequest& request) {
  absl::StatusOr<EventFilter> filter = FilterFromProto(request.filter());
  if (!filter.ok()) return filter.status();
  absl::StatusOr<ReportOrder> order = OrderFromProto(request.order());
  if (!order.ok()) return order.status();
  SeriesQuestion question{.filter = *std::move(filter),
                          .edges_unix_ms = ToVector(request.edges_unix_ms()),
                          .order = *order};
  if (request.by() == v1::DIMENSION_UNSPECIFIED) return question;
  absl::StatusOr<Dimension> by = DimensionFromProto(request.by());
  if (!by.ok()) return by.status();
  question.by = *by;
  question.top = request.top();
  return question;
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
  proto.set_cache_hits(row.cache_hits);
}

}  // namespace weir::usage

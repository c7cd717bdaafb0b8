#include "services/usage/rerate_service.h"

#include <utility>
#include <vector>

#include <grpcpp/server_context.h>

#include "libs/common/listed_price.h"
#include "libs/common/log.h"
#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "services/usage/grpc_edge.h"
#include "services/usage/query_proto.h"
#include "weir/v1/rerate.grpc.pb.h"

namespace weir::usage {
namespace {

absl::StatusOr<Price> PriceFromProto(const v1::Price& proto) {
  if (absl::Status model = CheckPricedModel(proto.model()); !model.ok()) return model;
  absl::StatusOr<TieredPrices> prices = CompletePrices(ListedPricesOf(proto));
  if (!prices.ok()) return prices.status();
  return Price{.id = proto.id(),
               .provider = proto.provider(),
               .model = ModelPattern(proto.model()),
               .aliases = {proto.aliases().begin(), proto.aliases().end()},
               .effective_from_unix_ms = proto.effective_from_unix_ms(),
               .prices = *prices};
}

absl::StatusOr<RerateOrder> OrderFromProto(const v1::StartRerateRequest& proto) {
  absl::StatusOr<EventFilter> filter = FilterFromProto(proto.filter());
  if (!filter.ok()) return filter.status();
  RerateOrder order{.filter = *std::move(filter),
                    .dry_run = proto.dry_run(),
                    .charge_budgets = proto.charge_budgets(),
                    .providers = {proto.providers().begin(), proto.providers().end()}};
  PriceTable::ById by_id;
  for (const v1::Price& one : proto.prices()) {
    absl::StatusOr<Price> price = PriceFromProto(one);
    if (!price.ok()) {
      return absl::InvalidArgumentError(
          StrCat("price ", one.id(), ": ", View(price.status().message())));
    }
    by_id[one.id()] = std::make_shared<const Price>(*std::move(price));
  }
  order.prices = PriceTable(std::move(by_id));
  return order;
}

void CountsToProto(const RerateCounts& counts, v1::RerateCounts& proto) {
  proto.set_events(counts.events);
  proto.set_corrected(counts.corrected);
  proto.set_unpriced(counts.unpriced);
  proto.set_unknown_provider(counts.unknown_provider);
  proto.set_before_nano_usd(counts.before_nano_usd);
  proto.set_after_nano_usd(counts.after_nano_usd);
}

void RunToProto(const RerateRun& run, v1::Rerate& proto) {
  proto.set_id(run.id);
  proto.set_state(static_cast<v1::RerateState>(run.state));
  proto.set_dry_run(run.dry_run);
  proto.set_charge_budgets(run.charge_budgets);
  proto.set_from_unix_ms(run.from_unix_ms);
  proto.set_to_unix_ms(run.to_unix_ms);
  proto.set_created_at_unix_ms(run.created_at_unix_ms);
  proto.set_updated_at_unix_ms(run.updated_at_unix_ms);
  proto.set_ended_at_unix_ms(run.ended_at_unix_ms);
  proto.set_rated_until_unix_ms(run.rated_until_unix_ms);
  proto.set_error(run.error);
  CountsToProto(run.counts, *proto.mutable_counts());
  for (const auto& [model, counts] : run.models) {
    v1::RerateModel& out = *proto.add_models();
    out.set_model(model);
    CountsToProto(counts, *out.mutable_counts());
  }
}

}  // namespace

absl::StatusOr<RerateOrder> OrderFromBytes(const std::string& start_request) {
  v1::StartRerateRequest request;
  if (!request.ParseFromString(start_request)) {
    return absl::InvalidArgumentError("it is no StartRerateRequest");
  }
  return OrderFromProto(request);
}

class RerateService::Impl final : public v1::UsageRerate::Service {
 public:
  Impl(RerateLedger& ledger, std::function<void()> started, const GrpcSecurity& security)
      : ledger_(ledger), started_(std::move(started)), security_(security) {}

  grpc::Status StartRerate(grpc::ServerContext* context, const v1::StartRerateRequest* request,
                           v1::Rerate* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<RerateOrder> order = OrderFromProto(*request);
      if (!order.ok()) return order.status();
      absl::StatusOr<RerateRun> run = ledger_.Start(*order, request->SerializeAsString());
      if (!run.ok()) return run.status();
      started_();
      RunToProto(*run, *response);
      return absl::OkStatus();
    });
  }

  grpc::Status GetRerate(grpc::ServerContext* context, const v1::RerateRequest* request,
                         v1::Rerate* response) override {
    return Checked(*context, [&] { return Answer(ledger_.Get(request->id()), *response); });
  }

  grpc::Status CancelRerate(grpc::ServerContext* context, const v1::RerateRequest* request,
                            v1::Rerate* response) override {
    return Checked(*context, [&] { return Answer(ledger_.Cancel(request->id()), *response); });
  }

  grpc::Status ListRerates(grpc::ServerContext* context, const v1::ListReratesRequest*,
                           v1::ListReratesResponse* response) override {
    return Checked(*context, [&] {
      absl::StatusOr<std::vector<RerateRun>> runs = ledger_.List();
      if (!runs.ok()) return runs.status();
      for (const RerateRun& run : *runs) RunToProto(run, *response->add_rerates());
      return absl::OkStatus();
    });
  }

 private:
  static absl::Status Answer(const absl::StatusOr<RerateRun>& run, v1::Rerate& response) {
    if (run.ok()) RunToProto(*run, response);
    return run.status();
  }

  template <typename Call>
  grpc::Status Checked(const grpc::ServerContext& context, const Call& call) {
    absl::Status status = CheckToken(context, security_);
    if (status.ok()) status = call();
    return ToGrpcStatus(status);
  }

  RerateLedger& ledger_;
  const std::function<void()> started_;
  const GrpcSecurity& security_;
};

RerateService::RerateService(RerateLedger& ledger, std::function<void()> started,
                             const GrpcSecurity& security)
    : impl_(std::make_unique<Impl>(ledger, std::move(started), security)) {}

RerateService::~RerateService() = default;

grpc::Service& RerateService::service() { return *impl_; }

}  // namespace weir::usage

#include "services/usage/body_service.h"

#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/usage/grpc_edge.h"
#include "weir/v1/bodies.grpc.pb.h"

namespace weir::usage {
namespace {

using Stream = grpc::ServerReaderWriter<v1::BodyBatchAck, v1::BodyBatch>;

constexpr int kBatchBodiesMax = 100;  // of the contract

StoredBody FromProto(const v1::RecordedBody& proto) {
  StoredBody body;
  body.request_id = proto.request_id();
  body.kind = proto.kind();
  body.key_id = proto.key_id();
  body.user_id = proto.user_id();
  body.group_id = proto.group_id();
  body.content_type = proto.content_type();
  body.zstd = proto.zstd();
  body.text_bytes = proto.text_bytes();
  body.original_bytes = proto.original_bytes();
  body.cut = proto.cut();
  body.whole = proto.whole();
  body.binary = proto.binary();
  body.masked = proto.masked();
  return body;
}

void ToProto(const StoredBody& body, v1::RecordedBody& proto) {
  proto.set_request_id(body.request_id);
  proto.set_kind(static_cast<v1::BodyKind>(body.kind));
  proto.set_key_id(body.key_id);
  proto.set_user_id(body.user_id);
  proto.set_group_id(body.group_id);
  proto.set_content_type(body.content_type);
  proto.set_zstd(body.zstd);
  proto.set_text_bytes(body.text_bytes);
  proto.set_original_bytes(body.original_bytes);
  proto.set_cut(body.cut);
  proto.set_whole(body.whole);
  proto.set_binary(body.binary);
  proto.set_masked(body.masked);
}

BodyFilter FilterFromProto(const v1::DeleteBodiesRequest& request) {
  return {.request_id = request.request_id(),
          .from_unix_ms = request.from_unix_ms(),
          .before_unix_ms = request.before_unix_ms(),
          .key_id = request.key_id(),
          .user_id = request.user_id(),
          .group_id = request.group_id()};
}

void ResultToProto(const BodiesDeleted& result, v1::DeleteBodiesResponse& response) {
  response.set_deleted(result.deleted);
  response.set_partitions_dropped(result.partitions_dropped);
}

}  // namespace

class BodyService::Impl final : public v1::UsageBodies::Service {
 public:
  Impl(BodyStore& store, const GrpcSecurity& security, UsageMetrics& metrics)
      : store_(store), security_(security), metrics_(metrics) {}

  grpc::Status Record(grpc::ServerContext* context, Stream* stream) override {
    return Checked(*context, [&] { return Serve(*stream); });
  }

  grpc::Status GetBodies(grpc::ServerContext* context, const v1::GetBodiesRequest* request,
                         v1::GetBodiesResponse* response) override {
    return Checked(*context, [&] {
      if (!IsUuid7(request->request_id())) return absl::InvalidArgumentError("id is no UUIDv7");
      const absl::StatusOr<std::vector<StoredBody>> bodies = store_.Get(request->request_id());
      if (!bodies.ok()) return bodies.status();
      if (bodies->empty()) return absl::NotFoundError("no bodies of that request are recorded");
      for (const StoredBody& body : *bodies) ToProto(body, *response->add_bodies());
      return absl::OkStatus();
    });
  }

  grpc::Status DeleteBodies(grpc::ServerContext* context, const v1::DeleteBodiesRequest* request,
                            v1::DeleteBodiesResponse* response) override {
    return Checked(*context, [&] {
      const auto result =
          store_.Delete(FilterFromProto(*request), [context] { return context->IsCancelled(); });
      if (!result.ok()) return result.status();
      ResultToProto(*result, *response);
      LogInfo("recorded bodies deleted", {{"bodies", result->deleted}});
      return absl::OkStatus();
    });
  }

  grpc::Status ApplyBodyRetention(grpc::ServerContext* context,
                                  const v1::ApplyBodyRetentionRequest*,
                                  v1::DeleteBodiesResponse* response) override {
    return Checked(*context, [&] {
      const auto result = store_.ApplyRetention([context] { return context->IsCancelled(); });
      if (!result.ok()) return result.status();
      ResultToProto(*result, *response);
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

  // Each batch is stored before the next one is read. A database that fails ends the stream: the
  // relay comes back with what was not answered.
  absl::Status Serve(Stream& stream) {
    v1::BodyBatch batch;
    while (stream.Read(&batch)) {
      if (batch.bodies_size() > kBatchBodiesMax) {
        return absl::InvalidArgumentError(
            StrCat("a batch holds at most ", kBatchBodiesMax, " bodies"));
      }
      v1::BodyBatchAck ack;
      ack.set_batch_number(batch.batch_number());
      if (absl::Status status = StoreBatch(batch, ack); !status.ok()) {
        LogWarning("recorded bodies not stored; the relay sends them again",
                   {{"relay_id", batch.relay_id()}, {"error", View(status.message())}});
        return absl::UnavailableError("the database did not take the bodies");
      }
      if (!stream.Write(ack)) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  absl::Status StoreBatch(const v1::BodyBatch& batch, v1::BodyBatchAck& ack) {
    std::vector<StoredBody> bodies;
    std::uint32_t rejected = 0;
    double bytes = 0;
    for (const v1::RecordedBody& proto : batch.bodies()) {
      StoredBody body = FromProto(proto);
      if (absl::Status status = CheckBody(body); !status.ok()) {
        ++rejected;
        LogError("recorded body rejected",
                 {{"relay_id", batch.relay_id()}, {"reason", View(status.message())}});
        continue;
      }
      bytes += static_cast<double>(body.zstd.size());
      bodies.push_back(std::move(body));
    }
    absl::StatusOr<BodiesInserted> stored = BodiesInserted{};
    {
      // However many relays send, they take one of the connections that events need too.
      const std::lock_guard<std::mutex> lock(writing_);
      stored = store_.Insert(bodies);
    }
    if (!stored.ok()) return stored.status();
    rejected += static_cast<std::uint32_t>(stored->too_old);
    ack.set_inserted(static_cast<std::uint32_t>(stored->inserted));
    ack.set_duplicates(static_cast<std::uint32_t>(stored->duplicates));
    ack.set_rejected(rejected);
    Metrics::Increment(metrics_.bodies_inserted, static_cast<double>(stored->inserted));
    Metrics::Increment(metrics_.bodies_duplicate, static_cast<double>(stored->duplicates));
    Metrics::Increment(metrics_.bodies_rejected, rejected);
    Metrics::Increment(metrics_.bodies_bytes, bytes);
    return absl::OkStatus();
  }

  BodyStore& store_;
  const GrpcSecurity& security_;
  UsageMetrics& metrics_;
  std::mutex writing_;
};

BodyService::BodyService(BodyStore& store, const GrpcSecurity& security, UsageMetrics& metrics)
    : impl_(std::make_unique<Impl>(store, security, metrics)) {}

BodyService::~BodyService() = default;

grpc::Service& BodyService::service() { return *impl_; }

}  // namespace weir::usage

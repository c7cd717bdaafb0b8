#include "services/admin/publish/snapshot_service.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/admin/publish/observation.h"
#include "services/admin/publish/relay_report.h"
#include "services/admin/publish/shared_updates.h"
#include "services/admin/publish/watch_stream.h"
#include "weir/v1/snapshot.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

using Stream = grpc::ServerReaderWriter<v1::WatchResponse, v1::WatchRequest>;

constexpr std::size_t kRelayIdBytesMax = 64;
constexpr std::int64_t kWaitMs = 1000;

std::optional<Signal> SignalOf(v1::AccountObservation::Signal signal) {
  switch (signal) {
    case v1::AccountObservation::SIGNAL_RATE_LIMITED:
      return Signal::kRateLimited;
    case v1::AccountObservation::SIGNAL_OVERLOADED:
      return Signal::kOverloaded;
    case v1::AccountObservation::SIGNAL_CREDENTIAL_REJECTED:
      return Signal::kCredentialRejected;
    case v1::AccountObservation::SIGNAL_RECOVERED:
      return Signal::kRecovered;
    case v1::AccountObservation::SIGNAL_QUOTA_EXHAUSTED:
      return Signal::kQuotaExhausted;
    case v1::AccountObservation::SIGNAL_MODEL_REFUSED:
      return Signal::kModelRefused;
    default:
      return std::nullopt;
  }
}

// What is one stream's own.
struct Connection {
  std::string relay_id;
  WatchStream state;
  std::uint64_t number;      // of this stream, for questions
  std::uint64_t registered;  // of this stream, for the registry and what is told of accounts
  SnapshotPublisher::Waiter waiter;
  std::atomic<bool> reading = true;
};

class Service final : public v1::SnapshotService::Service {
 public:
  Service(Store& store, SnapshotBuilder& builder, SnapshotPublisher& publisher,
          RelayRegistry& registry, AccountBoard& board, ExplainBroker& explain,
          AccountTestBroker& tests, const GrpcSecurity& security)
      : store_(store),
        updates_([&builder](std::int64_t have, std::string_view lineage) {
          return builder.Build(have, lineage);
        }),
        publisher_(publisher),
        registry_(registry),
        board_(board),
        explain_(explain),
        tests_(tests),
        security_(security) {}

  grpc::Status Watch(grpc::ServerContext* context, Stream* stream) override {
    if (absl::Status known = CheckToken(*context, security_); !known.ok()) {
      return {grpc::StatusCode::UNAUTHENTICATED, std::string(known.message())};
    }
    v1::WatchRequest first;
    if (!stream->Read(&first)) return grpc::Status::OK;
    const v1::Hello& hello = first.hello();
    if (!first.has_hello() || hello.relay_id().empty() ||
        hello.relay_id().size() > kRelayIdBytesMax) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "the first message must be Hello with an id"};
    }
    Connection connection{
        .relay_id = hello.relay_id(),
        .state = {static_cast<std::int64_t>(hello.have_revision()), hello.lineage()},
        .number = explain_.Join(hello.relay_id()),
        .registered = registry_.Connected(hello.relay_id(), hello.version(), context->peer(),
                                          static_cast<std::int64_t>(hello.have_revision())),
        .waiter = SnapshotPublisher::Waiter(publisher_)};
    LogInfo("relay connected",
            {{"relay_id", hello.relay_id()}, {"have_revision", hello.have_revision()}});
    board_.Join(hello.relay_id(), connection.registered);
    tests_.Join(connection.number, hello.relay_id());
    std::thread reader([&] { ReadAll(*stream, connection); });
    WriteAll(*context, *stream, connection);
    context->TryCancel();  // ends the reader's Read
    reader.join();
    tests_.Leave(connection.number);
    explain_.Leave(connection.number);
    board_.Leave(connection.relay_id, connection.registered);
    registry_.Disconnected(connection.relay_id, connection.registered);
    LogInfo("relay disconnected", {{"relay_id", connection.relay_id}});
    return {grpc::StatusCode::UNAVAILABLE, "the stream has ended"};
  }

 private:
  void WriteAll(grpc::ServerContext& context, Stream& stream, Connection& connection) {
    bool first = true;
    while (true) {
      if (!connection.reading || publisher_.stopped() || context.IsCancelled()) return;
      if (!SendQuestions(stream, connection)) return;
      const std::int64_t seen = first ? 0 : connection.state.seen();
      const std::int64_t latest = connection.waiter.WaitForNewer(seen, kWaitMs);
      if (latest == 0 || (!first && !connection.state.ShouldSend(latest))) continue;
      const auto update = updates_.Get(connection.state.held(), connection.state.lineage(), latest);
      if (!update.ok()) {
        LogWarning("a snapshot cannot be built",
                   {{"error", std::string(update.status().message())}});
        std::this_thread::sleep_for(std::chrono::milliseconds(kWaitMs));
        continue;
      }
      first = false;
      if (!Send(stream, connection, **update)) return;
    }
  }

  bool SendQuestions(Stream& stream, const Connection& connection) {
    while (std::optional<v1::ExplainRequest> question = explain_.Take(connection.number)) {
      v1::WatchResponse response;
      *response.mutable_explain() = *std::move(question);
      if (!stream.Write(response)) return false;
    }
    while (std::optional<v1::WatchResponse> message = tests_.Take(connection.number)) {
      if (!stream.Write(*message)) return false;
    }
    return true;
  }

  bool Send(Stream& stream, Connection& connection, const SnapshotUpdate& update) {
    if (update.chunks.empty()) {
      connection.state.UpToDate(update.revision);
      return true;
    }
    // Before the last chunk goes out: the answer may be quicker than this thread.
    connection.state.Sent(update.revision, update.chunks.front().lineage());
    registry_.Sent(connection.relay_id, update.revision);
    for (const v1::SnapshotChunk& chunk : update.chunks) {
      v1::WatchResponse response;
      *response.mutable_chunk() = chunk;
      if (!stream.Write(response)) return false;
    }
    return true;
  }

  void ReadAll(Stream& stream, Connection& connection) {
    v1::WatchRequest request;
    while (stream.Read(&request)) {
      registry_.Seen(connection.relay_id);
      switch (request.message_case()) {
        case v1::WatchRequest::kAck:
          Answer(connection, static_cast<std::int64_t>(request.ack().revision()), true, "");
          break;
        case v1::WatchRequest::kNack:
          Answer(connection, static_cast<std::int64_t>(request.nack().revision()), false,
                 request.nack().reason());
          break;
        case v1::WatchRequest::kObservation:
          Observe(connection, request.observation());
          break;
        case v1::WatchRequest::kExplanation:
          explain_.Answer(connection.number, request.explanation());
          break;
        case v1::WatchRequest::kAccountTest:
          tests_.Tell(connection.number, request.account_test());
          break;
        case v1::WatchRequest::kFigures:
          registry_.Told(connection.relay_id, FiguresOf(request.figures()));
          break;
        case v1::WatchRequest::kAccountFigures:
          board_.Told(connection.relay_id, connection.registered, request.account_figures());
          break;
        default:
          break;  // a newer relay's message: nothing we could do with it
      }
    }
    connection.reading = false;
    connection.waiter.Wake();
  }

  void Answer(Connection& connection, std::int64_t revision, bool accepted,
              const std::string& reason) {
    if (!connection.state.Answered(revision, accepted)) return;
    if (accepted) {
      registry_.Acked(connection.relay_id, revision);
    } else {
      registry_.Nacked(connection.relay_id, revision, reason);
      LogWarning("a relay refused a revision",
                 {{"relay_id", connection.relay_id}, {"revision", revision}, {"reason", reason}});
    }
    connection.waiter.Wake();
  }

  void Observe(const Connection& connection, const v1::AccountObservation& message) {
    const std::optional<Signal> signal = SignalOf(message.signal());
    if (!signal.has_value()) return;
    const Observation observation = {.account_id = message.account_id(),
                                     .signal = *signal,
                                     .observed_at_ms = message.observed_at_unix_ms(),
                                     .cooldown_until_ms = message.cooldown_until_unix_ms(),
                                     .reason = message.reason().substr(0, 512),
                                     .model = message.model().substr(0, 512),
                                     .http_status = message.http_status(),
                                     .request_id = message.request_id().substr(0, 64),
                                     .relay_id = connection.relay_id};
    absl::Status stored = StoreObservation(store_, observation);
    if (!stored.ok()) {
      LogWarning("an observation was not stored", {{"relay_id", connection.relay_id},
                                                   {"account_id", message.account_id()},
                                                   {"error", std::string(stored.message())}});
    }
  }

  Store& store_;
  SharedUpdates updates_;
  SnapshotPublisher& publisher_;
  RelayRegistry& registry_;
  AccountBoard& board_;
  ExplainBroker& explain_;
  AccountTestBroker& tests_;
  const GrpcSecurity& security_;
};

}  // namespace

struct SnapshotServer::Impl {
  Service service;
  SnapshotPublisher& publisher;
  const GrpcSecurity& security;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

SnapshotServer::SnapshotServer(Store& store, SnapshotBuilder& builder, SnapshotPublisher& publisher,
                               RelayRegistry& registry, AccountBoard& board, ExplainBroker& explain,
                               AccountTestBroker& tests, const GrpcSecurity& security)
    : impl_(new Impl{
          .service = {store, builder, publisher, registry, board, explain, tests, security},
          .publisher = publisher,
          .security = security,
          .server = nullptr}) {}

SnapshotServer::~SnapshotServer() {
  if (impl_->server == nullptr) return;
  impl_->publisher.WakeAll();
  impl_->server->Shutdown(std::chrono::system_clock::now());
  impl_->server->Wait();
}

absl::Status SnapshotServer::Start(const std::string& listen, Metrics& metrics) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, MakeServerCredentials(impl_->security, metrics), &impl_->port);
  builder.RegisterService(&impl_->service);
  // Another process must not be able to share the port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A relay that vanished is noticed, and a relay's own keep-alive is welcome.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr || impl_->port == 0) {
    return absl::UnavailableError(StrCat("cannot listen on ", listen, " (gRPC)"));
  }
  return absl::OkStatus();
}

int SnapshotServer::port() const { return impl_->port; }

}  // namespace weir::admin

#include "services/usage/usage_server.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <grpc/support/log.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/ops_server.h"
#include "libs/common/sql/database.h"
#include "libs/common/text.h"
#include "services/usage/batch_writer.h"
#include "services/usage/ingest_service.h"
#include "services/usage/query_service.h"
#include "services/usage/schema.h"
#include "services/usage/spend_ledger.h"
#include "services/usage/spend_service.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_metrics.h"
#include "services/usage/usage_query.h"

namespace weir::usage {
namespace {

constexpr int kMessageBytesMax = 16 << 20;
constexpr int kPingIntervalMsMin = 5'000;  // clients ping every 20 s, also without calls
constexpr std::int64_t kAnswersTimeoutMs = 2'000;
constexpr std::int64_t kCallsTimeoutMs = 500;

// gRPC's own lines are for its developers; what an operator needs is in ours.
void LogOfGrpc(gpr_log_func_args* line) {
  LogDebug("grpc", {{"text", line->message}, {"file", line->file}, {"line", line->line}});
}

// A database that starts together with us may need a moment; a wrong URL is told at once.
absl::StatusOr<std::unique_ptr<sql::Database>> OpenWithin(const std::string& url, int connections,
                                                          std::int64_t timeout_ms) {
  Backoff backoff(100, 2'000);
  const std::int64_t give_up_ns = SteadyNs() + timeout_ms * 1'000'000;
  for (;;) {
    absl::StatusOr<std::unique_ptr<sql::Database>> database = sql::OpenDatabase(url, connections);
    if (!absl::IsUnavailable(database.status()) || SteadyNs() >= give_up_ns) return database;
    LogWarning("waiting for the database", {{"error", View(database.status().message())}});
    std::this_thread::sleep_for(std::chrono::milliseconds(backoff.NextDelayMs()));
  }
}

BatchWriterOptions WriterOptions(const Settings& settings) {
  BatchWriterOptions options;
  options.batch_events_max = settings.Integer("batch_events_max");
  options.batch_age_ms = settings.Integer("batch_age_ms");
  options.queue_events_max = settings.Integer("queue_events_max");
  return options;
}

}  // namespace

// In the order in which they are made; destroyed the other way round.
struct UsageServer::Parts {
  explicit Parts(std::int64_t timeout_ms) : shutdown_timeout_ms(timeout_ms) {}

  const std::int64_t shutdown_timeout_ms;
  GrpcSecurity security;
  Metrics metrics;
  UsageMetrics usage_metrics{metrics};
  std::unique_ptr<sql::Database> database;
  std::atomic<bool> database_open = false;
  OpsServer ops{metrics, [this] {
                  return database_open ? database->Ping()
                                       : absl::UnavailableError("the database is not open yet");
                }};
  std::unique_ptr<UsageLedger> ledger;
  std::unique_ptr<UsageQuery> query;
  std::unique_ptr<SpendLedger> spend;
  std::unique_ptr<BatchWriter> writer;
  std::unique_ptr<IngestService> ingest_service;
  std::unique_ptr<QueryService> query_service;
  std::unique_ptr<SpendService> spend_service;
  std::unique_ptr<grpc::Server> server;

  absl::Status OpenLedger(const Settings& settings);
  void MakeServices(const Settings& settings);
  absl::Status Listen(const std::string& listen);
  void Stop();
};

absl::Status UsageServer::Parts::OpenLedger(const Settings& settings) {
  absl::StatusOr<std::unique_ptr<sql::Database>> opened = OpenWithin(
      settings.Text("database_url"), static_cast<int>(settings.Integer("database_connections")),
      settings.Integer("database_wait_ms"));
  if (!opened.ok()) return opened.status();
  database = *std::move(opened);
  if (absl::Status status = MigrateLedger(*database); !status.ok()) return status;
  database_open = true;
  ledger = std::make_unique<UsageLedger>(*database);
  query = std::make_unique<UsageQuery>(*database);
  spend = std::make_unique<SpendLedger>(*database, SystemClock());
  return spend->DropExpired();
}

void UsageServer::Parts::MakeServices(const Settings& settings) {
  writer = std::make_unique<BatchWriter>(
      [this](const std::vector<const UsageEvent*>& events) { return ledger->Insert(events); },
      WriterOptions(settings), usage_metrics);
  ingest_service = std::make_unique<IngestService>(*writer, security, usage_metrics);
  query_service = std::make_unique<QueryService>(*query, security);
  spend_service = std::make_unique<SpendService>(*spend, security);
}

absl::Status UsageServer::Parts::Listen(const std::string& listen) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, MakeServerCredentials(security), &port);
  builder.RegisterService(&ingest_service->service());
  builder.RegisterService(&query_service->service());
  builder.RegisterService(&spend_service->service());
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMsMin);
  // Two processes on one port would share the relays between them; the second must fail instead.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", listen, ": is the port taken, or the address not ours?"));
  }
  return absl::OkStatus();
}

void UsageServer::Parts::Stop() {
  // First no more comes in, then what is here is stored, then answered; only then streams are cut.
  if (ingest_service != nullptr) ingest_service->StopReading();
  if (writer != nullptr) writer->Stop(shutdown_timeout_ms);
  if (ingest_service != nullptr) ingest_service->WaitForAnswers(kAnswersTimeoutMs);
  if (server != nullptr) {
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(kCallsTimeoutMs));
  }
}

UsageServer::UsageServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

UsageServer::~UsageServer() { parts_->Stop(); }

absl::StatusOr<std::unique_ptr<UsageServer>> UsageServer::Start(const Settings& settings) {
  gpr_set_log_function(LogOfGrpc);
  auto parts = std::make_unique<Parts>(settings.Integer("shutdown_timeout_ms"));
  absl::StatusOr<GrpcSecurity> security = LoadGrpcSecurity(settings);
  if (!security.ok()) return security.status();
  parts->security = *std::move(security);
  if (absl::Status status = parts->ops.Start(settings.Text("ops_listen")); !status.ok()) {
    return status;
  }
  if (absl::Status status = parts->OpenLedger(settings); !status.ok()) return status;
  parts->MakeServices(settings);
  if (absl::Status status = parts->Listen(settings.Text("grpc_listen")); !status.ok()) {
    return status;
  }
  return std::unique_ptr<UsageServer>(new UsageServer(std::move(parts)));
}

}  // namespace weir::usage

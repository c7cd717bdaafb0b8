#include "services/usage/usage_server.h"

#include <algorithm>
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
#include "services/usage/body_service.h"
#include "services/usage/body_store.h"
#include "services/usage/ingest_service.h"
#include "services/usage/lease_ledger.h"
#include "services/usage/maintenance_service.h"
#include "services/usage/partition_keeper.h"
#include "services/usage/query_service.h"
#include "services/usage/report_service.h"
#include "services/usage/rerate_ledger.h"
#include "services/usage/rerate_service.h"
#include "services/usage/rerater.h"
#include "services/usage/retention.h"
#include "services/usage/schema.h"
#include "services/usage/spend_ledger.h"
#include "services/usage/spend_service.h"
#include "services/usage/unpriced.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_metrics.h"
#include "services/usage/usage_query.h"
#include "services/usage/usage_reports.h"
#include "services/usage/usage_stats.h"

namespace weir::usage {
namespace {

constexpr int kMessageBytesMax = 16 << 20;
constexpr int kKeepAliveMs = 20'000;
constexpr int kKeepAliveTimeoutMs = 10'000;
constexpr int kPingIntervalMsMin = 5'000;  // clients ping every 20 s, also without calls
constexpr std::int64_t kAnswersTimeoutMs = 2'000;
constexpr std::int64_t kCallsTimeoutMs = 500;

// gRPC's own lines are for its developers; what an operator needs is in ours.
void LogOfGrpc(gpr_log_func_args* line) {
  LogDebug("grpc", {{"text", line->message}, {"file", line->file}, {"line", line->line}});
}

// SQLite has one writer at a time: a long transaction would hold up those of leases.
BatchWriterOptions WriterOptions(const Settings& settings, sql::SqlDialect dialect) {
  BatchWriterOptions options;
  options.batch_events_due = settings.Integer("batch_events_due");
  options.batch_events_max = settings.Integer("batch_events_max");
  options.batch_age_ms = settings.Integer("batch_age_ms");
  options.queue_events_max = settings.Integer("queue_events_max");
  if (dialect == sql::SqlDialect::kPostgres) {
    options.writers = static_cast<int>(settings.Integer("batch_writers"));
  } else {
    options.batch_events_max = std::min(options.batch_events_due, options.batch_events_max);
  }
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
  UnpricedWatch unpriced{metrics, SystemClock()};
  std::unique_ptr<sql::Database> database;
  std::atomic<bool> database_open = false;
  OpsServer ops{metrics, [this] {
                  return database_open ? CheckLedgerSchema(*database)
                                       : absl::UnavailableError("the database is not open yet");
                }};
  std::unique_ptr<PartitionKeeper> partitions;
  std::unique_ptr<Retention> retention;
  std::unique_ptr<PartitionKeeper> body_partitions;
  std::unique_ptr<BodyStore> bodies;
  std::unique_ptr<UsageLedger> ledger;
  std::unique_ptr<UsageQuery> query;
  std::unique_ptr<UsageReports> reports;
  std::unique_ptr<UsageStats> stats;
  std::unique_ptr<SpendLedger> spend;
  std::unique_ptr<LeaseLedger> leases;
  std::unique_ptr<RerateLedger> rerates;
  std::unique_ptr<Rerater> rerater;
  std::unique_ptr<BatchWriter> writer;
  std::unique_ptr<IngestService> ingest_service;
  std::unique_ptr<QueryService> query_service;
  std::unique_ptr<ReportService> report_service;
  std::unique_ptr<SpendService> spend_service;
  std::unique_ptr<MaintenanceService> maintenance_service;
  std::unique_ptr<BodyService> body_service;
  std::unique_ptr<RerateService> rerate_service;
  std::unique_ptr<grpc::Server> server;

  absl::Status OpenLedger(const Settings& settings);
  void MakeServices(const Settings& settings);
  absl::Status Listen(const std::string& listen);
  absl::StatusOr<std::vector<Stored>> Store(const std::vector<const UsageEvent*>& events);
  void Stop();
};

absl::Status UsageServer::Parts::OpenLedger(const Settings& settings) {
  const RetentionOptions kept{.retention_days = settings.Integer("retention_days"),
                              .rollup_retention_days = settings.Integer("rollup_retention_days")};
  if (absl::Status status = CheckRetention(kept); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<sql::Database>> opened = sql::OpenDatabaseWithin(
      settings.Text("database_url"), static_cast<int>(settings.Integer("database_connections")),
      settings.Integer("database_wait_ms"));
  if (!opened.ok()) return opened.status();
  database = *std::move(opened);
  if (absl::Status status = MigrateLedger(*database); !status.ok()) return status;
  partitions = std::make_unique<PartitionKeeper>(*database, SystemClock(),
                                                 settings.Integer("partitions_ahead_days"));
  if (absl::Status status = partitions->MakeAhead(); !status.ok()) {
    LogWarning("partitions not made ahead", {{"error", View(status.message())}});
  }
  retention = std::make_unique<Retention>(*database, *partitions, SystemClock(), kept);
  body_partitions = std::make_unique<PartitionKeeper>(
      *database, SystemClock(), settings.Integer("partitions_ahead_days"), kBodyTables);
  bodies = std::make_unique<BodyStore>(*database, *body_partitions, SystemClock(),
                                       settings.Integer("body_retention_days"));
  ledger = std::make_unique<UsageLedger>(*database);
  query = std::make_unique<UsageQuery>(*database);
  reports = std::make_unique<UsageReports>(*database);
  stats = std::make_unique<UsageStats>(*database);
  spend = std::make_unique<SpendLedger>(*database, SystemClock());
  leases =
      std::make_unique<LeaseLedger>(*database, SystemClock(), settings.Integer("lease_hold_ms"));
  rerates = std::make_unique<RerateLedger>(*database, SystemClock());
  database_open = true;
  return absl::OkStatus();
}

// On the batch writer's threads.
absl::StatusOr<std::vector<Stored>> UsageServer::Parts::Store(
    const std::vector<const UsageEvent*>& events) {
  const std::int64_t unexpected = partitions->PrepareFor(events);
  absl::StatusOr<std::vector<Stored>> outcomes = ledger->Insert(events);
  if (outcomes.ok()) unpriced.Note(events, *outcomes);
  if (outcomes.ok() && unexpected > 0) {
    Metrics::Increment(usage_metrics.events_unexpected_day, static_cast<double>(unexpected));
    LogWarning("events of unexpected days; is a relay's clock wrong?", {{"events", unexpected}});
  }
  return outcomes;
}

void UsageServer::Parts::MakeServices(const Settings& settings) {
  writer = std::make_unique<BatchWriter>(
      [this](const std::vector<const UsageEvent*>& events) { return Store(events); },
      WriterOptions(settings, database->dialect()), usage_metrics);
  ingest_service = std::make_unique<IngestService>(*writer, security, usage_metrics);
  query_service = std::make_unique<QueryService>(*query, *reports, security);
  report_service = std::make_unique<ReportService>(
      ReportService::Parts{*reports, *stats, *query, *database}, security);
  spend_service = std::make_unique<SpendService>(*spend, *leases, security);
  maintenance_service = std::make_unique<MaintenanceService>(*partitions, *retention, *bodies,
                                                             *writer, *database, security);
  body_service = std::make_unique<BodyService>(*bodies, security, usage_metrics);
  rerater = std::make_unique<Rerater>(*rerates, OrderFromBytes, metrics);
  rerate_service = std::make_unique<RerateService>(
      *rerates, [this] { rerater->Wake(); }, security);
}

absl::Status UsageServer::Parts::Listen(const std::string& listen) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, MakeServerCredentials(security, metrics), &port);
  builder.RegisterService(&ingest_service->service());
  builder.RegisterService(&query_service->service());
  builder.RegisterService(&report_service->service());
  builder.RegisterService(&spend_service->service());
  builder.RegisterService(&maintenance_service->service());
  builder.RegisterService(&body_service->service());
  builder.RegisterService(&rerate_service->service());
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  // A relay that vanished without a word is noticed: its streams would hold what they hold for
  // hours.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepAliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepAliveTimeoutMs);
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
  AddCertificateMetrics(parts->security.files, parts->metrics);
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

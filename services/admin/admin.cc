#include "services/admin/admin.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <utility>
#include <vector>

#include "libs/common/client_address.h"
#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/ops_server.h"
#include "libs/common/sql/backup.h"
#include "libs/common/sql/database.h"
#include "libs/common/text.h"
#include "services/admin/after_restore.h"
#include "services/admin/alerts/alert_courier.h"
#include "services/admin/alerts/alert_watch.h"
#include "services/admin/alerts/well_watch.h"
#include "services/admin/config.h"
#include "services/admin/config_watcher.h"
#include "services/admin/credentials/playground_secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/http/console_session.h"
#include "services/admin/http/request_limiter.h"
#include "services/admin/http/router.h"
#include "services/admin/http/server.h"
#include "services/admin/http/setup_token.h"
#include "services/admin/maintenance_client.h"
#include "services/admin/model/declared_settings.h"
#include "services/admin/oauth/token_refresher.h"
#include "services/admin/oidc/oidc_client.h"
#include "services/admin/opening.h"
#include "services/admin/outbound/web_client.h"
#include "services/admin/publish/account_check.h"
#include "services/admin/publish/account_test_broker.h"
#include "services/admin/publish/explain_broker.h"
#include "services/admin/publish/relay_registry.h"
#include "services/admin/publish/snapshot_builder.h"
#include "services/admin/publish/snapshot_publisher.h"
#include "services/admin/publish/snapshot_service.h"
#include "services/admin/reseal.h"
#include "services/admin/resources/console.h"
#include "services/admin/resources/left_to_do.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/unpriced_models.h"
#include "services/admin/restore_access.h"
#include "services/admin/seed.h"
#include "services/admin/setup.h"
#include "services/admin/store/price_list.h"
#include "services/admin/store/store.h"
#include "services/admin/tasks/task_list.h"
#include "services/admin/tasks/task_scheduler.h"
#include "services/admin/usage_client.h"
#include "services/admin/yaml_config.h"

namespace weir::admin {
namespace {

absl::Status ApplyConfigFile(const std::string& path, Store& store, const Vault& vault,
                             DeclaredSettings& declared) {
  auto outcome = ApplyYamlFile(store, vault, path, ProcessEnvironment());
  if (outcome.ok()) declared.Set(outcome->declared);
  return outcome.status();
}

// Said at each start, since the older lines of the key file are needed for as long as it is true.
void TellOfStaleSecrets(sql::Database& database, const Vault& vault) {
  auto stale = CountStale(database, vault);
  if (!stale.ok() || *stale == 0) return;
  LogWarning("secrets are sealed with an older master key: run `weir-admin reseal`",
             {{"secrets", *stale}});
}

void AddRelayGauges(Metrics& metrics, RelayRegistry& registry) {
  const auto gauge = Metrics::SampledKind::kGauge;
  const auto count = [&registry](bool (*counts)(const RelayState&)) {
    const std::vector<RelayState> relays = registry.List();
    return static_cast<double>(std::count_if(relays.begin(), relays.end(), counts));
  };
  metrics.AddSampled(
      gauge, "weir_admin_relays_connected", "Relays with an open configuration stream.", {},
      [count] { return count([](const RelayState& relay) { return relay.connected; }); });
  metrics.AddSampled(
      gauge, "weir_admin_relays_refusing",
      "Connected relays that refused the last revision they were sent: no change reaches them.", {},
      [count] {
        return count(
            [](const RelayState& relay) { return relay.connected && relay.nacked_revision != 0; });
      });
}

AlertSources SourcesOfAlerts(Store& store, UsageClient& usage, MaintenanceClient& maintenance) {
  return {.ingest = [&maintenance] { return maintenance.Ingest(); },
          .peek_budgets = [&usage](const auto& request,
                                   auto& response) { return usage.PeekBudgets(request, response); },
          .unpriced_models = [&store, &usage]() -> absl::StatusOr<UnpricedNames> {
            const auto unpriced = FindUnpriced(store, usage);
            if (!unpriced.ok()) return unpriced.status();
            return UnpricedNames{.models = {unpriced->models.begin(), unpriced->models.end()},
                                 .all = unpriced->all};
          }};
}

}  // namespace

// What is there before all else, and after it: the ops port answers while the database is waited
// for, or migrated.
struct Front {
  Metrics metrics;
  std::unique_ptr<sql::Database> database;
  std::atomic<bool> started = false;
  OpsServer ops{metrics, [this] {
                  return started ? database->Ping()
                                 : absl::UnavailableError("admin has not started yet");
                }};
};

// In the order in which they are made; destroyed in reverse.
struct Admin::Parts {
  Parts(const weir::Settings& settings, std::unique_ptr<Front> the_front, Vault the_vault,
        GrpcSecurity the_security)
      : front(std::move(the_front)),
        vault(std::move(the_vault)),
        limiter(settings.Integer("requests_per_minute"), SystemClock()),
        security(std::move(the_security)),
        publisher(store, settings.Text("database_url")),
        usage(settings.Text("usage_target"), security),
        maintenance(settings.Text("usage_target"), security),
        alerts(store, vault, registry, MakeWebClient(settings.Text("upstream_ca_file")), metrics),
        oidc(MakeWebClient(settings.Text("upstream_ca_file")), SystemClock()),
        refresher(store, vault, MakeWebClient(settings.Text("upstream_ca_file")), metrics),
        http(router, metrics, static_cast<int>(settings.Integer("http_threads"))) {
    AddRelayGauges(metrics, registry);
    AddCertificateMetrics(security.files, metrics);
    explain.SetWake([this] { publisher.WakeAll(); });
    account_tests.SetWake([this] { publisher.WakeAll(); });
  }

  // weir.yaml, now and whenever it changes.
  absl::Status FollowConfigFile(const weir::Settings& settings) {
    const std::string& path = settings.Text("config_file");
    if (path.empty()) return absl::OkStatus();
    const FileMark before = MarkOf(path);
    const auto apply = [this, path] {
      absl::Status applied = ApplyConfigFile(path, store, vault, declared);
      config_refused = !applied.ok();
      return applied;
    };
    if (absl::Status applied = apply(); !applied.ok()) return applied;
    metrics.AddSampled(Metrics::SampledKind::kGauge, "weir_admin_config_file_refused",
                       "1 while the configuration file as it is now could not be applied.", {},
                       [this] { return config_refused ? 1.0 : 0.0; });
    watcher = std::make_unique<ConfigWatcher>(path, before, apply);
    return absl::OkStatus();
  }

  // An administrator out of the environment, or a token for making one.
  absl::Status PrepareSetup(const weir::Settings& settings) {
    const auto password = LoadSetupPassword(settings.Text("setup_password_file"));
    if (!password.ok()) return password.status();
    if (!password->empty()) {
      return MakeFirstAdministrator(store, settings.Text("setup_username"), *password);
    }
    const auto there = HasAdministrator(store);
    if (!there.ok()) return there.status();
    if (!*there) setup_token = setup.Begin();
    return absl::OkStatus();
  }

  std::unique_ptr<Front> front;
  Metrics& metrics = front->metrics;
  Vault vault;
  RequestLimiter limiter;
  GrpcSecurity security;
  Store store{*front->database, SystemClock()};
  SnapshotBuilder builder{store, vault};
  RelayRegistry registry{SystemClock()};
  AccountBoard board;
  SnapshotPublisher publisher;
  ExplainBroker explain;
  AccountTestBroker account_tests;
  SnapshotServer grpc{store, builder, publisher, registry, board, explain, account_tests, security};
  UsageClient usage;
  MaintenanceClient maintenance;
  DeclaredSettings declared;
  SetupToken setup{SystemClock()};
  Secret setup_token;  // as it was printed
  AlertWatch alert_watch{store, SourcesOfAlerts(store, usage, maintenance)};
  AccountChecker checker{store, vault, account_tests};
  TaskScheduler tasks{
      store,
      AllTasks(store, maintenance, alert_watch,
               [this](const std::function<bool()>& gone) { return checker.CheckSessions(gone); }),
      metrics};
  AlertCourier alerts;
  WellWatch well{store,
                 registry,
                 {.ingest = [this] { return maintenance.Ingest(); },
                  .nothing_left_to_do = [this] { return NothingLeftToDo(store, usage); }}};
  OidcClient oidc;
  TokenRefresher refresher;
  ConsoleSessions sessions{store, SystemClock(), vault};
  ResourceParts for_resources{store,    vault,    sessions,  usage,         publisher,
                              registry, explain,  metrics,   maintenance,   tasks,
                              setup,    declared, refresher, account_tests, alerts,
                              checker,  oidc,     board,     well};
  Console console{store};
  Router router{AllRoutes(for_resources),
                [this](const Request& request) { return sessions.Authenticate(request); },
                [this](const Request& request) { return limiter.WaitSeconds(request.client_ip); },
                [this](const Request& request) { return console.Answer(request); }};
  HttpServer http;
  std::atomic<bool> config_refused = false;
  std::unique_ptr<ConfigWatcher> watcher;
};

Admin::Admin(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Admin::~Admin() {
  parts_->tasks.Stop();
  parts_->alerts.Stop();
  parts_->well.Stop();
  parts_->refresher.Stop();
  parts_->publisher.Stop();
}

int Admin::http_port() const { return parts_->http.port(); }
int Admin::grpc_port() const { return parts_->grpc.port(); }
const Secret& Admin::setup_token() const { return parts_->setup_token; }
bool Admin::has_console() const { return parts_->console.has_pages(); }

absl::StatusOr<std::unique_ptr<Admin>> Admin::Start(const weir::Settings& settings) {
  auto vault = OpenVault(settings);
  if (!vault.ok()) return vault.status();
  auto security = LoadGrpcSecurity(settings);
  if (!security.ok()) return security.status();
  auto proxies = ParseIpBlocks(settings.Text("trusted_proxies"));
  if (!proxies.ok()) {
    return absl::InvalidArgumentError(
        StrCat("trusted_proxies: ", View(proxies.status().message())));
  }
  auto origins = CrossOrigin::Parse(settings.Text("allowed_origins"));
  if (!origins.ok()) return origins.status();
  auto front = std::make_unique<Front>();
  if (auto listens = front->ops.Start(settings.Text("ops_listen")); !listens.ok()) return listens;
  auto database = OpenMigrated(settings);
  if (!database.ok()) return database.status();
  front->database = *std::move(database);

  TellOfStaleSecrets(*front->database, *vault);

  auto parts =
      std::make_unique<Parts>(settings, std::move(front), *std::move(vault), *std::move(security));
  parts->console.Load(settings.Text("console_dir"));
  absl::Status status = LoadShippedPrices(parts->store, settings.Text("prices_file"));
  if (status.ok()) status = EnsurePlaygroundSecret(parts->store, parts->vault);
  if (status.ok()) status = parts->FollowConfigFile(settings);
  if (status.ok()) status = parts->PrepareSetup(settings);
  if (status.ok()) status = parts->grpc.Start(settings.Text("grpc_listen"), parts->metrics);
  if (status.ok()) {
    status = parts->http.Start(settings.Text("listen"), *std::move(proxies), *std::move(origins));
  }
  if (status.ok()) status = parts->tasks.Start();
  if (!status.ok()) return status;
  parts->refresher.Start();
  parts->alerts.Start();
  parts->well.Start();
  parts->front->started = true;
  return std::unique_ptr<Admin>(new Admin(std::move(parts)));
}

// All parts on a database in memory and a key that seals nothing, so that the routes are those of a
// running admin; of the environment nothing that leads anywhere is taken.
absl::StatusOr<std::string> Admin::Contract() {
  weir::Settings settings = MakeSettings();
  const std::array<const char*, 5> arguments = {
      "weir-admin",
      "--database-url=sqlite::memory:", "--database-url-file=", "--usage-target=127.0.0.1:1",
      "--upstream-ca-file="};
  absl::Status loaded = settings.Load(static_cast<int>(arguments.size()), arguments.data());
  if (!loaded.ok()) return loaded;
  auto vault = Vault::Create(Secret(RandomHex(32)));
  if (!vault.ok()) return vault.status();
  auto database = OpenMigrated(settings);
  if (!database.ok()) return database.status();
  auto front = std::make_unique<Front>();
  front->database = *std::move(database);
  const Parts parts(settings, std::move(front), *std::move(vault), GrpcSecurity());
  Request request;
  request.method = "GET";
  request.path = "/api/openapi.json";
  Response response = parts.router.Handle(request);
  if (response.status != 200) return absl::InternalError(response.body);
  return std::move(response.body);
}

absl::StatusOr<std::string> RunOpenapi(const weir::Settings&) {
  auto document = Admin::Contract();
  if (document.ok()) *document += '\n';
  return document;
}

absl::StatusOr<std::string> RunConfigDiff(const weir::Settings& settings) {
  const std::string& path = settings.Text("config_file");
  if (path.empty()) return absl::InvalidArgumentError("--config-file names no file to compare");
  auto vault = OpenVault(settings);
  if (!vault.ok()) return vault.status();
  auto database = OpenCurrent(settings);
  if (!database.ok()) return database.status();
  Store store(**database, SystemClock());
  auto outcome = ApplyYamlFile(store, *vault, path, ProcessEnvironment(), YamlMode::kTry);
  if (!outcome.ok()) return outcome.status();
  const std::string text = DifferenceText(outcome->changes);
  return text.empty() ? "nothing differs\n" : text;
}

absl::StatusOr<std::string> RunSeed(const weir::Settings& settings) {
  auto vault = OpenVault(settings);
  if (!vault.ok()) return vault.status();
  auto database = OpenMigrated(settings);
  if (!database.ok()) return database.status();
  Store store(**database, SystemClock());
  absl::Status loaded = LoadShippedPrices(store, settings.Text("prices_file"));
  if (!loaded.ok()) return loaded;

  SeedInput input = {.demo_url = settings.Text("demo_url"),
                     .environment = {},
                     .relay_url = settings.Text("relay_url"),
                     .console_url = settings.Text("console_url")};
  for (const char* name :
       {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) input.environment[name] = value;
  }
  auto output = Seed(store, *vault, input);
  if (!output.ok()) return output.status();
  std::string lines;
  for (const auto& [name, value] : *output) StrAppend(lines, name, "=", value, "\n");
  return lines;
}

absl::StatusOr<std::string> RunBackup(const weir::Settings& settings) {
  const std::string& target = settings.positional().at(1);
  absl::Status copied = sql::BackUpDatabase(settings.Text("database_url"), target);
  if (!copied.ok()) return copied;
  return StrCat("written: ", target, "\n");
}

absl::StatusOr<std::string> RunAfterRestore(const weir::Settings& settings) {
  auto database = OpenMigrated(settings);
  if (!database.ok()) return database.status();
  Store store(**database, SystemClock());
  absl::Status done = AfterRestore(store);
  if (!done.ok()) return done;
  return "relays will take everything anew; all log-ins are ended\n";
}

absl::StatusOr<std::string> RunReseal(const weir::Settings& settings) {
  auto vault = OpenVault(settings);
  if (!vault.ok()) return vault.status();
  auto database = OpenCurrent(settings);
  if (!database.ok()) return database.status();
  auto resealed = Reseal(**database, *vault);
  if (!resealed.ok()) return resealed.status();
  return StrCat(*resealed, " secrets sealed anew; only the newest master key is needed now\n");
}

absl::StatusOr<std::string> RunRestoreAccess(const weir::Settings& settings) {
  auto database = OpenCurrent(settings);
  if (!database.ok()) return database.status();
  Store store(**database, SystemClock());
  const std::string& username = settings.positional().at(1);
  auto password = RestoreAccess(store, username);
  if (!password.ok()) return password.status();
  return StrCat("'", username,
                "' is an administrator again, without a second factor; all log-ins have ended.\n",
                "The new password: ", password->Reveal(), "\nChange it after the first log-in.\n");
}

absl::StatusOr<std::string> RunNewPlaygroundSecret(const weir::Settings& settings) {
  auto vault = OpenVault(settings);
  if (!vault.ok()) return vault.status();
  auto database = OpenCurrent(settings);
  if (!database.ok()) return database.status();
  Store store(**database, SystemClock());
  absl::Status done = ReplacePlaygroundSecret(store, *vault);
  if (!done.ok()) return done;
  return "playground tokens are signed by another secret; those that were out have ended\n";
}

}  // namespace weir::admin

// weir-usage-load: sends made-up usage events to weir-usage as relays do, as fast as it takes them;
// fills a ledger with them; or asks weir-usage for reports. One line of JSON on stdout.
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "libs/common/settings.h"
#include "libs/common/text.h"
#include "tests/bench/load_program.h"
#include "tests/bench/usage_load_ask.h"
#include "tests/bench/usage_load_events.h"
#include "tests/bench/usage_load_fill.h"
#include "tests/bench/usage_load_pages.h"
#include "tests/bench/usage_load_send.h"

namespace weir::bench {
namespace {

Settings MakeSettings() {
  constexpr auto kInteger = SettingKind::kInteger;
  return Settings(
      "weir-usage-load", "WEIR_USAGE_LOAD", "Sends usage events, or asks for reports.",
      {{"target", SettingKind::kText, "127.0.0.1:9082", "host:port of weir-usage"},
       {"internal_token_file", SettingKind::kText, "", "file with the services' token"},
       {"grpc_tls_cert_file", SettingKind::kText, "", "own certificate (PEM)"},
       {"grpc_tls_key_file", SettingKind::kText, "", "its private key (PEM)"},
       {"grpc_tls_ca_file", SettingKind::kText, "", "certificate of the CA (PEM)"},
       {"fill_database", SettingKind::kText, "",
        "URL of a database to put the events into, instead of sending them"},
       {"pages", kInteger, "0", "walk the log by each filter, so many pages", 0, 10'000},
       {"events", kInteger, "0", "how many events to make; 0 = ask for reports instead"},
       {"streams", kInteger, "2", "relays that send at once, or threads that fill", 1, 1'000},
       {"batch_events", kInteger, "500", "events in a batch that is sent", 1, 500},
       {"days", kInteger, "1", "days over which they lie, up to now", 1, 366},
       {"keys", kInteger, "100", "API keys that they are of", 1, 1'000'000}});
}

EventsPlan PlanOf(const Settings& settings) {
  return {.count = settings.Integer("events"),
          .days = settings.Integer("days"),
          .keys = settings.Integer("keys"),
          .now_unix_ms = UnixMs()};
}

absl::Status Print(const absl::StatusOr<SendResult>& result) {
  if (!result.ok()) return result.status();
  std::printf("{\"inserted\": %lld, \"seconds\": %.3f}\n", static_cast<long long>(result->inserted),
              result->seconds);
  return absl::OkStatus();
}

absl::Status Ask(const Settings& settings, const GrpcSecurity& security) {
  const absl::StatusOr<ReportTimes> times = AskReports(settings.Text("target"), security);
  if (!times.ok()) return times.status();
  std::printf("{\"requests\": %lld, \"reports\": [", static_cast<long long>(times->requests));
  for (const ReportTime& report : times->reports) {
    std::printf("%s{\"name\": \"%s\", \"ms\": %.3f, \"rows\": %lld}",
                &report == &times->reports.front() ? "" : ", ", report.name.c_str(),
                report.median_ms, static_cast<long long>(report.rows));
  }
  std::puts("]}");
  return absl::OkStatus();
}

absl::Status WalkPages(const Settings& settings, const GrpcSecurity& security) {
  const auto walks =
      WalkLog(settings.Text("target"), security, static_cast<int>(settings.Integer("pages")));
  if (!walks.ok()) return walks.status();
  std::printf("[");
  for (const PageTimes& walk : *walks) {
    std::printf(
        "%s{\"name\": \"%s\", \"pages\": %lld, \"rows\": %lld, \"p50_ms\": %.3f, "
        "\"p99_ms\": %.3f}",
        &walk == &walks->front() ? "" : ", ", walk.name.c_str(), static_cast<long long>(walk.pages),
        static_cast<long long>(walk.rows), walk.p50_ms, walk.p99_ms);
  }
  std::puts("]");
  return absl::OkStatus();
}

absl::Status Run(const Settings& settings) {
  const int streams = static_cast<int>(settings.Integer("streams"));
  if (const std::string& database = settings.Text("fill_database"); !database.empty()) {
    return Print(FillLedger(PlanOf(settings), streams, database));
  }
  absl::StatusOr<GrpcSecurity> security = LoadGrpcSecurity(settings);
  if (!security.ok()) return security.status();
  if (settings.Integer("pages") != 0) return WalkPages(settings, *security);
  if (settings.Integer("events") == 0) return Ask(settings, *security);
  return Print(SendEvents(PlanOf(settings),
                          {.streams = streams, .batch_events = settings.Integer("batch_events")},
                          settings.Text("target"), *security));
}

int Main(int argc, char** argv) {
  return RunProgram("weir-usage-load", MakeSettings(), Run, argc, argv);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::Main(argc, argv); }

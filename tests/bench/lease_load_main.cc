// weir-lease-load: many relays' leases at one weir-usage. Each relay is the relay's own LeaseDesk
// with a connection of its own; requests are no more than what they reserve and what they cost in
// the end. One line of JSON on stdout: what was served, what waited, how long rounds took.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "libs/common/ids.h"
#include "libs/common/settings.h"
#include "libs/common/text.h"
#include "services/relay/budgets/lease_client.h"
#include "services/relay/budgets/lease_desk.h"
#include "tests/bench/load_program.h"

namespace weir::bench {
namespace {

using relay::BudgetLines;
using relay::BudgetVerdict;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kWaitNs = 2 * kNsPerSecond;  // as a relay's request waits for a lease
constexpr auto kTick = std::chrono::milliseconds(1);

Settings MakeSettings() {
  constexpr auto kInteger = SettingKind::kInteger;
  return Settings(
      "weir-lease-load", "WEIR_LEASE_LOAD", "Takes leases from a weir-usage as many relays do.",
      {{"target", SettingKind::kText, "127.0.0.1:9082", "host:port of weir-usage"},
       {"internal_token_file", SettingKind::kText, "", "file with the services' token"},
       {"grpc_tls_cert_file", SettingKind::kText, "", "own certificate (PEM)"},
       {"grpc_tls_key_file", SettingKind::kText, "", "its private key (PEM)"},
       {"grpc_tls_ca_file", SettingKind::kText, "", "certificate of the CA (PEM)"},
       {"relays", kInteger, "10", "relays, each with leases of its own", 1, 1'000},
       {"budgets", kInteger, "1", "groups with a budget; requests take turns", 1, 1'000'000},
       {"cap_nano_usd", kInteger, "1000000000000000", "each group's budget for its lifetime", 1},
       {"reserve_nano_usd", kInteger, "120000000", "what a request sets aside", 1},
       {"cost_nano_usd", kInteger, "30000000", "what it costs in the end", 0},
       {"request_ms", kInteger, "1000", "how long a request takes", 1, 600'000},
       {"requests_per_second", kInteger, "100", "of all relays together", 1, 100'000},
       {"seconds", kInteger, "10", "how long requests come", 1, 3'600}});
}

// How long rounds took, over all relays. Thread-safe.
class RoundTimes {
 public:
  void Add(std::int64_t ns) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ns_.push_back(ns);
  }
  std::size_t count() const { return ns_.size(); }
  // Only when nobody adds any more.
  double PercentileMs(std::size_t percent) {
    if (ns_.empty()) return 0;
    std::sort(ns_.begin(), ns_.end());
    return static_cast<double>(ns_[std::min(ns_.size() - 1, ns_.size() * percent / 100)]) * 1e-6;
  }

 private:
  std::mutex mutex_;  // guards ns_
  std::vector<std::int64_t> ns_;
};

// What became of the requests.
struct Tally {
  std::int64_t served = 0;
  std::int64_t waited = 0;    // of those, and of the refused
  std::int64_t exceeded = 0;  // the budget has not enough left
  std::int64_t busy = 0;      // others hold what is left
  std::int64_t away = 0;
  std::int64_t spent_nano_usd = 0;
  std::int64_t spent_at_first_refusal_nano_usd = -1;  // -1 = none was refused

  void Count(BudgetVerdict verdict) {
    if (verdict == BudgetVerdict::kReserved) return;
    if (verdict == BudgetVerdict::kExceeded) ++exceeded;
    if (verdict == BudgetVerdict::kBusy) ++busy;
    if (verdict == BudgetVerdict::kAway) ++away;
    if (spent_at_first_refusal_nano_usd < 0) spent_at_first_refusal_nano_usd = spent_nano_usd;
  }
};

struct Plan {
  std::int64_t budgets, cap_nano_usd, reserve_nano_usd, cost_nano_usd, request_ns, per_second;
};

// All relays' requests, on one thread.
class Requests {
 public:
  Requests(const Plan& plan, std::vector<std::unique_ptr<relay::LeaseDesk>>& desks)
      : plan_(plan), desks_(desks), began_ns_(SteadyNs()) {}

  // What has been due since the last call; `open`: new ones come.
  void Tick(bool open) {
    const std::int64_t now_ns = SteadyNs();
    End(now_ns);
    LookAtWaiting(now_ns);
    const std::int64_t due = (now_ns - began_ns_) * plan_.per_second / kNsPerSecond;
    for (; open && begun_ < due; ++begun_) Begin(now_ns);
  }
  bool idle() const { return running_.empty() && waiting_.empty(); }
  const Tally& tally() const { return tally_; }

 private:
  struct Running {
    relay::Reservation reservation;
    std::int64_t ends_ns;
  };
  struct Waiting {
    relay::LeaseDesk* desk;
    std::shared_ptr<relay::LeaseTicket> ticket;
    std::int64_t until_ns;
  };

  void Begin(std::int64_t now_ns) {
    relay::Limits limits;
    limits.nano_usd_total = plan_.cap_nano_usd;
    BudgetLines lines;
    // Each relay meets every group: their numbers share no factor that matters.
    lines.Add(relay::SubjectKind::kGroup, 1 + begun_ % plan_.budgets, limits, UnixMs());
    relay::LeaseDesk& desk =
        *desks_[static_cast<std::size_t>(begun_ / plan_.budgets + begun_) % desks_.size()];
    relay::Reservation reservation;
    relay::BudgetKey which;
    std::shared_ptr<relay::LeaseTicket> ticket;
    const BudgetVerdict verdict = desk.Reserve(lines, plan_.reserve_nano_usd,
                                               plan_.reserve_nano_usd, reservation, which, ticket);
    if (ticket != nullptr) {
      ++tally_.waited;
      waiting_.push_back({&desk, std::move(ticket), now_ns + kWaitNs});
    } else {
      Decided(verdict, std::move(reservation), now_ns);
    }
  }

  void Decided(BudgetVerdict verdict, relay::Reservation&& reservation, std::int64_t now_ns) {
    tally_.Count(verdict);
    if (verdict != BudgetVerdict::kReserved) return;
    running_.push_back({std::move(reservation), now_ns + plan_.request_ns});
  }

  void End(std::int64_t now_ns) {
    for (; !running_.empty() && running_.front().ends_ns <= now_ns; running_.pop_front()) {
      running_.front().reservation.Settle(/*used=*/true, plan_.cost_nano_usd);
      ++tally_.served;
      tally_.spent_nano_usd += plan_.cost_nano_usd;
    }
  }

  void LookAtWaiting(std::int64_t now_ns) {
    std::erase_if(waiting_, [this, now_ns](Waiting& one) {
      if (!one.desk->Done(*one.ticket) && now_ns < one.until_ns) return false;
      one.desk->Abandon(*one.ticket);
      Decided(one.ticket->verdict, std::move(one.ticket->reservation), now_ns);
      return true;
    });
  }

  const Plan plan_;
  std::vector<std::unique_ptr<relay::LeaseDesk>>& desks_;
  const std::int64_t began_ns_;
  std::int64_t begun_ = 0;
  Tally tally_;
  std::deque<Running> running_;  // by their ends, since all take as long
  std::vector<Waiting> waiting_;
};

std::unique_ptr<relay::LeaseDesk> MakeDesk(const Settings& settings, const GrpcSecurity& security,
                                           RoundTimes& times) {
  auto exchange = relay::MakeLeaseClient({.usage_target = settings.Text("target"),
                                          .security = security,
                                          .holder = RandomHex(16),
                                          .timeout_ms = 10'000});
  auto timed = [exchange = std::move(exchange), &times](const relay::LeaseRound& round) {
    const std::int64_t began_ns = SteadyNs();
    auto answer = exchange(round);
    times.Add(SteadyNs() - began_ns);
    return answer;
  };
  return std::make_unique<relay::LeaseDesk>(relay::LeaseDeskOptions{}, std::move(timed),
                                            [] { return true; });
}

struct RoundSums {
  std::int64_t errors = 0;
  std::int64_t overdrawn_nano_usd = 0;
};

RoundSums SumsOf(const std::vector<std::unique_ptr<relay::LeaseDesk>>& desks) {
  RoundSums sums;
  for (const auto& desk : desks) {
    sums.errors += desk->counters().errors;
    sums.overdrawn_nano_usd += desk->counters().overdrawn_nano_usd;
  }
  return sums;
}

void Print(const Tally& tally, const RoundSums& sums, RoundTimes& times, double seconds) {
  const auto number = [](std::int64_t value) { return static_cast<long long>(value); };
  std::printf(
      "{\"served\": %lld, \"waited\": %lld, \"exceeded\": %lld, \"busy\": %lld, \"away\": %lld, "
      "\"spent_nano_usd\": %lld, \"spent_at_first_refusal_nano_usd\": %lld, "
      "\"overdrawn_nano_usd\": %lld, \"rounds\": %zu, \"round_errors\": %lld, "
      "\"round_p50_ms\": %.3f, \"round_p99_ms\": %.3f, \"seconds\": %.3f}\n",
      number(tally.served), number(tally.waited), number(tally.exceeded), number(tally.busy),
      number(tally.away), number(tally.spent_nano_usd),
      number(tally.spent_at_first_refusal_nano_usd), number(sums.overdrawn_nano_usd), times.count(),
      number(sums.errors), times.PercentileMs(50), times.PercentileMs(99), seconds);
}

absl::Status Run(const Settings& settings) {
  const absl::StatusOr<GrpcSecurity> security = LoadGrpcSecurity(settings);
  if (!security.ok()) return security.status();
  RoundTimes times;
  std::vector<std::unique_ptr<relay::LeaseDesk>> desks;
  for (std::int64_t i = 0; i < settings.Integer("relays"); ++i) {
    desks.push_back(MakeDesk(settings, *security, times));
    desks.back()->Start();
  }
  Requests requests({.budgets = settings.Integer("budgets"),
                     .cap_nano_usd = settings.Integer("cap_nano_usd"),
                     .reserve_nano_usd = settings.Integer("reserve_nano_usd"),
                     .cost_nano_usd = settings.Integer("cost_nano_usd"),
                     .request_ns = settings.Integer("request_ms") * kNsPerMs,
                     .per_second = settings.Integer("requests_per_second")},
                    desks);
  const std::int64_t began_ns = SteadyNs();
  const std::int64_t end_ns = began_ns + settings.Integer("seconds") * kNsPerSecond;
  while (SteadyNs() < end_ns || !requests.idle()) {
    requests.Tick(/*open=*/SteadyNs() < end_ns);
    std::this_thread::sleep_for(kTick);
  }
  const double seconds = static_cast<double>(SteadyNs() - began_ns) * 1e-9;
  for (const auto& desk : desks) desk->Stop();
  Print(requests.tally(), SumsOf(desks), times, seconds);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  return RunProgram("weir-lease-load", MakeSettings(), Run, argc, argv);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::Main(argc, argv); }

// The desk's thread: rounds with usage, and what they bring.
#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "services/relay/budgets/lease_desk.h"
#include "services/relay/budgets/lease_policy.h"

namespace weir::relay {
namespace {

constexpr int kSessionBytes = 12;
constexpr std::size_t kRoundLeasesMax = 200;
constexpr int kSweepsBetweenDone = 30;

}  // namespace

void LeaseDesk::Run() {
  NameThread("leases");
  while (WaitForWork()) {
    const std::int64_t now_ns = SteadyNs();
    LookAfter();
    if (now_ns >= next_sweep_ns_) {
      next_sweep_ns_ = now_ns + options_.sweep_ms * kNsPerMs;
      Sweep();
    }
    if (RoundIsDue(now_ns)) TradeRound();
  }
}

bool LeaseDesk::WaitForWork() {
  bool busy = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    busy = !looked_after_.empty();
  }
  const std::int64_t ms = busy || !settled_told_ ? options_.scarce_ms : options_.sweep_ms;
  const bool may_trade = SteadyNs() >= next_round_ns_;
  std::unique_lock<std::mutex> lock(asked_mutex_);
  wakes_.wait_for(lock, std::chrono::milliseconds(ms),
                  [this, may_trade] { return stopping_ || (may_trade && !asked_.empty()); });
  return !stopping_;
}

// Leases that nobody uses go back, and are done with once all they paid for is committed.
void LeaseDesk::Sweep() {
  const std::lock_guard<std::mutex> lock(mutex_);
  book_.ForEach([this](Lease& lease) {
    if (lease.TakeTouched()) {
      lease.desk.idle_sweeps = 0;
      return;
    }
    lease.desk.ready /= 2;
    const int idle = ++lease.desk.idle_sweeps - options_.idle_sweeps;
    if (idle < 0 || idle % kSweepsBetweenDone != 0) return;
    lease.desk.give_back = true;
    lease.AskForMore();
  });
}

// What requests wait for is asked for again and again; what is scarce and not needed here goes
// back, since others may need it.
void LeaseDesk::LookAfter() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Lease* lease : std::exchange(looked_after_, {})) {  // serving may add to the list
    Serve(*lease);
    const bool needed = lease->desk.needed();
    const bool to_return = !needed && lease->desk.scarce && lease->available() > 0;
    if (!needed && !to_return) {
      lease->desk.looked_after = false;
      lease->Unpin();
      continue;
    }
    lease->desk.give_back = lease->desk.give_back || to_return;
    lease->AskForMore();
    looked_after_.push_back(lease);
  }
}

bool LeaseDesk::RoundIsDue(std::int64_t now_ns) {
  if (now_ns < next_round_ns_) return false;
  if (!settled_told_ && earlier_settled_()) return true;
  constexpr std::int64_t kRoundsPerLife = 4;
  const std::int64_t every_ns = options_.alive_ms * kNsPerMs / kRoundsPerLife;
  if (answered_ && now_ns - last_round_ns_ >= every_ns && book_.size() > 0) return true;
  const std::lock_guard<std::mutex> lock(asked_mutex_);
  return !asked_.empty();
}

std::vector<Lease*> LeaseDesk::TakeAsked() {
  const std::lock_guard<std::mutex> lock(asked_mutex_);
  const std::size_t count = std::min(asked_.size(), kRoundLeasesMax);
  std::vector<Lease*> batch(asked_.begin(), asked_.begin() + static_cast<std::ptrdiff_t>(count));
  asked_.erase(asked_.begin(), asked_.begin() + static_cast<std::ptrdiff_t>(count));
  return batch;
}

void LeaseDesk::TradeRound() {
  const std::int64_t sent_ns = SteadyNs();
  std::vector<Lease*> batch = TakeAsked();
  const LeaseRound round = BuildRound(batch, sent_ns);
  const absl::StatusOr<LeaseAnswer> answer = exchange_(round);
  counters_.rounds.fetch_add(1, std::memory_order_relaxed);
  last_round_ns_ = sent_ns;
  if (!answer.ok() || (answer->session_known && answer->grants.size() != batch.size())) {
    RoundFailed(answer.ok() ? absl::InternalError("grants do not match") : answer.status(), batch);
    return;
  }
  if (away_.exchange(false)) LogInfo("usage answers again: leases are renewed");
  backoff_.Reset();
  if (!answer->session_known) {
    LogWarning("usage has forgotten this relay's leases; beginning anew");
    BeginSession();
    for (Lease* lease : batch) lease->Unpin();
    return;
  }
  answered_ = true;
  settled_told_ = settled_told_ || round.earlier_sessions_settled;
  constexpr std::int64_t kMarginShare = 10;  // for a clock that runs slower than usage's
  const std::int64_t alive_ms = options_.alive_ms - options_.alive_ms / kMarginShare;
  alive_until_ns_.store(sent_ns + alive_ms * kNsPerMs, std::memory_order_relaxed);
  ApplyRound(round, *answer, batch);
}

LeaseRound LeaseDesk::BuildRound(std::vector<Lease*>& batch, std::int64_t now_ns) {
  LeaseRound round;
  round.begins = !answered_;
  round.alive_ms = options_.alive_ms;
  round.earlier_sessions_settled = !settled_told_ && earlier_settled_();
  const std::lock_guard<std::mutex> lock(mutex_);
  round.session = *session_;
  round.number = ++number_;
  std::erase_if(batch, [this](Lease* lease) {
    if (lease->session() == session_) return false;
    lease->Unpin();  // of a session that is gone
    return true;
  });
  round.leases.reserve(batch.size());
  for (Lease* lease : batch) {
    lease->SetAsked(false);  // who runs short from here on asks again
    round.leases.push_back(StateOf(*lease, now_ns));
  }
  return round;
}

LeaseDemand LeaseDesk::DemandOf(const Lease& lease) {
  LeaseDemand demand;
  const auto add = [&](const LeaseTicket& ticket) {
    const std::int64_t full = Reservation::Amount(lease, ticket.full);
    const std::int64_t least = Reservation::Amount(lease, ticket.least);
    const bool first = demand.full_sum == 0;
    demand.least_min = first ? least : std::min(demand.least_min, least);
    if (first) demand.full_first = full;
    demand.full_sum += full;
  };
  for (const auto& ticket : lease.desk.tickets) add(*ticket);
  for (const LeaseTicket* ticket : lease.desk.beside) add(*ticket);
  return demand;
}

LeaseState LeaseDesk::StateOf(Lease& lease, std::int64_t now_ns) {
  Lease::Desk& desk = lease.desk;
  if (desk.closing) {
    // Usage may have closed it, and then the counts begin anew; who waits is asked for behind it.
    return {.budget = lease.key(), .granted = desk.granted, .cap = lease.cap(), .done = true};
  }
  if (const std::int64_t debt = -lease.available(); debt > 0) {
    // Requests cost more than was there. It is spent, so it is held.
    desk.granted += debt;
    lease.Add(debt);
    const bool money = lease.key().unit == BudgetUnit::kNanoUsd;
    if (money) counters_.overdrawn_nano_usd.fetch_add(debt, std::memory_order_relaxed);
  }
  const LeaseDemand demand = DemandOf(lease);
  const bool unused = std::exchange(desk.give_back, false) && !desk.needed();
  // Scraps that are of no use to anybody here would be to others, who may hold some as well.
  const bool scraps = desk.scarce && lease.available() < demand.least_min;
  if (unused || scraps) desk.granted -= lease.TakeAll();
  LeaseState state{.budget = lease.key(), .granted = desk.granted, .cap = lease.cap()};
  if (unused || desk.request == 0) {
    state.done = desk.idle_sweeps >= options_.idle_sweeps && lease.pins() == 1 &&
                 lease.spent() == desk.granted;
    desk.closing = state.done;
    return state;
  }
  desk.ready = NextReady(desk.ready, desk.request, now_ns - desk.last_refill_ns);
  desk.last_refill_ns = now_ns;
  const LeaseWish wish = WishOf(demand, lease.available(), desk.scarce ? 0 : desk.ready);
  state.least = wish.least;
  state.need = wish.need;
  state.want = wish.want;
  return state;
}

void LeaseDesk::RoundFailed(const absl::Status& status, const std::vector<Lease*>& batch) {
  counters_.errors.fetch_add(1, std::memory_order_relaxed);
  if (!away_.exchange(true)) {
    LogWarning("usage does not answer: budgets are served from the leases that are here",
               {{"error", View(status.message())}});
  }
  next_round_ns_ = SteadyNs() + backoff_.NextDelayMs() * kNsPerMs;
  // What usage knows of them is not known here, so they are stated again.
  for (Lease* lease : batch) {
    lease->AskForMore();
    lease->Unpin();
  }
}

void LeaseDesk::ApplyRound(const LeaseRound& round, const LeaseAnswer& answer,
                           const std::vector<Lease*>& batch) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Apply(*batch[i], round.leases[i], answer.grants[i]);
    }
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (answer.grants[i].closed) {
      book_.Forget(*batch[i]);
    } else {
      batch[i]->Unpin();
    }
  }
}

void LeaseDesk::Apply(Lease& lease, const LeaseState& stated, const LeaseGrant& grant) {
  Lease::Desk& desk = lease.desk;
  if (stated.done) {
    desk.closing = false;
    if (grant.closed) {
      // Its row is gone, and with it what it said of this session: the counts begin anew.
      desk.granted -= stated.granted;
      lease.AddSpent(-stated.granted);
    }
    if (!desk.tickets.empty()) lease.AskForMore();
    return;
  }
  if (stated.want == 0) return;
  const std::int64_t more = grant.granted - stated.granted;
  desk.granted = grant.granted;
  desk.answered_round = number_;
  desk.scarce = more < stated.want && grant.left < stated.want;
  lease.SetLow(desk.scarce ? 0 : desk.ready / 2);
  lease.SetLeftAtMost(std::max<std::int64_t>(stated.cap - grant.spent, 0), stated.cap);
  lease.Add(more);
  Serve(lease);
  RefuseHopeless(lease);
  if (!desk.tickets.empty() && more > 0) lease.AskForMore();
  if (!desk.scarce || std::exchange(desk.looked_after, true)) return;
  lease.Pin();
  looked_after_.push_back(&lease);
}

void LeaseDesk::BeginSession() {
  const std::lock_guard<std::mutex> lock(mutex_);
  session_ = std::make_shared<const std::string>(RandomHex(kSessionBytes));
  number_ = 0;
  answered_ = false;
  alive_until_ns_.store(0, std::memory_order_relaxed);
  for (Lease* lease : looked_after_) {
    for (const auto& ticket : std::exchange(lease->desk.tickets, {})) {
      Finish(*ticket, BudgetVerdict::kAway, lease->key());
    }
    lease->desk.looked_after = false;
    lease->Unpin();
  }
  looked_after_.clear();
  {
    const std::lock_guard<std::mutex> asked_lock(asked_mutex_);
    for (Lease* lease : std::exchange(asked_, {})) lease->Unpin();
  }
  book_.BeginSession(session_);
}

void LeaseDesk::ReturnAll(std::int64_t timeout_ms) {
  if (!thread_.joinable()) return;
  const std::int64_t deadline_ns = SteadyNs() + timeout_ms * kNsPerMs;
  while (book_.size() > 0 && SteadyNs() < deadline_ns && !away()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      book_.ForEach([this](Lease& lease) {
        lease.desk.idle_sweeps = options_.idle_sweeps;
        lease.desk.give_back = true;
        lease.AskForMore();
      });
    }
    constexpr std::int64_t kLookAgainMs = 10;
    std::this_thread::sleep_for(std::chrono::milliseconds(kLookAgainMs));
  }
}

}  // namespace weir::relay

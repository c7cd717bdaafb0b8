#include "services/relay/budgets/lease_desk.h"

#include <algorithm>
#include <utility>

#include "libs/common/clock.h"

namespace weir::relay {
namespace {

constexpr std::size_t kServedMax = 64;  // tickets looked at in one go, under the lock

void Unqueue(Lease& lease, const LeaseTicket& ticket) {
  std::erase_if(lease.desk.tickets,
                [&ticket](const auto& entry) { return entry.get() == &ticket; });
}

}  // namespace

LeaseDesk::LeaseDesk(LeaseDeskOptions options, ExchangeLeases exchange,
                     std::function<bool()> earlier_settled)
    : options_(options),
      exchange_(std::move(exchange)),
      earlier_settled_(std::move(earlier_settled)),
      book_(*this),
      backoff_(options.retry_ms_min, options.retry_ms_max) {
  BeginSession();
}

LeaseDesk::~LeaseDesk() { Stop(); }

void LeaseDesk::Start() {
  thread_ = std::thread([this] { Run(); });
}

void LeaseDesk::Stop() {
  CloseTickets();
  {
    const std::lock_guard<std::mutex> lock(asked_mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// --- the requests' side ---

BudgetVerdict LeaseDesk::Reserve(const BudgetLines& lines, std::int64_t full, std::int64_t least,
                                 Reservation& reservation, BudgetKey& which,
                                 std::shared_ptr<LeaseTicket>& ticket) {
  for (const BudgetLine& line : lines) {
    bool cap_changed = false;
    Lease& lease = book_.PinLease(line, cap_changed);
    if (cap_changed) {
      // A lower cap may be below what is held here, so that goes back first.
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        lease.desk.give_back = true;
      }
      lease.AskForMore();
    }
    if (!reservation.Add(lease)) {
      reservation.Clear();  // usage has just forgotten this session
      which = line.key;
      return BudgetVerdict::kAway;
    }
  }
  Lease* lacking = Alive() ? reservation.Take(full) : *reservation.begin();
  if (lacking == nullptr) return BudgetVerdict::kReserved;
  for (const Lease* lease : reservation) {
    if (lease->MayHave(Reservation::Amount(*lease, least))) continue;
    which = lease->key();
    reservation.Clear();
    return BudgetVerdict::kExceeded;
  }
  which = lacking->key();
  ticket = MakeTicket(std::move(reservation), *lacking, full, least);
  return BudgetVerdict::kBusy;
}

bool LeaseDesk::Grow(Reservation& reservation, std::int64_t full, std::int64_t least,
                     std::shared_ptr<LeaseTicket>& ticket) {
  Reservation twin = reservation.MoneyTwin();
  Lease* lacking = Alive() ? twin.Take(full) : *twin.begin();
  if (lacking == nullptr) {
    reservation.Absorb(std::move(twin));
    return true;
  }
  ticket = MakeTicket(std::move(twin), *lacking, full, least);
  return false;
}

std::shared_ptr<LeaseTicket> LeaseDesk::MakeTicket(Reservation&& reservation, Lease& lacking,
                                                   std::int64_t full, std::int64_t least) {
  auto ticket = std::make_shared<LeaseTicket>();
  ticket->reservation = std::move(reservation);
  ticket->full = full;
  ticket->least = least;
  counters_.waits.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mutex_);
  // What else runs short is asked for in the same round.
  for (Lease* lease : ticket->reservation) {
    lease->desk.request = Reservation::Amount(*lease, full);
    if (lease->available() < lease->desk.request) lease->AskForMore();
  }
  ticket->since_round = number_;
  Queue(lacking, ticket);
  if (tickets_closed_) {
    lacking.desk.tickets.pop_back();
    Finish(*ticket, BudgetVerdict::kAway, lacking.key());
  } else {
    lacking.AskForMore();
    Serve(lacking);  // something may have come back before the ticket was there to be seen
  }
  return ticket;
}

void LeaseDesk::Await(const std::shared_ptr<LeaseTicket>& ticket, std::function<void()> wake) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ticket->done) {
      ticket->wake = std::move(wake);
      return;
    }
  }
  wake();
}

bool LeaseDesk::Done(const LeaseTicket& ticket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ticket.done;
}

void LeaseDesk::Abandon(LeaseTicket& ticket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ticket.wake = nullptr;
  if (ticket.done) return;
  Lease& lease = *ticket.waits_for;
  Unqueue(lease, ticket);
  Finish(ticket, away() ? BudgetVerdict::kAway : BudgetVerdict::kBusy, lease.key());
}

void LeaseDesk::CloseTickets() {
  const std::lock_guard<std::mutex> lock(mutex_);
  tickets_closed_ = true;
  for (Lease* lease : looked_after_) {
    for (const auto& ticket : std::exchange(lease->desk.tickets, {})) {
      Finish(*ticket, BudgetVerdict::kAway, lease->key());
    }
  }
}

void LeaseDesk::OnLow(Lease& lease) {
  lease.Pin();
  {
    const std::lock_guard<std::mutex> lock(asked_mutex_);
    asked_.push_back(&lease);
  }
  wakes_.notify_one();
}

void LeaseDesk::OnFree(Lease& lease) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Serve(lease);
}

void LeaseDesk::Count(BudgetVerdict verdict) {
  if (verdict == BudgetVerdict::kReserved) return;
  std::atomic<std::int64_t>& counter = verdict == BudgetVerdict::kExceeded ? counters_.exceeded
                                       : verdict == BudgetVerdict::kBusy   ? counters_.busy
                                                                           : counters_.away;
  counter.fetch_add(1, std::memory_order_relaxed);
}

bool LeaseDesk::Alive() const {
  return SteadyNs() < alive_until_ns_.load(std::memory_order_relaxed);
}

// --- serving those that wait; mutex_ is held ---

void LeaseDesk::Queue(Lease& lease, const std::shared_ptr<LeaseTicket>& ticket) {
  // What it needs beside stays here meanwhile.
  for (Lease* part : ticket->reservation) {
    if (part == &lease) {
      std::erase(part->desk.beside, ticket.get());
    } else if (ticket->waits_for == nullptr || ticket->waits_for == part) {
      part->desk.beside.push_back(ticket.get());
    }
  }
  ticket->waits_for = &lease;
  lease.desk.tickets.push_back(ticket);
  lease.CountWaiting(+1);
  if (std::exchange(lease.desk.looked_after, true)) return;
  lease.Pin();
  looked_after_.push_back(&lease);
}

void LeaseDesk::Finish(LeaseTicket& ticket, BudgetVerdict verdict, const BudgetKey& which) {
  for (Lease* part : ticket.reservation) std::erase(part->desk.beside, &ticket);
  ticket.waits_for->CountWaiting(-1);
  ticket.verdict = verdict;
  ticket.which = which;
  ticket.done = true;
  if (ticket.wake != nullptr) std::exchange(ticket.wake, nullptr)();
}

void LeaseDesk::Serve(Lease& lease) {
  auto& tickets = lease.desk.tickets;
  // A ticket may join the end of this very queue again, so no more than there are now.
  const std::size_t count = std::min(tickets.size(), kServedMax);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count && lease.available() > 0; ++i) {
    const std::shared_ptr<LeaseTicket> ticket = tickets[kept];
    if (ServeOne(lease, ticket)) {
      tickets.erase(tickets.begin() + static_cast<std::ptrdiff_t>(kept));
    } else {
      ++kept;
    }
  }
}

bool LeaseDesk::ServeOne(Lease& lease, const std::shared_ptr<LeaseTicket>& ticket) {
  if (!Alive()) return false;
  Reservation& reservation = ticket->reservation;
  Lease* lacking = reservation.Take(ticket->full);
  if (lacking != nullptr && lacking->desk.answered_round > ticket->since_round) {
    lacking = reservation.TakeUpTo(ticket->full, ticket->least);
  }
  if (lacking == nullptr) {
    Finish(*ticket, BudgetVerdict::kReserved, lease.key());
    return true;
  }
  if (lacking == &lease) return false;
  lease.CountWaiting(-1);
  Queue(*lacking, ticket);
  lacking->AskForMore();
  return true;
}

// By now it may be known of some that they can never be served.
void LeaseDesk::RefuseHopeless(Lease& lease) {
  const auto hopeless = [&lease](const LeaseTicket& ticket) {
    return !lease.MayHave(Reservation::Amount(lease, ticket.least));
  };
  std::erase_if(lease.desk.tickets, [&](const std::shared_ptr<LeaseTicket>& ticket) {
    if (!hopeless(*ticket)) return false;
    Finish(*ticket, BudgetVerdict::kExceeded, lease.key());
    return true;
  });
  const std::vector<LeaseTicket*> beside = lease.desk.beside;
  for (LeaseTicket* entry : beside) {
    if (!hopeless(*entry)) continue;
    Lease& other = *entry->waits_for;
    const auto at = std::find_if(other.desk.tickets.begin(), other.desk.tickets.end(),
                                 [entry](const auto& ticket) { return ticket.get() == entry; });
    const std::shared_ptr<LeaseTicket> ticket = *at;
    other.desk.tickets.erase(at);
    Finish(*ticket, BudgetVerdict::kExceeded, lease.key());
  }
}

}  // namespace weir::relay

#include "services/admin/alerts/well_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/common/thread.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

constexpr std::chrono::milliseconds kPause{5'000};

}  // namespace

bool RelaysAreWell(const std::vector<RelayState>& relays) {
  const bool all_serve = std::all_of(relays.begin(), relays.end(), [](const RelayState& relay) {
    return relay.connected && relay.nacked_revision == 0;
  });
  return !relays.empty() && all_serve && RedisOf(relays) != RedisState::kAway;
}

absl::StatusOr<bool> AccountsAreWell(Store& store) {
  const ListQuery unwell = {
      .conditions = {{"status = 'account_exception' OR (status IN ('rate_limited', "
                      "'api_exception') AND cooldown_until_ms > ?)",
                      {store.NowMs()}}},
      .limit = 1,
      .with_total = false};
  const auto page = ReadValue(store, [&](sql::Transaction& transaction) {
    return account_store::List(transaction, unwell);
  });
  if (!page.ok()) return page.status();
  return page->items.empty();
}

WellWatch::WellWatch(Store& store, RelayRegistry& relays, WellSources sources)
    : store_(store), relays_(relays), sources_(std::move(sources)) {}

WellWatch::~WellWatch() { Stop(); }

void WellWatch::Start() {
  thread_ = std::thread([this] { Run(); });
}

void WellWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WellWatch::Run() {
  NameBackgroundThread("well");
  while (!stopping_) {
    Look();
    std::unique_lock lock(mutex_);
    wakes_.wait_for(lock, kPause, [this] { return stopping_.load(); });
  }
}

void WellWatch::Look() { memory_.Note(IsWell(), store_.NowMs()); }

// The cheapest first; what cannot be told is not well.
bool WellWatch::IsWell() {
  if (!RelaysAreWell(relays_.List())) return false;
  const absl::StatusOr<bool> accounts = AccountsAreWell(store_);
  if (!accounts.ok() || !*accounts) return false;
  const absl::StatusOr<LedgerIngest> ingest = sources_.ingest();
  if (!ingest.ok() || !IsStored(*ingest)) return false;
  const absl::StatusOr<bool> rest = sources_.nothing_left_to_do();
  return rest.ok() && *rest;
}

}  // namespace weir::admin

#include "services/relay/snapshot/account_health.h"

#include <algorithm>

#include "libs/common/stable_hash.h"

namespace weir::relay {
namespace {

// Models rest one by one; an upstream that refuses ever new names must not fill the memory.
constexpr std::size_t kModelsMax = 256;
constexpr int kDoublingsMax = 16;
// By how much the clocks of relays may differ.
constexpr std::int64_t kClockSlackMs = 60'000;

// By the clock it has not begun: the clock was set back since, or another relay's is ahead. Its end
// is wrong by as much, so it is over, and a probe will tell.
bool BeginsLater(const RestingScope& scope, std::int64_t now_unix_ms) {
  return scope.rested_at > now_unix_ms + kClockSlackMs;
}

}  // namespace

std::int64_t GrownRestMs(const RestPlan& plan, int in_row, std::int64_t account_id) {
  const int doublings = std::clamp(in_row - 1, 0, kDoublingsMax);
  const std::int64_t whole = std::min(plan.base_ms << doublings, plan.most_ms);
  const std::uint64_t bits =
      MixBits(MixBits(static_cast<std::uint64_t>(account_id)) + static_cast<std::uint64_t>(in_row));
  return whole - static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(whole / 10 + 1));
}

AccountHealth::Look AccountHealth::LookAt(const Scope& scope, std::int64_t now_unix_ms) {
  const bool rests = scope.until > now_unix_ms && !BeginsLater(scope, now_unix_ms);
  if (rests) return {Standing::kResting, scope.cause, scope.until};
  // No probe's place is held for longer, so one that is was taken before the clock was set back.
  const bool probed =
      scope.probe_until > now_unix_ms && scope.probe_until <= now_unix_ms + kProbeHoldMs;
  if (probed) return {Standing::kProbing, scope.cause, scope.probe_until};
  return {Standing::kHalfOpen, scope.cause, 0};
}

AccountHealth::Scope* AccountHealth::Find(std::string_view model) {
  if (model.empty()) return account_.has_value() ? &*account_ : nullptr;
  const auto found = models_.find(model);
  return found == models_.end() ? nullptr : &found->second;
}

AccountHealth::Look AccountHealth::Check(std::string_view model, std::int64_t now_unix_ms) const {
  if (rejected()) return {Standing::kRejected};
  if (!troubled_.load(std::memory_order_acquire)) return {};
  const std::lock_guard<std::mutex> lock(mutex_);
  Look worst;
  if (account_.has_value()) worst = LookAt(*account_, now_unix_ms);
  const auto scope = models_.find(model);
  if (scope == models_.end()) return worst;
  Look look = LookAt(scope->second, now_unix_ms);
  look.model_only = true;
  const bool worse = look.standing != worst.standing ? look.standing > worst.standing
                                                     : look.until_unix_ms > worst.until_unix_ms;
  return worse ? look : worst;
}

bool AccountHealth::AnyModelRests(std::int64_t now_unix_ms) const {
  if (!troubled_.load(std::memory_order_acquire)) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(models_.begin(), models_.end(), [now_unix_ms](const auto& entry) {
    return LookAt(entry.second, now_unix_ms).standing != Standing::kHalfOpen;
  });
}

std::optional<AccountHealth::Ticket> AccountHealth::Begin(std::string_view model,
                                                          std::int64_t now_unix_ms) {
  Ticket ticket{epoch_.load(std::memory_order_acquire)};
  if (!troubled_.load(std::memory_order_acquire)) return ticket;
  const std::lock_guard<std::mutex> lock(mutex_);
  ticket.epoch = epoch_.load(std::memory_order_relaxed);
  Scope* const scopes[] = {Find({}), Find(model)};
  for (const Scope* scope : scopes) {
    if (scope == nullptr) continue;
    if (LookAt(*scope, now_unix_ms).standing != Standing::kHalfOpen) return std::nullopt;
    ticket.probe = true;
  }
  if (!ticket.probe) return ticket;
  ticket.number = ++last_probe_;
  ticket.account_probe = scopes[0] != nullptr;
  for (Scope* scope : scopes) {
    if (scope == nullptr) continue;
    scope->probe_until = now_unix_ms + kProbeHoldMs;
    scope->probe = ticket.number;
  }
  return ticket;
}

bool AccountHealth::BeganAfter(const Ticket& ticket, const Scope& scope) {
  // Signed difference: the count may wrap.
  return static_cast<std::int32_t>(ticket.epoch - scope.epoch) >= 0;
}

bool AccountHealth::BeganBeforeRecovery(const Ticket& ticket) const {
  const std::uint32_t recovered = recovered_epoch_.load(std::memory_order_relaxed);
  return static_cast<std::int32_t>(ticket.epoch - recovered) < 0;
}

void AccountHealth::NoteRecovery() {
  recovered_epoch_.store(epoch_.fetch_add(1, std::memory_order_acq_rel) + 1,
                         std::memory_order_relaxed);
}

void AccountHealth::NoteTrouble() {
  troubled_.store(account_.has_value() || !models_.empty(), std::memory_order_release);
}

AccountHealth::Recovery AccountHealth::Succeeded(const Ticket& ticket, std::string_view model) {
  if (failures_in_row_.load(std::memory_order_relaxed) != 0) {
    failures_in_row_.store(0, std::memory_order_relaxed);
  }
  if (!troubled_.load(std::memory_order_acquire)) return {};
  Recovery recovery;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (account_.has_value() && BeganAfter(ticket, *account_)) {
    account_.reset();
    recovery.account = true;
  }
  const auto found = models_.find(model);
  if (found != models_.end() && BeganAfter(ticket, found->second)) {
    models_.erase(found);
    recovery.model = true;
  }
  if (recovery.account || recovery.model) NoteRecovery();
  NoteTrouble();
  return recovery;
}

void AccountHealth::Released(const Ticket& ticket, std::string_view model) {
  if (!ticket.probe) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Scope* scope : {Find({}), Find(model)}) {
    if (scope != nullptr && scope->probe == ticket.number) scope->probe_until = 0;
  }
}

AccountHealth::Scope& AccountHealth::Open(std::string_view model) {
  if (Scope* known = Find(model); known != nullptr) return *known;
  // Spelt out for Clang 14, which cannot tell here that a Scope can be made of nothing.
  if (model.empty()) return account_.emplace(Scope{});
  if (models_.size() >= kModelsMax) {
    models_.erase(std::min_element(
        models_.begin(), models_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
  return models_[std::string(model)];
}

std::int64_t AccountHealth::Rest(const Ticket& ticket, std::string_view model, const RestPlan& plan,
                                 std::int64_t now_unix_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool known = Find(model) != nullptr;
  if (!known && plan.told_ms == 0 && BeganBeforeRecovery(ticket)) return 0;
  Scope& scope = Open(model);
  const bool began_before = known && !BeganAfter(ticket, scope);
  const int in_row = began_before ? std::max(scope.in_row, 1) : scope.in_row + 1;
  std::int64_t rest_ms = plan.told_ms;
  if (rest_ms == 0 || plan.grows_beyond_told) {
    rest_ms = std::max(rest_ms, GrownRestMs(plan, in_row, account_id_));
  }
  const std::int64_t until = now_unix_ms + rest_ms;
  // Those that were under way when the first one was refused are refused too; only a provider that
  // names a later time adds to what is known.
  if (began_before && (plan.told_ms == 0 || until <= scope.until)) return 0;
  scope.until = BeginsLater(scope, now_unix_ms) ? until : std::max(scope.until, until);
  scope.rested_at = now_unix_ms;
  scope.probe_until = 0;
  scope.probe = 0;
  scope.in_row = in_row;
  scope.cause = plan.cause;
  scope.epoch = epoch_.fetch_add(1, std::memory_order_acq_rel) + 1;
  NoteTrouble();
  return scope.until;
}

AccountHealth::Rests AccountHealth::CountFailure(const Ticket& ticket) {
  if (BeganBeforeRecovery(ticket)) return Rests::kNothing;
  const int in_row = failures_in_row_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (ticket.account_probe || in_row >= kFailuresMax) return Rests::kAccount;
  return ticket.probe ? Rests::kModel : Rests::kNothing;
}

bool AccountHealth::MarkRejected(std::int64_t now_unix_ms) {
  std::int64_t before = 0;
  return rejected_at_.compare_exchange_strong(before, std::max<std::int64_t>(now_unix_ms, 1),
                                              std::memory_order_relaxed);
}

void AccountHealth::Follow(std::string_view model, RestCause cause, std::int64_t until_unix_ms,
                           std::int64_t observed_at_unix_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Scope* known = Find(model);
  if (known != nullptr && known->until >= until_unix_ms) return;  // an echo, or old
  Scope& scope = Open(model);
  scope.until = std::max<std::int64_t>(until_unix_ms, 1);
  scope.rested_at = observed_at_unix_ms;
  scope.probe_until = 0;
  scope.in_row = std::max(scope.in_row, 1);
  scope.cause = cause;
  scope.epoch = epoch_.fetch_add(1, std::memory_order_acq_rel) + 1;
  NoteTrouble();
}

void AccountHealth::Close(std::string_view model, std::int64_t observed_at_unix_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Scope* known = Find(model);
  if (known == nullptr || known->rested_at > observed_at_unix_ms) return;
  if (model.empty()) {
    account_.reset();
    failures_in_row_.store(0, std::memory_order_relaxed);
  } else {
    models_.erase(models_.find(model));
  }
  NoteRecovery();
  NoteTrouble();
}

void AccountHealth::CloseAll(std::int64_t observed_at_unix_ms) {
  if (rejected_at_.load(std::memory_order_relaxed) <= observed_at_unix_ms) rejected_at_.store(0);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (account_.has_value() && account_->rested_at <= observed_at_unix_ms) account_.reset();
  std::erase_if(models_, [observed_at_unix_ms](const auto& entry) {
    return entry.second.rested_at <= observed_at_unix_ms;
  });
  failures_in_row_.store(0, std::memory_order_relaxed);
  NoteRecovery();
  NoteTrouble();
}

void AccountHealth::Reset() {
  const std::lock_guard<std::mutex> lock(mutex_);
  models_.clear();
  account_.reset();
  failures_in_row_.store(0, std::memory_order_relaxed);
  rejected_at_.store(0, std::memory_order_relaxed);
  stats_.Clear();
  NoteRecovery();
  NoteTrouble();
}

}  // namespace weir::relay

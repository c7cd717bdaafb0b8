// What this relay knows of an account beyond the snapshot: which of its models rest and until when,
// whose rest is over but unproven (half open), failures in a row, a refused credential.
//
// A scope is the account as a whole or one upstream model of it. A scope that rests is out until
// its time; then exactly one request at a time tries it (a probe). Success closes it, failure rests
// it again for longer. Times are Unix ms and given by the caller.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "services/relay/snapshot/account_figures.h"
#include "services/relay/snapshot/account_stats.h"

namespace weir::relay {

enum class RestCause : std::uint8_t {
  kRateLimited,
  kOverloaded,
  kFailing,
  kQuotaExhausted,
  kModelRefused,
};

// How long a scope rests. With `told_ms` (the provider said so) exactly that, but never less than
// the growing rest when `grows_beyond_told`. Otherwise `base_ms`, doubled for each rest in a row up
// to `most_ms`, and up to a tenth less by a hash of the account and the rest's number, so that
// relays do not come back in the same moment and a test can tell the figure.
struct RestPlan {
  RestCause cause = RestCause::kFailing;
  std::int64_t told_ms = 0;
  std::int64_t base_ms = 0;
  std::int64_t most_ms = 0;
  bool grows_beyond_told = false;
};

// The growing rest's length: the `in_row`-th rest in a row, from 1.
std::int64_t GrownRestMs(const RestPlan& plan, int in_row, std::int64_t account_id);

// One that rests, or has rested and is unproven.
struct RestingScope {
  std::int64_t until = 0;  // never 0 while it is open
  std::int64_t rested_at = 0;
  std::int64_t probe_until = 0;
  std::uint32_t probe = 0;  // its number; another one may have it by now
  std::uint32_t epoch = 0;  // of the last rest
  int in_row = 0;
  RestCause cause = RestCause::kFailing;
};

// Thread-safe; looking at and using an account that is well costs one or two relaxed loads.
class AccountHealth {
 public:
  explicit AccountHealth(std::int64_t account_id = 0) : account_id_(account_id) {}

  enum class Standing : std::uint8_t {
    kWell,
    kHalfOpen,  // a rest is over, nobody tries it: the next request does
    kProbing,   // somebody tries it
    kResting,
    kRejected,  // its credential was refused: out until an administrator acts
  };
  struct Look {
    Standing standing = Standing::kWell;
    RestCause cause = RestCause::kFailing;
    std::int64_t until_unix_ms = 0;  // kResting, kProbing: when to look again
    bool model_only = false;         // the account's other models are not concerned
  };
  Look Check(std::string_view model, std::int64_t now_unix_ms) const;

  // Some model of it rests, or is being tried after a rest.
  bool AnyModelRests(std::int64_t now_unix_ms) const;

  // What an attempt carries from its beginning to its end.
  struct Ticket {
    std::uint32_t epoch = 0;
    std::uint32_t number = 0;  // of the probe
    bool probe = false;
    bool account_probe = false;  // it tries the account, not a model of it alone
  };
  // Nothing: the scope rests or another request tries it. A probe's place is free again when it has
  // ended, or after kProbeHoldMs: who was not refused by then probably is not going to be.
  std::optional<Ticket> Begin(std::string_view model, std::int64_t now_unix_ms);
  static constexpr std::int64_t kProbeHoldMs = 3'000;

  // An attempt's end that proves the account good. A request that began before a rest proves
  // nothing about it. What it closed is worth telling the others.
  struct Recovery {
    bool account = false;
    bool model = false;
  };
  Recovery Succeeded(const Ticket& ticket, std::string_view model);
  // An end that says nothing of the account (its client left), or not of all that it tried: gives a
  // probe's place back.
  void Released(const Ticket& ticket, std::string_view model);

  // Rests the scope (`model` empty: the account). Returns until when; 0 when nothing new was
  // learned: the attempt began before a rest that is at least as long, or before a recovery and
  // nobody named a time.
  std::int64_t Rest(const Ticket& ticket, std::string_view model, const RestPlan& plan,
                    std::int64_t now_unix_ms);
  // A failure of the kind that a breaker counts, and what should rest for it: what the probe tried,
  // or the account when kFailuresMax came in a row. An attempt that began before something of the
  // account recovered proves nothing.
  enum class Rests : std::uint8_t { kNothing, kModel, kAccount };
  Rests CountFailure(const Ticket& ticket);
  static constexpr int kFailuresMax = 5;

  int failures_in_row() const { return failures_in_row_.load(std::memory_order_relaxed); }

  // True the first time.
  bool MarkRejected(std::int64_t now_unix_ms);
  bool rejected() const { return rejected_at_.load(std::memory_order_relaxed) != 0; }

  // What admin says, as of `observed_at_unix_ms`; what was learned here later stays.
  void Follow(std::string_view model, RestCause cause, std::int64_t until_unix_ms,
              std::int64_t observed_at_unix_ms);
  void Close(std::string_view model, std::int64_t observed_at_unix_ms);
  void CloseAll(std::int64_t observed_at_unix_ms);

  // An administrator changed the account: what was learned of the old one is void.
  void Reset();

  // What its good answers told.
  AccountStats& stats() { return stats_; }
  const AccountStats& stats() const { return stats_; }

  // For people: nothing is chosen by it, and Reset leaves it.
  AccountFigures& figures() { return figures_; }
  const AccountFigures& figures() const { return figures_; }

 private:
  using Scope = RestingScope;
  using Models = std::map<std::string, Scope, std::less<>>;

  static Look LookAt(const Scope& scope, std::int64_t now_unix_ms);
  static bool BeganAfter(const Ticket& ticket, const Scope& scope);
  Scope* Find(std::string_view model);  // the account's for an empty name; nullptr = it is well
  Scope& Open(std::string_view model);
  void NoteTrouble();
  void NoteRecovery();
  bool BeganBeforeRecovery(const Ticket& ticket) const;

  const std::int64_t account_id_;
  std::atomic<std::int64_t> rejected_at_{0};
  std::atomic<int> failures_in_row_{0};
  std::atomic<std::uint32_t> epoch_{0};  // grows with each rest and each recovery of any scope
  std::atomic<std::uint32_t> recovered_epoch_{0};  // of the last recovery
  std::atomic<bool> troubled_{false};              // some scope is open: look under the lock
  mutable std::mutex mutex_;
  std::optional<Scope> account_;  // these two by mutex_
  Models models_;
  std::uint32_t last_probe_ = 0;
  AccountStats stats_;
  AccountFigures figures_;
};

}  // namespace weir::relay

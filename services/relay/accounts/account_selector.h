// Which account serves a request, and which one after it: the same input gives the same choice on
// every relay. What it reads beside the snapshot is each account's health. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/stable_hash.h"
#include "services/relay/accounts/account_dialect.h"
#include "services/relay/accounts/session_memory.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// Where an account stands for one request; the first three may be tried.
enum class Verdict : std::uint8_t {
  kServes,
  kSlow,       // its streams begin much later than its peers': behind them
  kNearLimit,  // its provider says little is left, and the session is new to it: a last resort
  kAtLimit,    // its provider says nothing is left: a last resort
  kOtherModel,
  kOtherDialect,
  kDisabled,
  kRejected,
  kResting,
  kProbing,
  kUnpriced,
};

struct Judgement {
  const Account* account = nullptr;
  Verdict verdict = Verdict::kServes;
  std::string_view reason = {};    // word of libs/common/reason.h; empty = it serves
  std::int64_t until_unix_ms = 0;  // 0 = no end is known
};

struct SelectionRequest {
  std::int64_t group_id = 0;
  std::string_view model;  // requested model, after the group's mapping
  Dialect dialect = Dialect::kAnthropicMessages;
  // Others that the request can be translated into, a bit each: 1 << dialect.
  std::uint32_t translatable = 0;
  bool native_only = false;  // those are left out, and say so
  std::int64_t now_unix_ms = 0;
  // Requests with the same seed choose alike: hash of the conversation, or random when it has none.
  std::uint64_t seed = 0;
  bool must_be_priced = false;
  std::uint64_t only_family = 0;  // 0 = any; else none but this one's accounts
  // Null: no session is known to any account.
  const SessionMemory* sessions = nullptr;
  // Null, or where each account is put that does not simply serve, with what stands in its way.
  std::vector<Judgement>* judgements = nullptr;
};

struct Selection {
  // In the order to try; at most as many as were wanted.
  std::vector<const Account*> accounts;
  // When `accounts` is empty: why, as a word of libs/common/reason.h, and for accounts that only
  // rest, until when the first of them does.
  std::string_view reason;
  std::int64_t earliest_unix_ms = 0;
};

// Candidates: in the group, serve the model in this dialect or one that it can be translated into,
// enabled, not rejected, not
// resting, not being tried. Smaller priority number first; within a priority by weighted rendezvous
// hashing, so that each takes a share of the conversations by its weight, and when one goes and
// comes back only its own move. Last resorts come last, those that need translation behind all that
// need none. Among many accounts it looks at some hundred, whatever their number.
Selection SelectAccounts(const Snapshot& snapshot, const SelectionRequest& request,
                         std::size_t wanted);

// Streams of an account are slow when they take this many times as long to begin as those of the
// best of the next candidates, and this much longer.
inline constexpr std::int64_t kSlowTimes = 4;
inline constexpr std::int64_t kSlowMs = 2'000;

// Up to so many accounts of one priority are compared one by one; of more, by buckets.
inline constexpr std::size_t kComparedMax = 64;

// The account that is first in the order when all of the group are well; nullptr = none serves the
// model.
const Account* HomeAccount(const Snapshot& snapshot, const SelectionRequest& request);

}  // namespace weir::relay

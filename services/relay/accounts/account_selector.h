// Which account serves a request, and which one after it. Pure: the same input gives the same
// choice on every relay. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/dialect.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

struct SelectionRequest {
  std::int64_t group_id = 0;
  std::string_view model;  // requested model, after the group's mapping
  Dialect dialect = Dialect::kAnthropicMessages;
  std::int64_t now_unix_ms = 0;
  // Requests with the same seed choose alike: hash of the conversation, or random when it has none.
  std::uint64_t seed = 0;
};

struct Selection {
  // In the order to try; at most attempts_max.
  std::vector<const Account*> accounts;
  // When `accounts` is empty: why, as a word of libs/common/reason.h, and for accounts that only
  // cool down, until when the first of them does.
  std::string_view reason;
  std::int64_t earliest_unix_ms = 0;
};

// Candidates: in the group, serve the model natively in this dialect, enabled, not rejected, not
// cooling down. Smaller priority number first; within a priority by weighted rendezvous hashing.
Selection SelectAccounts(const Snapshot& snapshot, const SelectionRequest& request,
                         std::size_t attempts_max);

// Speaks this dialect without translation.
bool SpeaksNatively(Platform platform, Dialect dialect);

// 64 bits that depend on all of `text`; the same in every process.
std::uint64_t StableHash(std::string_view text);

}  // namespace weir::relay

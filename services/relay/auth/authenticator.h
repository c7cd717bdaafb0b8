// Who asks, and may they: from the presented key to the key, user and group of the snapshot. No
// I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/http1/head_parser.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// Pointers into the snapshot. On refusal `reason` is set (and, where it is known whose key it is,
// the pointers too, so that the refusal can be recorded).
struct Caller {
  const ApiKey* key = nullptr;
  const User* user = nullptr;
  const Group* group = nullptr;
  std::string_view reason;  // empty = let in
};

// Accepts the key wherever the clients of any protocol put it: Authorization: Bearer, x-api-key,
// x-goog-api-key, api-key, or ?key=. A playground token stands for its key
// (libs/common/playground_token.h); it is looked for where no key is found, so that keys pay
// nothing for it.
std::string_view PresentedKey(const RequestHead& head);

Caller Authenticate(const Snapshot& snapshot, std::string_view presented_key,
                    std::string_view client_address, std::int64_t now_unix_ms);

// The same for a key that is known, wherever it comes from.
Caller CallerOf(const Snapshot& snapshot, const ApiKey& key, std::int64_t now_unix_ms);

// False: the key's list of models does not have it.
bool MayUseModel(const ApiKey& key, std::string_view model);

}  // namespace weir::relay

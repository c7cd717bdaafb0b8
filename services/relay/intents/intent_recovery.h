// What a relay had under way when it was killed, made into usage events of the next start.
#pragma once

#include <cstdint>
#include <string>

#include "services/relay/metering/usage_spool.h"

namespace weir::relay {

// Where IntentFile::Create may make a new one in a spool's folder; never the same twice.
std::string NewIntentPath(const std::string& folder, int writer);

struct IntentRecovery {
  std::int64_t events = 0;   // appended: requests that were under way
  std::int64_t settled = 0;  // had their end in the spool already
  std::int64_t damaged = 0;
  bool all = true;  // false: some found no room, or could not be read; the files stay
};

// Appends an event with error class relay_died for each request that `folder`'s files of intents
// hold and whose end is not in the spool, then removes the files. When one found no room they stay
// for the next start; ids make repeats harmless. Before the spool's reader starts.
IntentRecovery RecoverIntents(const std::string& folder, UsageSpool& spool);

}  // namespace weir::relay

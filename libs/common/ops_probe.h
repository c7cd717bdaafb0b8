// `weir-relay health` and the like: asks the internal port of a service whether it lives, for what
// watches containers without a shell or curl in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "libs/common/settings.h"

namespace weir {

// GET http://`listen``path`; a listener on all addresses is asked by loopback. OK when the answer
// is 200; Unavailable says what came instead.
absl::Status ProbeOps(const std::string& listen, std::string_view path);

// When the command line's only word is `health` or `ready`: what the service on this machine with
// these settings answers. `log-level` prints its level, `log-level debug` changes it. Nothing: it
// is another command.
std::optional<absl::Status> ProbeCommand(const Settings& settings);

}  // namespace weir

// To whom spans are told, out of the settings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "libs/common/settings.h"
#include "services/relay/tracing/trace_policy.h"

namespace weir::relay {

struct TraceCollector {
  std::string target;  // host:port, as gRPC takes it
  bool tls = false;
  std::string ca_pem;                                   // empty = the system's authorities
  std::vector<std::pair<std::string, Secret>> headers;  // of each call
  std::size_t queue_requests = 0;
};

// The rows trace_* of a table of settings.
std::vector<Setting> TraceSettings();

// InvalidArgument names the setting that is wrong.
absl::StatusOr<TracePolicy> LoadTracePolicy(const Settings& settings);
// Nothing: no spans are told.
absl::StatusOr<std::optional<TraceCollector>> LoadTraceCollector(const Settings& settings);

// A line `name=value` each; empty ones and those that begin with # are skipped. InvalidArgument
// never repeats a value.
absl::StatusOr<std::vector<std::pair<std::string, Secret>>> ParseTraceHeaders(const Secret& text);

}  // namespace weir::relay

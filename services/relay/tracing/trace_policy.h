// What the settings say of traces: which requests have one, and which upstreams hear of it. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::relay {

// Hosts by name: "gpu.internal", "*.internal" (those below it), "*" (all).
class HostList {
 public:
  HostList() = default;
  // Separated by commas. InvalidArgument for what is no host: a URL, a port, a star elsewhere.
  static absl::StatusOr<HostList> Parse(std::string_view text);

  bool empty() const { return hosts_.empty(); }
  bool Has(std::string_view host) const;  // in any case

 private:
  std::vector<std::string> hosts_;
};

struct TracePolicy {
  HostList propagate_to;

  bool on() const { return !propagate_to.empty(); }
};

}  // namespace weir::relay

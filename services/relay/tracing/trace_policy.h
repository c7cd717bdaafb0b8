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
  bool exported = false;        // there is somebody to tell of spans
  std::int64_t sample_ppm = 0;  // of the requests whose client does not say
  HostList propagate_to;

  bool on() const { return exported || !propagate_to.empty(); }
};

// Whether the request of that id (UUIDv7, 16 bytes) is one of so many in a million. The same id and
// share give the same answer everywhere, and what is chosen at a share is chosen at any greater
// one.
bool IsSampled(std::string_view id, std::int64_t share_ppm);

}  // namespace weir::relay

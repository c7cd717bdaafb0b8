// What the spool keeps for one writer.
#pragma once

#include <cstdint>
#include <memory>

#include "services/relay/metering/usage_spool.h"

namespace weir::relay {

// By the spool's mutex, but for `writer`.
struct SpoolWriter::Slot {
  std::uint32_t writer = 0;
  bool in_use = false;
  std::shared_ptr<SpoolSegment> spare;  // made in advance; not among the spool's segments
};

}  // namespace weir::relay

// A body as it is sent: masked, cut, compressed. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/relay/bodies/body_masker.h"
#include "services/relay/bodies/captured_bodies.h"

namespace weir::relay {

struct BodyRecord {
  std::string bytes;  // a weir.v1.RecordedBody, serialized
  std::int64_t masked = 0;
};

// All that is there of one request. `masker` was made by the same rules.
std::vector<BodyRecord> MakeBodyRecords(CapturedBodies captured, const BodyMasker& masker);

}  // namespace weir::relay

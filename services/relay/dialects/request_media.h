// Images and documents in request bodies. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

struct BodyMeasure {
  // About how many go in with the body, for when nobody tells: four bytes a token, but what stands
  // in it as base64 (images, documents) counts as one picture each.
  std::int64_t estimated_tokens = 0;
  std::int64_t non_ascii_bytes = 0;
};

// In one reading: a long body is not in the cache for a second one.
BodyMeasure MeasureBody(std::string_view body);
// The same for Gemini's, where no word says base64: what stands in `inlineData` is.
BodyMeasure MeasureGeminiBody(std::string_view body);

// True when a message holds an image, a document or a file. Looks into the messages only when the
// words for them stand somewhere in there. `body` as for ScanRequest.
bool HasMedia(const RequestFacts& facts, std::string_view body);

}  // namespace weir::relay

// The events of OpenAI's Responses, as far as the meter needs them. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/dialects/sse.h"

namespace weir::relay {

// Views into the event.
struct ResponseEvent {
  enum class Kind : std::uint8_t {
    kOther,
    kCreated,
    kEnd,     // completed, or incomplete
    kFailed,  // the answer, or the stream
  };
  Kind kind = Kind::kOther;
  std::string_view response;  // whole, where the kind has one
  std::string_view delta;     // what the model wrote, as it stands between its quotes
};

ResponseEvent ReadResponseEvent(const SseEvent& event);

// Of a whole response, which may be large, what tells who answers: {"id", "created_at", "model"}.
std::string ResponseIdentity(std::string_view response);

}  // namespace weir::relay

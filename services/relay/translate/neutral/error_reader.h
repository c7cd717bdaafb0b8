// An upstream's refusal, in whatever shape its dialect has for it: Anthropic's, Google's
// (google.rpc.Status), OpenAI's, and what their kin make of these. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/upstream_error.h"

namespace weir::relay {

// What `error` holds: `message` and `param` escaped, the words decoded.
struct ErrorFields {
  std::string_view message;
  std::string_view param;
  std::string_view code;    // OpenAI's
  std::string_view type;    // Anthropic's and OpenAI's
  std::string_view status;  // Google's

  // The one that says most.
  std::string_view word() const { return !code.empty() ? code : !type.empty() ? type : status; }
};

// `error` may be an object, or the message itself. For readers alone.
void ReadErrorFields(ondemand::value error, JsonReader& in, ErrorFields& fields);

// The body of an answer with `status`, which may be anything: what cannot be read gives an error
// that says so.
UpstreamError ReadError(int status, std::string_view body);

}  // namespace weir::relay

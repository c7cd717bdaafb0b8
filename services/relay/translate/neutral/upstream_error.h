// A refusal of an upstream's, between its dialect and the client's. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::relay {

// What a refusal means where statuses do not say enough.
enum class ErrorTopic : std::uint8_t {
  kOther,
  kContextTooLong,  // clients shorten the conversation themselves
  kRateLimit,
  kOverload,
  kQuota,
};

struct UpstreamError {
  int status = 0;  // of the answer; 0 = told inside a stream
  ErrorTopic topic = ErrorTopic::kOther;
  std::string message;  // escaped JSON text; never empty
  std::string param;    // the field at fault, escaped; empty = not told
};

// From the words that stand in an error's type and code, in any dialect.
ErrorTopic TopicOf(std::string_view type_or_code);

// What a provider said, or the status when it said nothing.
std::string MessageOf(std::string_view told, int status);

}  // namespace weir::relay

#include "services/relay/translate/openai_responses/error_words.h"

namespace weir::relay::openai_responses {

std::string_view ErrorCode(ErrorTopic topic) {
  switch (topic) {
    case ErrorTopic::kContextTooLong:
      return "context_length_exceeded";
    case ErrorTopic::kRateLimit:
      return "rate_limit_exceeded";
    case ErrorTopic::kOverload:
      return "server_is_overloaded";
    case ErrorTopic::kQuota:
      return "insufficient_quota";
    case ErrorTopic::kOther:
      break;
  }
  return "server_error";
}

}  // namespace weir::relay::openai_responses

#include "services/relay/translate/neutral/upstream_error.h"

#include <array>
#include <utility>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::array kTopics = {
    std::pair<std::string_view, ErrorTopic>{"context_length_exceeded", ErrorTopic::kContextTooLong},
    std::pair<std::string_view, ErrorTopic>{"rate_limit_error", ErrorTopic::kRateLimit},
    std::pair<std::string_view, ErrorTopic>{"rate_limit_exceeded", ErrorTopic::kRateLimit},
    std::pair<std::string_view, ErrorTopic>{"overloaded_error", ErrorTopic::kOverload},
    std::pair<std::string_view, ErrorTopic>{"overloaded", ErrorTopic::kOverload},
    std::pair<std::string_view, ErrorTopic>{"server_is_overloaded", ErrorTopic::kOverload},
    std::pair<std::string_view, ErrorTopic>{"service_unavailable", ErrorTopic::kOverload},
    std::pair<std::string_view, ErrorTopic>{"RESOURCE_EXHAUSTED", ErrorTopic::kRateLimit},
    std::pair<std::string_view, ErrorTopic>{"UNAVAILABLE", ErrorTopic::kOverload},
    std::pair<std::string_view, ErrorTopic>{"insufficient_quota", ErrorTopic::kQuota},
    std::pair<std::string_view, ErrorTopic>{"billing_error", ErrorTopic::kQuota},
};

}  // namespace

ErrorTopic TopicOf(std::string_view type_or_code) {
  for (const auto& [word, topic] : kTopics) {
    if (word == type_or_code) return topic;
  }
  return ErrorTopic::kOther;
}

std::string MessageOf(std::string_view told, int status) {
  if (!told.empty()) return std::string(told);
  return StrCat("The provider refused the request with status ", status, ".");
}

}  // namespace weir::relay

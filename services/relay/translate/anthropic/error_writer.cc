#include "services/relay/translate/anthropic/error_writer.h"

#include <array>
#include <utility>

#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::anthropic {
namespace {

constexpr int kServiceUnavailable = 503;
constexpr int kOverloaded = 529;

constexpr std::array kTypes = {
    std::pair<int, std::string_view>{400, "invalid_request_error"},
    std::pair<int, std::string_view>{401, "authentication_error"},
    std::pair<int, std::string_view>{402, "billing_error"},
    std::pair<int, std::string_view>{403, "permission_error"},
    std::pair<int, std::string_view>{404, "not_found_error"},
    std::pair<int, std::string_view>{409, "conflict_error"},
    std::pair<int, std::string_view>{413, "request_too_large"},
    std::pair<int, std::string_view>{429, "rate_limit_error"},
    std::pair<int, std::string_view>{504, "timeout_error"},
    std::pair<int, std::string_view>{kOverloaded, "overloaded_error"},
};

// Clients look for these words, and shorten the conversation.
constexpr std::string_view kTooLong = "prompt is too long";

std::string_view TypeOf(const UpstreamError& error) {
  const int status = ErrorStatus(error.status);
  for (const auto& [known, type] : kTypes) {
    if (known == status) return type;
  }
  if (status >= 400 && status < 500) return "invalid_request_error";
  switch (error.topic) {
    case ErrorTopic::kRateLimit:
      return "rate_limit_error";
    case ErrorTopic::kOverload:
      return "overloaded_error";
    case ErrorTopic::kQuota:
      return "billing_error";
    case ErrorTopic::kContextTooLong:
      return "invalid_request_error";
    case ErrorTopic::kOther:
      break;
  }
  return "api_error";
}

}  // namespace

int ErrorStatus(int upstream_status) {
  return upstream_status == kServiceUnavailable ? kOverloaded : upstream_status;
}

void WriteError(const UpstreamError& error, std::string_view request_id, std::string& out) {
  JsonOut json(out);
  json.out() += R"({"type":"error","error":{)";
  json.Text("type", TypeOf(error));
  const bool too_long = error.topic == ErrorTopic::kContextTooLong &&
                        error.message.find(kTooLong) == std::string::npos;
  json.Key("message");
  StrAppend(out, '"', too_long ? kTooLong : "", too_long ? ": " : "", error.message, '"');
  json.End('}');
  json.Text("request_id", request_id);
  json.End('}');
}

void WriteErrorEvent(const UpstreamError& error, std::string_view request_id, std::string& out) {
  out += "event: error\ndata: ";
  WriteError(error, request_id, out);
  out += "\n\n";
}

}  // namespace weir::relay::anthropic

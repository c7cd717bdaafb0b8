#include "services/relay/translate/openai_chat/error_writer.h"

#include <array>

#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::openai_chat {
namespace {

constexpr int kServiceUnavailable = 503;
constexpr int kOverloaded = 529;

struct Words {
  std::string_view type;
  std::string_view code;  // empty = null
};

struct StatusRow {
  int status;
  Words words;
};

constexpr std::array kStatuses = {
    StatusRow{401, {"invalid_request_error", "invalid_api_key"}},
    StatusRow{402, {"insufficient_quota", "insufficient_quota"}},
    StatusRow{403, {"permission_error", ""}},
    StatusRow{404, {"invalid_request_error", "model_not_found"}},
    StatusRow{429, {"requests", "rate_limit_exceeded"}},
};

Words WordsOf(const UpstreamError& error) {
  switch (error.topic) {
    case ErrorTopic::kContextTooLong:
      return {"invalid_request_error", "context_length_exceeded"};
    case ErrorTopic::kRateLimit:
      return {"requests", "rate_limit_exceeded"};
    case ErrorTopic::kQuota:
      return {"insufficient_quota", "insufficient_quota"};
    case ErrorTopic::kOverload:
      return {"server_error", "overloaded"};
    case ErrorTopic::kOther:
      break;
  }
  for (const StatusRow& row : kStatuses) {
    if (row.status == error.status) return row.words;
  }
  const bool callers = error.status >= 400 && error.status < 500;
  return {callers ? "invalid_request_error" : "server_error", ""};
}

}  // namespace

int ErrorStatus(int upstream_status) {
  return upstream_status == kOverloaded ? kServiceUnavailable : upstream_status;
}

void WriteError(const UpstreamError& error, std::string_view request_id, std::string& out) {
  const Words words = WordsOf(error);
  const auto text_or_null = [&out](std::string_view text) {
    StrAppend(out, text.empty() ? "null" : "\"", text, text.empty() ? "" : "\"");
  };
  StrAppend(out, R"({"error":{"message":")", error.message, R"(","type":")", words.type,
            R"(","param":)");
  text_or_null(error.param);
  out += ",\"code\":";
  text_or_null(words.code);
  StrAppend(out, R"(,"request_id":")", request_id, "\"}}");
}

void WriteErrorEvent(const UpstreamError& error, std::string_view request_id, std::string& out) {
  out += "data: ";
  WriteError(error, request_id, out);
  out += "\n\n";
}

}  // namespace weir::relay::openai_chat

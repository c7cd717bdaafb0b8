#include "services/relay/local_reply.h"

#include <array>

#include "libs/common/json_text.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/dialects/google_status.h"
#include "services/relay/translate/plain_error.h"

namespace weir::relay {
namespace {

// The word that Anthropic's clients know not to try again after; ours stands beside it.
constexpr std::string_view kSpendLimitReached = "enforced_spend_limit_reached";

std::string AnthropicBody(const ReplyRow& row, const LocalReply& reply,
                          std::string_view request_id) {
  std::string body =
      StrCat(R"({"type":"error","error":{"type":")", row.anthropic.type, R"(","message":)");
  AppendJsonString(body, reply.message);
  const bool spent = row.reason == reason::kBudgetExceeded;
  StrAppend(body, R"(,"details":{"error_code":")", spent ? kSpendLimitReached : row.reason, "\"");
  if (spent) StrAppend(body, R"(,"reason":")", row.reason, "\"");
  if (!reply.limit.empty()) StrAppend(body, R"(,"limit":")", reply.limit, "\"");
  StrAppend(body, R"(}},"request_id":")", request_id, R"("})");
  return body;
}

// What its SDKs compare with: OpenAI's own word where it has one.
std::string_view OpenAiCode(const ReplyRow& row) {
  return row.openai_code.empty() ? row.reason : row.openai_code;
}

std::string OpenAiBody(const ReplyRow& row, const LocalReply& reply, std::string_view request_id) {
  std::string body = R"({"error":{"message":)";
  AppendJsonString(body, reply.message);
  StrAppend(body, R"(,"type":")", reply.limit == "tokens" ? reply.limit : row.openai.type,
            R"(","param":)");
  if (reply.limit.empty()) {
    body += "null";
  } else {
    StrAppend(body, "\"", reply.limit, "\"");
  }
  StrAppend(body, R"(,"code":")", OpenAiCode(row), R"(","request_id":")", request_id, R"("}})");
  return body;
}

// google.rpc.Status, with our word as the reason of its ErrorInfo.
std::string GeminiBody(const LocalReply& reply, std::string_view request_id) {
  const int status = LocalReplyStatus(reply, Dialect::kGemini);
  std::string body = StrCat(R"({"error":{"code":)", status, R"(,"message":)");
  AppendJsonString(body, reply.message);
  StrAppend(body, R"(,"status":")", GoogleWord(status), R"(","details":[{"@type":)",
            R"("type.googleapis.com/google.rpc.ErrorInfo","reason":")",
            ReplyRowOf(reply.reason).reason, R"(","domain":"weir","metadata":{"request_id":")",
            request_id, "\"");
  if (!reply.limit.empty()) StrAppend(body, R"(,"limit":")", reply.limit, "\"");
  body += "}}";
  if (reply.retry_after_s > 0) {
    StrAppend(body, R"(,{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")",
              reply.retry_after_s, "s\"}");
  }
  return body + "]}}";
}

}  // namespace

LocalReply FillReply(std::string_view reason, Telling telling, std::span<const std::string> parts) {
  constexpr std::string_view kPlace = "{}";
  const ReplyRow& row = ReplyRowOf(reason);
  LocalReply reply{row.reason, {}, row.retry_after_s};
  reply.worth_retrying = row.worth_retrying;
  std::string_view rest = ReplySentence(row, telling);
  for (const std::string& part : parts) {
    const std::size_t place = rest.find(kPlace);
    if (place == std::string_view::npos) break;
    StrAppend(reply.message, rest.substr(0, place), part);
    rest.remove_prefix(place + kPlace.size());
  }
  reply.message += rest;
  return reply;
}

int LocalReplyStatus(const LocalReply& reply, Dialect dialect) {
  if (reply.status != 0) return reply.status;
  const ReplyRow& row = ReplyRowOf(reply.reason);
  return (dialect == Dialect::kAnthropicMessages ? row.anthropic : row.openai).status;
}

std::string LocalReplyBody(const LocalReply& reply, Dialect dialect, std::string_view request_id) {
  const ReplyRow& row = ReplyRowOf(reply.reason);
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return AnthropicBody(row, reply, request_id);
    case Dialect::kGemini:
      return GeminiBody(reply, request_id);
    case Dialect::kOpenAiChat:
    case Dialect::kOpenAiResponses:
      break;
  }
  return OpenAiBody(row, reply, request_id);
}

std::string PlainReplyBody(const LocalReply& reply, int status, std::string_view request_id) {
  std::string message;
  AppendJsonString(message, reply.message);
  std::string body;
  AppendPlainError({std::string_view(message).substr(1, message.size() - 2), status,
                    ReplyRowOf(reply.reason).reason, request_id},
                   body);
  return body;
}

std::string LocalReplyEvent(const LocalReply& reply, Dialect dialect, std::string_view request_id,
                            std::int64_t sequence) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return StrCat("event: error\ndata: ", LocalReplyBody(reply, dialect, request_id), "\n\n");
    case Dialect::kOpenAiChat:
      return StrCat("data: ", LocalReplyBody(reply, dialect, request_id), "\n\n");
    case Dialect::kGemini:
      return StrCat("data: ", LocalReplyBody(reply, dialect, request_id), "\r\n\r\n");
    case Dialect::kOpenAiResponses:
      break;
  }
  std::string event = StrCat(R"(event: error
data: {"type":"error","code":")",
                             OpenAiCode(ReplyRowOf(reply.reason)), R"(","message":)");
  AppendJsonString(event, reply.message);
  StrAppend(event, R"(,"param":null,"sequence_number":)", sequence, "}\n\n");
  return event;
}

}  // namespace weir::relay

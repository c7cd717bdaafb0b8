#include "services/relay/local_reply.h"

#include <array>

#include "libs/common/json_text.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

// Statuses and types that the SDKs act on: 401 and 403 are final (a client that waits and retries
// on 401 gets it only for a key that may yet come to exist), 429 and 5xx are retried.
struct Row {
  std::string_view reason;
  int anthropic_status;
  std::string_view anthropic_type;
  int openai_status;
  std::string_view openai_type;
};

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kPermission = "permission_error";
constexpr std::string_view kServer = "server_error";
constexpr std::string_view kApi = "api_error";
constexpr std::string_view kOverloaded = "overloaded_error";

constexpr std::array kRows = {
    Row{reason::kBadRequest, 400, kInvalid, 400, kInvalid},
    Row{reason::kBadParameter, 400, kInvalid, 400, kInvalid},
    Row{reason::kMalformedJson, 400, kInvalid, 400, kInvalid},
    Row{reason::kBodyTooLarge, 413, "request_too_large", 413, kInvalid},
    Row{reason::kHeadTooLarge, 431, kInvalid, 431, kInvalid},
    Row{reason::kRequestTimeout, 408, "timeout_error", 408, kInvalid},
    Row{reason::kUnknownEndpoint, 404, "not_found_error", 404, kInvalid},
    Row{reason::kMethodNotAllowed, 405, kInvalid, 405, kInvalid},
    Row{reason::kUnsupportedEncoding, 415, kInvalid, 415, kInvalid},
    Row{reason::kKeyMissing, 401, "authentication_error", 401, kInvalid},
    Row{reason::kKeyUnknown, 401, "authentication_error", 401, kInvalid},
    Row{reason::kKeyDisabled, 403, kPermission, 403, kPermission},
    Row{reason::kKeyExpired, 403, kPermission, 403, kPermission},
    Row{reason::kKeyExhausted, 403, kPermission, 403, "insufficient_quota"},
    Row{reason::kUserDisabled, 403, kPermission, 403, kPermission},
    Row{reason::kGroupDisabled, 403, kPermission, 403, kPermission},
    Row{reason::kIpNotAllowed, 403, kPermission, 403, kPermission},
    Row{reason::kModelNotAllowed, 403, kPermission, 403, kPermission},
    Row{reason::kModelNotFound, 404, "not_found_error", 404, kInvalid},
    Row{reason::kDialectNotServed, 400, kInvalid, 400, kInvalid},
    Row{reason::kModelUnpriced, 400, kInvalid, 400, kInvalid},
    Row{reason::kNoAccountAvailable, 529, kOverloaded, 503, kServer},
    Row{reason::kUpstreamConnect, 502, kApi, 502, kServer},
    Row{reason::kUpstreamTimeout, 504, "timeout_error", 504, kServer},
    Row{reason::kUpstreamMalformed, 502, kApi, 502, kServer},
    Row{reason::kUpstreamClosed, 502, kApi, 502, kServer},
    Row{reason::kUpstreamRateLimited, 429, "rate_limit_error", 429, "requests"},
    Row{reason::kUpstreamOverloaded, 529, kOverloaded, 503, kServer},
    Row{reason::kUpstreamRejected, 400, kInvalid, 400, kInvalid},
    Row{reason::kUpstreamError, 502, kApi, 502, kServer},
    Row{reason::kCredentialRejected, 503, kApi, 503, kServer},
    Row{reason::kStreamError, 502, kApi, 502, kServer},
    Row{reason::kStreamIncomplete, 502, kApi, 502, kServer},
    Row{reason::kNotReady, 503, kApi, 503, kServer},
    Row{reason::kSpoolFull, 503, kApi, 503, kServer},
    Row{reason::kInternal, 500, kApi, 500, kServer},
};

const Row& Find(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.reason == name) return row;
  }
  return kRows.back();  // a reason without a row is a bug; the client still gets an answer
}

// What an SDK compares with: OpenAI's own words where it has them.
std::string_view OpenAiCode(std::string_view name) {
  if (name == reason::kKeyMissing || name == reason::kKeyUnknown) return "invalid_api_key";
  if (name == reason::kKeyExhausted) return "insufficient_quota";
  if (name == reason::kUpstreamRateLimited) return "rate_limit_exceeded";
  return name;
}

std::string AnthropicBody(const Row& row, const LocalReply& reply, std::string_view request_id) {
  std::string body =
      StrCat(R"({"type":"error","error":{"type":")", row.anthropic_type, R"(","message":)");
  AppendJsonString(body, reply.message);
  StrAppend(body, R"(,"details":{"error_code":")", row.reason, R"("}},"request_id":")", request_id,
            R"("})");
  return body;
}

std::string OpenAiBody(const Row& row, const LocalReply& reply, std::string_view request_id) {
  std::string body = R"({"error":{"message":)";
  AppendJsonString(body, reply.message);
  StrAppend(body, R"(,"type":")", row.openai_type, R"(","param":null,"code":")",
            OpenAiCode(row.reason), R"(","request_id":")", request_id, R"("}})");
  return body;
}

}  // namespace

int LocalReplyStatus(const LocalReply& reply, Dialect dialect) {
  if (reply.status != 0) return reply.status;
  const Row& row = Find(reply.reason);
  return dialect == Dialect::kAnthropicMessages ? row.anthropic_status : row.openai_status;
}

std::string LocalReplyBody(const LocalReply& reply, Dialect dialect, std::string_view request_id) {
  const Row& row = Find(reply.reason);
  return dialect == Dialect::kAnthropicMessages ? AnthropicBody(row, reply, request_id)
                                                : OpenAiBody(row, reply, request_id);
}

std::string LocalReplyEvent(const LocalReply& reply, Dialect dialect, std::string_view request_id) {
  const std::string body = LocalReplyBody(reply, dialect, request_id);
  if (dialect == Dialect::kAnthropicMessages) return StrCat("event: error\ndata: ", body, "\n\n");
  return StrCat("data: ", body, "\n\n");
}

}  // namespace weir::relay

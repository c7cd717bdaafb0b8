#include "services/relay/responses_messages.h"

#include <algorithm>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/dialects/json_member.h"

namespace weir::relay {
namespace {

// What belongs to the connection or its opening, and not to the requests made over it.
bool StaysBehind(std::string_view name) {
  constexpr std::array<std::string_view, 9> kStays = {
      "host",   "connection",        "upgrade", "content-length", "content-type",
      "accept", "transfer-encoding", "expect",  "accept-encoding"};
  constexpr std::string_view kWebSocket = "sec-websocket-";
  return EqualsIgnoreCase(name.substr(0, kWebSocket.size()), kWebSocket) ||
         std::any_of(kStays.begin(), kStays.end(),
                     [name](std::string_view stays) { return EqualsIgnoreCase(name, stays); });
}

std::string ErrorMessage(int status, std::string_view error, std::string_view retry_after) {
  std::string out = StrCat(R"({"type":"error","status":)", status, R"(,"error":)", error);
  if (!retry_after.empty()) {
    out += R"(,"headers":{"retry-after":)";
    AppendJsonString(out, retry_after);
    out += "}";
  }
  return out += "}";
}

}  // namespace

Secret TurnHead(const RequestHead& handshake) {
  std::string head = StrCat("POST ", handshake.target,
                            " HTTP/1.1\r\nhost: weir\r\ncontent-type: application/json\r\n"
                            "accept: text/event-stream\r\nconnection: close\r\n");
  for (const HeaderField& field : handshake.all()) {
    if (!StaysBehind(field.name)) StrAppend(head, field.name, ": ", field.value, "\r\n");
  }
  return Secret(std::move(head));
}

std::string MessageRefused(std::string_view what) {
  constexpr int kBadRequest = 400;
  std::string error =
      R"({"type":"invalid_request_error","code":"bad_parameter","param":null,"message":)";
  AppendJsonString(error, StrCat("The message is refused: ", what, "."));
  return ErrorMessage(kBadRequest, error + "}", {});
}

std::array<std::string, 2> WarmUpMessages(std::string_view id) {
  const auto event = [id](std::string_view type, int number, std::string_view status) {
    return StrCat(
        R"({"type":")", type, R"(","sequence_number":)", number,
        R"(,"response":{"object":"response","id":")", id, R"(","status":")", status,
        R"(","output":[],"usage":{"input_tokens":0,"output_tokens":0,"total_tokens":0}}})");
  };
  return {event("response.created", 0, "in_progress"), event("response.completed", 1, "completed")};
}

std::string RequestRefused(int status, std::string_view body, std::string_view retry_after) {
  constexpr std::string_view kNone = R"({"type":"server_error","message":"The request failed."})";
  JsonMemberFinder error("error", body.size());
  error.Feed(body);
  return ErrorMessage(status, error.value().empty() ? kNone : error.value(), retry_after);
}

}  // namespace weir::relay

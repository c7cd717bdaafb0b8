#include "services/relay/cross_origin.h"

#include <algorithm>
#include <string>
#include <vector>

#include "libs/common/reason.h"
#include "services/relay/http/response_head.h"
#include "services/relay/local_answer.h"

namespace weir::relay {

std::string_view ConsoleOrigin(const Snapshot* snapshot, const RequestHead& head) {
  if (snapshot == nullptr) return {};
  if (snapshot->settings().console->origins.empty()) return {};
  return ConsoleOrigin(snapshot, head.Find("origin"));
}

std::string_view ConsoleOrigin(const Snapshot* snapshot, std::string_view origin) {
  if (snapshot == nullptr || origin.empty()) return {};
  const std::vector<std::string>& origins = snapshot->settings().console->origins;
  const auto found = std::find(origins.begin(), origins.end(), origin);
  return found == origins.end() ? std::string_view() : std::string_view(*found);
}

bool IsPreflight(const RequestContext& context, const RequestHead& head, std::string_view refusal) {
  return !context.console_origin.empty() && refusal == reason::kMethodNotAllowed &&
         head.method == "OPTIONS" && !head.Find("access-control-request-method").empty();
}

Task<void> AnswerPreflight(RequestContext& context, Exchange& exchange) {
  if (exchange.body_unread()) exchange.CloseAfter();
  std::string fields;
  AppendPreflightFields(fields);
  SendLocalAnswer(context, exchange, "", "text/plain", fields);
  co_await exchange.Flush();
}

}  // namespace weir::relay

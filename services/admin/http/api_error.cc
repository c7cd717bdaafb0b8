#include "services/admin/http/api_error.h"

#include <map>
#include <string>

#include "libs/common/json_text.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

struct Shown {
  int http_status;
  std::string_view reason;
};

Shown ShownFor(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return {400, reason::kBadParameter};
    case absl::StatusCode::kUnauthenticated:
      return {401, reason::kNotLoggedIn};
    case absl::StatusCode::kPermissionDenied:
      return {403, reason::kNotAllowed};
    case absl::StatusCode::kNotFound:
      return {404, reason::kNotFound};
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return {409, reason::kConflict};
    case absl::StatusCode::kResourceExhausted:
      return {429, reason::kTooManyRequests};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return {503, reason::kServiceAway};
    default:
      return {500, reason::kInternal};
  }
}

Response Make(int http_status, std::string_view reason, std::string_view message,
              const std::map<std::string, std::string>& fields, const Request& request) {
  Response response;
  response.status = http_status;
  std::string& body = response.body;
  body = "{\"error\":";
  AppendJsonString(body, message);
  StrAppend(body, ",\"code\":", http_status, "01,\"reason\":");
  AppendJsonString(body, reason);
  body += ",\"request_id\":";
  AppendJsonString(body, request.request_id);
  body += ",\"fields\":{";
  bool first = true;
  for (const auto& [field, what] : fields) {
    if (!first) body += ',';
    first = false;
    AppendJsonString(body, field);
    body += ':';
    AppendJsonString(body, what);
  }
  body += "}}";
  return response;
}

}  // namespace

std::string ShownReason(const absl::Status& status) {
  std::string reason = ReasonOf(status);
  return reason.empty() ? std::string(ShownFor(status.code()).reason) : reason;
}

Response ErrorResponse(const absl::Status& status, const Request& request) {
  const Shown shown = ShownFor(status.code());
  const std::string reason = ReasonOf(status);
  if (!reason.empty()) {
    return Make(shown.http_status, reason, View(status.message()), FieldsOf(status), request);
  }
  // Not made for callers to see: a database's or a library's.
  LogError("request failed", {{"request_id", request.request_id},
                              {"method", request.method},
                              {"path", request.path},
                              {"error", std::string(status.message())}});
  if (shown.http_status == 503) {
    return Make(503, reason::kServiceAway, "a service behind is away; try again", {}, request);
  }
  if (shown.http_status == 409) {
    return Make(409, reason::kConflict, "the request conflicts with what is stored", {}, request);
  }
  return Make(500, reason::kInternal, "something went wrong here; the log knows more", {}, request);
}

Response ErrorResponse(int http_status, std::string_view reason, std::string_view message,
                       const Request& request) {
  return Make(http_status, reason, message, {}, request);
}

}  // namespace weir::admin

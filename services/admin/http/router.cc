#include "services/admin/http/router.h"

#include <algorithm>
#include <exception>
#include <map>
#include <string>
#include <utility>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/admin/http/api_error.h"
#include "services/admin/http/query_check.h"
#include "services/admin/http/unchanged.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/revision_scope.h"

namespace weir::admin {
namespace {

using Params = std::map<std::string, std::string, std::less<>>;

bool Matches(std::string_view pattern, std::string_view path, Params& params) {
  const std::vector<std::string_view> wanted = Split(pattern, '/');
  const std::vector<std::string_view> given = Split(path, '/');
  if (wanted.size() != given.size()) return false;
  params.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) return false;
      params.emplace(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  return true;
}

bool IsText(std::string_view text) {
  return IsValidUtf8(text) && text.find('\0') == std::string_view::npos;
}

// What a database takes as text.
bool IsText(const Request& request) {
  return IsText(request.path) &&
         std::all_of(request.query.begin(), request.query.end(), [](const auto& parameter) {
           return IsText(parameter.first) && IsText(parameter.second);
         });
}

// What is left to those whose password somebody else has made.
absl::Status CheckPassword(const Route& route, const Caller& caller) {
  if (!caller.user.must_change_password || route.doc.before_new_password) return absl::OkStatus();
  return Problem(absl::StatusCode::kPermissionDenied, reason::kNewPasswordNeeded,
                 "choose a password of your own first: POST /api/v1/auth/password");
}

absl::StatusOr<Response> Run(const Route& route, const Request& request,
                             const Authenticate& authenticate) {
  Caller caller;
  if (route.access == Access::kNobody) return NotAllowed("nobody may do this");
  if (route.access == Access::kUser || route.access == Access::kAdmin) {
    auto known = authenticate(request);
    if (!known.ok()) return known.status();
    caller = *std::move(known);
    if (absl::Status may = CheckPassword(route, caller); !may.ok()) return may;
    if (route.access == Access::kAdmin && !caller.is_admin()) {
      return NotAllowed("only administrators may do this");
    }
  }
  const ActorScope scope(
      {caller.user.id, caller.user.username, request.client_ip, request.request_id});
  if (absl::Status query = CheckQuery(request, route.doc.query, route.doc.takes_more_query);
      !query.ok())
    return query;
  const RevisionScope changed;
  absl::StatusOr<Response> response = route.handle(request, caller);
  if (!response.ok()) return response;
  if (changed.revision() != 0) {
    response->headers.emplace_back("X-Weir-Revision", StrCat(changed.revision()));
  }
  AnswerUnchanged(request, *response);
  return response;
}

Response TooMany(const Request& request, std::int64_t seconds) {
  Response response = ErrorResponse(
      429, reason::kTooManyRequests,
      StrCat("too many requests from this address; try again in ", seconds, " s"), request);
  response.headers.emplace_back("Retry-After", StrCat(seconds));
  return response;
}

}  // namespace

Router::Router(std::vector<Route> routes, Authenticate authenticate, Throttle throttle, Pages pages)
    : routes_(std::move(routes)),
      authenticate_(std::move(authenticate)),
      throttle_(std::move(throttle)),
      pages_(std::move(pages)) {
  // Whatever order they come in, `/logs/stats` is itself before it is a `/logs/{id}`.
  const auto path_parameters = [](const Route& route) {
    return std::count(route.path.begin(), route.path.end(), '{');
  };
  std::stable_sort(routes_.begin(), routes_.end(), [&](const Route& a, const Route& b) {
    return path_parameters(a) < path_parameters(b);
  });
}

const Route* Router::Find(Request& request, std::string& allowed) const {
  std::string_view method = request.method;
  if (method == "HEAD") method = "GET";
  Params params;
  std::string_view path;  // the first pattern that matches: a path is either `{id}` or `stats`
  for (const Route& route : routes_) {
    if (!path.empty() && route.path != path) continue;
    if (path.empty() && !Matches(route.path, request.path, params)) continue;
    path = route.path;
    if (route.method == method) {
      request.path_params = std::move(params);
      return &route;
    }
    StrAppend(allowed, allowed.empty() ? "" : ", ", route.method);
  }
  return nullptr;
}

Response Router::Handle(Request& request) const {
  const bool waits = throttle_ != nullptr && request.path.starts_with("/api/");
  if (const std::int64_t seconds = waits ? throttle_(request) : 0; seconds > 0) {
    return TooMany(request, seconds);
  }
  if (pages_ != nullptr) {
    if (std::optional<Response> page = pages_(request)) return *std::move(page);
  }
  std::string allowed;
  const Route* route = Find(request, allowed);
  if (route == nullptr && allowed.empty()) {
    return ErrorResponse(404, reason::kUnknownEndpoint, "there is nothing at this path", request);
  }
  if (route == nullptr) {
    Response response =
        ErrorResponse(405, reason::kMethodNotAllowed, StrCat("this path takes ", allowed), request);
    response.headers.emplace_back("Allow", allowed);
    return response;
  }
  return Answer(*route, request);
}

Response Router::Answer(const Route& route, Request& request) const {
  if (request.body.size() > route.body_bytes_max) {
    return ErrorResponse(413, reason::kBodyTooLarge,
                         StrCat("the body may have at most ", route.body_bytes_max, " bytes"),
                         request);
  }
  if (!IsText(request)) {
    return ErrorResponse(400, reason::kBadParameter, "path and query must be UTF-8 without NUL",
                         request);
  }
  try {
    absl::StatusOr<Response> response = Run(route, request, authenticate_);
    return response.ok() ? *std::move(response) : ErrorResponse(response.status(), request);
  } catch (const std::exception& error) {
    // The last net: libraries throw where we did not expect it.
    return ErrorResponse(absl::InternalError(error.what()), request);
  }
}

}  // namespace weir::admin

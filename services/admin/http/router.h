// Every route of the API is one row of a table; the router finds the row, sees to it that the
// caller may use it, and turns what the handler returns into an answer.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/http/message.h"

namespace weir::admin {

enum class Access { kPublic, kUser, kAdmin };

struct Route {
  std::string_view method;
  std::string_view path;  // "/api/v1/users/{id}"
  Access access;
  std::function<absl::StatusOr<Response>(const Request&, const Caller&)> handle;
  std::size_t body_bytes_max = 1 << 20;
};

// Who sends a request: Unauthenticated when nobody that is known, PermissionDenied when the proof
// lacks its CSRF token.
using Authenticate = std::function<absl::StatusOr<Caller>(const Request&)>;

// Thread-safe after it is made.
class Router {
 public:
  Router(std::vector<Route> routes, Authenticate authenticate);

  // Always an answer; never throws. Fills request.path_params.
  Response Handle(Request& request) const;

 private:
  const Route* Find(Request& request, std::string& allowed) const;

  std::vector<Route> routes_;
  Authenticate authenticate_;
};

}  // namespace weir::admin

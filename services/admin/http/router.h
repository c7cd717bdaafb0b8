// Every route of the API is one row of a table; the router finds the row, sees to it that the
// caller may use it and that the query is what the row says, and turns what the handler returns
// into an answer. The contract (contract/openapi.h) is made of the same rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/http/message.h"
#include "services/admin/http/route_doc.h"

namespace weir::admin {

// Who may use a route. A row that does not say is for nobody.
enum class Access {
  kNobody,
  kPublic,
  kKey,  // who shows an API key; the handler looks it up
  kUser,
  kAdmin
};

struct Route {
  std::string_view method;
  std::string_view path;  // "/api/v1/users/{id}"
  Access access = Access::kNobody;
  std::function<absl::StatusOr<Response>(const Request&, const Caller&)> handle;
  RouteDoc doc;
  std::size_t body_bytes_max = 1 << 20;
  std::string_view tag = {};  // what it belongs to: see AllRoutes
};

// Who sends a request: Unauthenticated when nobody that is known, PermissionDenied when the proof
// lacks its CSRF token.
using Authenticate = std::function<absl::StatusOr<Caller>(const Request&)>;

// The whole seconds until the client may send its next request; 0 = now.
using Throttle = std::function<std::int64_t(const Request&)>;

// What is answered before any route is looked for: the console. None when it is not asked for.
using Pages = std::function<std::optional<Response>(const Request&)>;

// Thread-safe after it is made.
class Router {
 public:
  // Without a throttle nobody waits; with one, only those who ask for something below /api do:
  // probes never.
  Router(std::vector<Route> routes, Authenticate authenticate, Throttle throttle = nullptr,
         Pages pages = nullptr);

  // Always an answer; never throws. Fills request.path_params.
  Response Handle(Request& request) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  Response Answer(const Route& route, Request& request) const;
  const Route* Find(Request& request, std::string& allowed) const;

  std::vector<Route> routes_;
  Authenticate authenticate_;
  Throttle throttle_;
  Pages pages_;
};

}  // namespace weir::admin

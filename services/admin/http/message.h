// A request and its answer, as far as resources need them: no HTTP library's types.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/model/types.h"

namespace weir::admin {

struct Request {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string, std::less<>> query;
  std::map<std::string, std::string, std::less<>> headers;      // names in lower case
  std::map<std::string, std::string, std::less<>> path_params;  // {id} and the like
  std::string body;
  std::string client_ip;
  std::string request_id;

  // Empty when absent.
  std::string_view Header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
  std::string_view Query(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
  }
  // NotFound when the path's part is no positive integer: no such resource.
  absl::StatusOr<std::int64_t> Id(std::string_view name = "id") const;
  // The value of a cookie; empty when absent.
  std::string_view Cookie(std::string_view name) const;
  // Browsers do where somebody navigates; programs and the console's own requests do not.
  bool AcceptsHtml() const;
};

// Makes a long body piece by piece, as its client takes them; an empty piece is the end. An error
// cuts the connection, so that the client can tell. Destroyed when the client has left.
using BodySource = std::function<absl::StatusOr<std::string>()>;

struct Response {
  int status = 200;
  std::string body;
  BodySource source = {};  // when set, sent in chunks instead of `body`
  // When set, sent instead of `body` as it is: never packed on the way out.
  std::shared_ptr<const std::string> stored = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
};

// Who asks.
struct Caller {
  User user;  // id 0 = nobody (public routes)
  std::string session_id;
  std::int64_t confirmed_at_ms = 0;  // when this user last gave password or code

  bool is_admin() const { return user.role == Role::kAdmin && user.id != 0; }
};

}  // namespace weir::admin

// Pages of other addresses that may send requests to the REST API, by what their browsers are told
// (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). Nobody's unless a setting names them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/http/message.h"

namespace weir::admin {

// Immutable. Such a page logs in and shows its token: cookies are never taken from it, since no
// browser is told that they may come along.
class CrossOrigin {
 public:
  CrossOrigin() = default;

  // "https://tools.example.com,http://10.0.0.3:3000". InvalidArgument names the setting and what
  // is no origin.
  static absl::StatusOr<CrossOrigin> Parse(std::string_view origins);

  // The answer to the question that a browser asks before the request itself; nothing for others.
  std::optional<Response> Preflight(const Request& request) const;
  // Adds what lets the page that asked read the answer.
  void Mark(const Request& request, Response& response) const;

 private:
  explicit CrossOrigin(std::vector<std::string> origins) : origins_(std::move(origins)) {}
  // The origin that the request names when it is one of ours; else empty.
  std::string_view Known(const Request& request) const;

  std::vector<std::string> origins_;
};

}  // namespace weir::admin

// What admin asks of others over HTTP: token endpoints and the like. Blocks; never on behalf of a
// stranger, but to addresses that an administrator wrote down, so each of them is looked at again
// once its name is resolved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::admin {

struct WebCall {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "name: value"
  Secret authorization = {};         // the value of that header; empty = none
  Secret body = {};                  // sent by POST; empty = GET
  Secret proxy_url = {};             // libs/common/proxy_url.h; empty = direct
  std::int64_t timeout_ms = 20'000;  // of the whole call
  std::size_t answer_bytes_max = std::size_t{64} * 1024;
};

struct WebAnswer {
  int status = 0;
  std::string content_type;
  Secret body;  // may hold a token
};

// Redirections are answers, not followed: what was sent is for that one address. Unavailable, in
// words without a secret: no answer came, it was too long, or the name leads to a link-local or
// metadata address. Thread-safe.
using SendWebCall = std::function<absl::StatusOr<WebAnswer>(const WebCall& call)>;

// `ca_file`: authorities that certificates are checked against, PEM; empty = the system's.
SendWebCall MakeWebClient(std::string ca_file);

}  // namespace weir::admin

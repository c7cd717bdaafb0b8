// What the relay serves: one row an endpoint. Adding one is adding a row.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/dialects/dialect.h"

namespace weir::relay {

enum class Operation : std::uint8_t {
  kGenerate,     // a model's answer, metered
  kCountTokens,  // asked of the upstream, uses nothing
  kListModels,   // answered by the relay
  kAlive,        // "is anybody there": some clients ask before they start
};

struct Endpoint {
  std::string_view method;
  std::string_view path;
  Dialect dialect;
  Operation operation;
  std::string_view name;           // in usage events and metrics
  std::string_view upstream_path;  // behind the account's base URL
};

struct EndpointMatch {
  const Endpoint* endpoint = nullptr;  // null: none
  bool path_known = false;             // the path exists, with another method
};

EndpointMatch FindEndpoint(std::string_view method, std::string_view path);

// The dialect an error should be written in when no endpoint matched: that of the path's kin.
Dialect DialectOfPath(std::string_view path);

}  // namespace weir::relay

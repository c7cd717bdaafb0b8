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
  kDrop,         // taken for a valid key and not read: what clients tell their maker of themselves
  kAlive,        // "is anybody there": some clients ask before they start
  kResume,       // a client comes back to its stream
  kWebSocket,    // Responses, many over one connection
};

struct Endpoint {
  std::string_view method;
  // One that ends in a slash stands for all with one segment more; one that begins with a colon for
  // all of Gemini's that end so, whichever the version and the model.
  std::string_view path;
  Dialect dialect;
  Operation operation;
  std::string_view name;           // in usage events and metrics
  std::string_view upstream_path;  // behind the account's base URL; Gemini: the client's own
  UsageForm usage = UsageForm::kText;
  BodyForm body = BodyForm::kJson;
  // Its streams take stream_options.include_usage.
  bool usage_on_request = false;
  // For a body that names none, where the protocol allows that; empty = it must.
  std::string_view default_model = {};
  // A conversation, which providers of other dialects can have too.
  bool translates = false;
  // Not empty: `path` stands for all that begin so and end so; what is between names the model.
  std::string_view behind_model = {};
};

struct EndpointMatch {
  const Endpoint* endpoint = nullptr;  // null: none
  bool path_known = false;             // the path exists, with another method
};

EndpointMatch FindEndpoint(std::string_view method, std::string_view path);

// The model that the path names, as it stands there, encoded; empty where the body names it.
std::string_view ModelInPath(const Endpoint& endpoint, std::string_view path);

// Below it errors have the plain shape of the REST interface (local_reply.h).
bool HasPlainErrors(std::string_view path);

// The dialect an error should be written in when no endpoint matched: that of the path's kin.
Dialect DialectOfPath(std::string_view path);

}  // namespace weir::relay

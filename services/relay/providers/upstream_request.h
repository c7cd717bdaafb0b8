// An account and a client's request into the head that goes upstream: path, host, signing, and the
// client's headers by allow-list. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/relay/dialects/dialect.h"
#include "services/relay/http1/head_parser.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

struct UpstreamRequest {
  const Account* account = nullptr;
  const RequestHead* client_head = nullptr;
  Dialect dialect = Dialect::kAnthropicMessages;
  std::string_view path;  // behind the account's base path
  std::string_view request_id;
  std::size_t body_bytes = 0;
  std::string_view model = {};  // as the upstream calls it
  bool native = true;  // false: the client speaks another dialect, and its headers are for that
  std::optional<std::string_view> query = {};  // nothing = the client's; without a key in any case
  std::string_view trace_parent = {};          // empty = the upstream hears of no trace
  std::string_view trace_state = {};
};

// Anthropic's first version, which accepts every field that older clients send.
inline constexpr std::string_view kDefaultAnthropicVersion = "2023-06-01";

// The version that the upstream will see: the account's, else the client's, else the first one.
std::string_view AnthropicVersion(const Account& account, const RequestHead& client_head);

// Replaces the content of `out` by the whole head with its empty line. The account's credential is
// in it: it goes to the account's own host and nowhere else.
void WriteUpstreamHead(const UpstreamRequest& request, std::string& out);

}  // namespace weir::relay

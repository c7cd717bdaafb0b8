#include "services/relay/providers/upstream_request.h"

#include <algorithm>
#include <array>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// What passes from a client to a provider; everything else is dropped (openai-organization and
// -project too: with a stranger's, the provider refuses our account), so that no header of a
// client's surroundings (cookies, addresses, keys) reaches a third party. A name with a dash at its
// end stands for all that begin so.
constexpr std::array<std::string_view, 17> kForwarded = {
    "accept",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "anthropic-version",
    "content-type",
    "idempotency-key",
    "openai-beta",
    "originator",
    "session-id",
    "thread-id",
    "user-agent",
    "version",
    "x-app",
    "x-claude-code-session-id",
    "x-client-request-id",
    "x-codex-",
    "x-stainless-",
};

bool Forwarded(std::string_view name) {
  return std::any_of(kForwarded.begin(), kForwarded.end(), [name](std::string_view allowed) {
    if (allowed.ends_with('-')) {
      return name.size() > allowed.size() &&
             EqualsIgnoreCase(name.substr(0, allowed.size()), allowed);
    }
    return EqualsIgnoreCase(name, allowed);
  });
}

// What the account sets of that name; nullptr when it leaves it to the client.
const std::string* SetByAccount(const Account& account, std::string_view name) {
  for (const auto& [own, value] : account.headers) {
    if (EqualsIgnoreCase(own, name)) return &value;
  }
  return nullptr;
}

// Anthropic's first version, which accepts every field that older clients send.
constexpr std::string_view kDefaultAnthropicVersion = "2023-06-01";
// Under this one keys travel as a bearer token. Only a version that is known changes how we sign:
// else a caller could make an upstream refuse our accounts by inventing one.
constexpr std::string_view kBearerVersion = "2026-10-21";

// One of our own, unless the account sets that name: two of a name could be read in two ways.
void WriteOwn(const Account& account, std::string_view name, std::string_view value,
              std::string& out) {
  if (SetByAccount(account, name) == nullptr) StrAppend(out, name, ": ", value, "\r\n");
}

// The version that the upstream will see: the account's, else the client's, else the first one.
std::string_view AnthropicVersion(const UpstreamRequest& request) {
  constexpr std::string_view kName = "anthropic-version";
  if (const std::string* own = SetByAccount(*request.account, kName)) return *own;
  const std::string_view sent = request.client_head->Find(kName);
  return sent.empty() ? kDefaultAnthropicVersion : sent;
}

void WriteCredential(const UpstreamRequest& request, std::string& out) {
  const Account& account = *request.account;
  const std::string& secret = account.credential.Reveal();
  switch (account.credential_type) {
    case CredentialType::kApiKey:
      if (request.dialect == Dialect::kAnthropicMessages &&
          AnthropicVersion(request) != kBearerVersion) {
        WriteOwn(account, "x-api-key", secret, out);
        return;
      }
      [[fallthrough]];
    case CredentialType::kBearer:
    case CredentialType::kOauth:
      // Not by WriteOwn: joining the two words would make a copy of the secret that nobody wipes.
      if (SetByAccount(account, "authorization") == nullptr) {
        StrAppend(out, "authorization: Bearer ", secret, "\r\n");
      }
      return;
    case CredentialType::kCookie:
      WriteOwn(account, "cookie", secret, out);
      return;
    case CredentialType::kNone:
      return;
  }
}

// The client's query (Anthropic's `?beta=true`) passes, but for a key of ours in it.
void WriteQuery(std::string_view query, std::string& out) {
  char separator = '?';
  for (const std::string_view part : Split(query, '&')) {
    if (part.empty() || part == "key" || part.starts_with("key=")) continue;
    StrAppend(out, separator, part);
    separator = '&';
  }
}

}  // namespace

void WriteUpstreamHead(const UpstreamRequest& request, std::string& out) {
  const Account& account = *request.account;
  out.clear();
  std::string_view path = request.path;
  // A base URL may be given with or without the version; "/v1/v1" helps nobody.
  if (account.url.base_path.ends_with("/v1") && path.starts_with("/v1/")) path.remove_prefix(3);
  StrAppend(out, "POST ", account.url.base_path, path);
  WriteQuery(request.client_head->query(), out);
  StrAppend(out, " HTTP/1.1\r\nhost: ", account.url.host_header,
            "\r\ncontent-length: ", request.body_bytes, "\r\n");
  WriteOwn(account, "accept-encoding", "identity", out);
  WriteOwn(account, "x-request-id", request.request_id, out);
  WriteCredential(request, out);
  for (const HeaderField& field : request.client_head->all()) {
    if (Forwarded(field.name) && SetByAccount(account, field.name) == nullptr) {
      StrAppend(out, field.name, ": ", field.value, "\r\n");
    }
  }
  if (request.dialect == Dialect::kAnthropicMessages &&
      request.client_head->Find("anthropic-version").empty()) {
    WriteOwn(account, "anthropic-version", kDefaultAnthropicVersion, out);
  }
  for (const auto& [name, value] : account.headers) StrAppend(out, name, ": ", value, "\r\n");
  out += "\r\n";
}

}  // namespace weir::relay

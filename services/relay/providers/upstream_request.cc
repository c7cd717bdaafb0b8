#include "services/relay/providers/upstream_request.h"

#include <algorithm>
#include <array>

#include "libs/common/text.h"
#include "services/relay/providers/target_rules.h"
#include "services/relay/providers/upstream_target.h"

namespace weir::relay {
namespace {

// What passes from a client to a provider; everything else is dropped (openai-organization and
// -project too: with a stranger's, the provider refuses our account), so that no header of a
// client's surroundings (cookies, addresses, keys) reaches a third party.
constexpr std::array<std::string_view, 16> kForwarded = {
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
    "x-goog-api-client",
};
// And all that begin so.
constexpr std::array<std::string_view, 2> kForwardedPrefixes = {"x-codex-", "x-stainless-"};

// The same when the body was translated: what the client says of its own protocol is left behind.
constexpr std::array<std::string_view, 2> kForwardedTranslated = {"user-agent",
                                                                  "x-client-request-id"};

bool ForwardedTranslated(std::string_view name) {
  return std::any_of(kForwardedTranslated.begin(), kForwardedTranslated.end(),
                     [name](std::string_view allowed) { return EqualsIgnoreCase(name, allowed); });
}

bool Forwarded(std::string_view name) {
  const auto is_name = [name](std::string_view allowed) { return EqualsIgnoreCase(name, allowed); };
  const auto begins_so = [name](std::string_view prefix) {
    return name.size() > prefix.size() && EqualsIgnoreCase(name.substr(0, prefix.size()), prefix);
  };
  return std::any_of(kForwarded.begin(), kForwarded.end(), is_name) ||
         std::any_of(kForwardedPrefixes.begin(), kForwardedPrefixes.end(), begins_so);
}

// What the account sets of that name; nullptr when it leaves it to the client.
const std::string* SetByAccount(const Account& account, std::string_view name) {
  for (const auto& [own, value] : account.headers) {
    if (EqualsIgnoreCase(own, name)) return &value;
  }
  return nullptr;
}

// Under this one keys travel as a bearer token. Only a version that is known changes how we sign:
// else a caller could make an upstream refuse our accounts by inventing one.
constexpr std::string_view kBearerVersion = "2026-10-21";
constexpr std::string_view kVersionHeader = "anthropic-version";

// One of our own, unless the account sets that name: two of a name could be read in two ways.
void WriteOwn(const Account& account, std::string_view name, std::string_view value,
              std::string& out) {
  if (SetByAccount(account, name) == nullptr) StrAppend(out, name, ": ", value, "\r\n");
}

// The state belongs to its parent: an account that sets one of its own gets neither of ours.
void WriteTrace(const UpstreamRequest& request, std::string& out) {
  if (SetByAccount(*request.account, "traceparent") != nullptr) return;
  StrAppend(out, "traceparent: ", request.trace_parent, "\r\n");
  if (!request.trace_state.empty()) {
    WriteOwn(*request.account, "tracestate", request.trace_state, out);
  }
}

// A version that a client of another dialect names is not sent.
std::string_view SentVersion(const UpstreamRequest& request) {
  if (request.native) return AnthropicVersion(*request.account, *request.client_head);
  const std::string* own = SetByAccount(*request.account, kVersionHeader);
  return own == nullptr ? kDefaultAnthropicVersion : *own;
}

// A session account's key travels in a header that its operator named.
bool NamesCredentialHeader(const Account& account) {
  return account.platform == Platform::kSession &&
         account.credential_type == CredentialType::kApiKey && !account.credential_name.empty();
}

void WriteCredential(const UpstreamRequest& request, std::string& out) {
  const Account& account = *request.account;
  const std::string& secret = account.credential.Reveal();
  switch (account.credential_type) {
    case CredentialType::kApiKey:
      if (NamesCredentialHeader(account)) {
        WriteOwn(account, account.credential_name, secret, out);
        return;
      }
      if (account.platform == Platform::kAzureOpenAi) {
        WriteOwn(account, "api-key", secret, out);
        return;
      }
      if (request.dialect == Dialect::kAnthropicMessages &&
          SentVersion(request) != kBearerVersion) {
        WriteOwn(account, "x-api-key", secret, out);
        return;
      }
      if (request.dialect == Dialect::kGemini) {
        WriteOwn(account, "x-goog-api-key", secret, out);
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
      if (account.credential_name.empty()) {
        WriteOwn(account, "cookie", secret, out);
      } else if (SetByAccount(account, "cookie") == nullptr) {
        StrAppend(out, "cookie: ", account.credential_name, "=", secret, "\r\n");
      }
      return;
    case CredentialType::kNone:
      return;
  }
}

}  // namespace

std::string_view AnthropicVersion(const Account& account, const RequestHead& client_head) {
  if (const std::string* own = SetByAccount(account, kVersionHeader)) return *own;
  const std::string_view sent = client_head.Find(kVersionHeader);
  return sent.empty() ? kDefaultAnthropicVersion : sent;
}

void WriteUpstreamHead(const UpstreamRequest& request, std::string& out) {
  const Account& account = *request.account;
  constexpr std::size_t kUsualHeadBytes = 768;
  out.clear();
  out.reserve(kUsualHeadBytes);
  out += "POST ";
  WriteTarget(request, out);
  StrAppend(out, " HTTP/1.1\r\nhost: ", account.url.host_header,
            "\r\ncontent-length: ", request.body_bytes, "\r\n");
  WriteOwn(account, "accept-encoding", "identity", out);
  WriteOwn(account, "x-request-id", request.request_id, out);
  if (!request.trace_parent.empty()) WriteTrace(request, out);
  WriteCredential(request, out);
  if (!request.native) WriteOwn(account, "content-type", "application/json", out);
  const bool no_betas = SaysOfAccount(account, Quirk::kNoBetas);
  const bool names_credential = NamesCredentialHeader(account);
  for (const HeaderField& field : request.client_head->all()) {
    if (no_betas && EqualsIgnoreCase(field.name, "anthropic-beta")) continue;
    if (names_credential && EqualsIgnoreCase(field.name, account.credential_name)) continue;
    const bool forwarded = request.native ? Forwarded(field.name) : ForwardedTranslated(field.name);
    if (forwarded && SetByAccount(account, field.name) == nullptr) {
      StrAppend(out, field.name, ": ", field.value, "\r\n");
    }
  }
  if (request.dialect == Dialect::kAnthropicMessages &&
      (!request.native || request.client_head->Find(kVersionHeader).empty())) {
    WriteOwn(account, kVersionHeader, kDefaultAnthropicVersion, out);
  }
  for (const auto& [name, value] : account.headers) StrAppend(out, name, ": ", value, "\r\n");
  out += "\r\n";
}

}  // namespace weir::relay

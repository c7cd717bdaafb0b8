// What is said to a token endpoint to get the next access token of an account, and what its answer
// means (RFC 6749 §4.4, §5, §6). No I/O.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/model/types.h"
#include "services/admin/outbound/web_client.h"

namespace weir::admin {

// What the call is made of; the secrets are open.
struct RefreshSecrets {
  Secret client_secret;
  Secret refresh_token;  // empty: by the client's own secret (grant type client_credentials)
  Secret proxy_url;
};
WebCall TokenCall(const OauthClient& client, const RefreshSecrets& secrets);

struct Tokens {
  Secret access_token;
  Secret refresh_token;         // empty: the one before goes on
  std::int64_t lifetime_s = 0;  // of the access token; 0 = not told
};
// InvalidArgument: the endpoint has said that it will never give one for this, so that somebody
// must log in anew. Unavailable: it may later. Both in words that hold no secret.
absl::StatusOr<Tokens> ReadTokens(const WebAnswer& answer);

// When to renew a token that was got at `now_ms` and ends at `expires_at_ms`: ahead of its end, by
// a fifth of its life but no more than an hour, and up to half of that earlier by `jitter` (0 to
// 1), so that those of many accounts do not come at once. 0 when nobody knows its end.
std::int64_t RefreshAt(std::int64_t now_ms, std::int64_t expires_at_ms, double jitter);

// The same for one that was just renewed: not before half a minute, however short its life, for an
// endpoint that gives tokens of a second would be called for ever.
std::int64_t RefreshAgainAt(std::int64_t now_ms, std::int64_t expires_at_ms, double jitter);

// A random one.
double RefreshJitter();

// How long to wait after so many failures in a row.
std::int64_t RefreshDelayMs(std::int64_t failures, double jitter);

// For an account of which an operator has just set something: when Weir renews its credential next.
// At once when what renews it is new and no credential came with it. `before` is the account as it
// was (a new one as it is made); nothing of it changed: the plan stays.
void PlanRefresh(const Account& before, const AccountSecrets& given, std::int64_t now_ms,
                 double jitter, Account& account);

}  // namespace weir::admin

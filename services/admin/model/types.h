// What admin keeps, as plain values. Times are Unix milliseconds (0 = not set), money nano-USD,
// prices pico-USD per token. `version` grows by one with each change of the record; it guards
// concurrent changes (If-Match).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::admin {

enum class Role { kUser, kAdmin };
enum class ActiveStatus { kActive, kDisabled };

// The numbers of the next three are those of weir/v1/snapshot.proto (checked where they meet).
enum class Platform {
  kClaude = 1,
  kClaudeConsole = 2,
  kOpenai = 3,
  kOpenaiResponses = 4,
  kAzureOpenai = 5,
  kOllama = 6,
  kGemini = 7,
  kSession = 8,
};
enum class CredentialType { kApiKey = 1, kBearer = 2, kOauth = 3, kCookie = 4, kNone = 5 };
enum class AccountStatus {
  kNormal = 1,
  kRateLimited = 2,
  kApiException = 3,
  kAccountException = 4,
  kDisabled = 5,
};

// What relays do about shared limits while Redis is away; a group's kDefault is what the settings
// say.
enum class RedisAwayPolicy { kDefault = 0, kLocal = 1, kOpen = 2, kClosed = 3 };
// Who may make a user of themselves: nobody, whoever has an invite, everybody.
enum class Registration { kClosed, kInvite, kOpen };

// Who asks for the second factor of a user who logs in by a provider.
enum class OidcSecondFactor { kProvider, kAsk };

// What becomes of a request whose client has left.
enum class OnDisconnect { kAbort = 1, kDrain = 2 };

// Group 1 exists in every database; what names no group belongs to it.
inline constexpr std::int64_t kDefaultGroupId = 1;

// Caps; 0 = none.
struct Limits {
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
  std::int64_t concurrency = 0;
  std::int64_t requests_per_day = 0;
  std::int64_t requests_per_month = 0;
  std::int64_t requests_total = 0;
  std::int64_t nano_usd_per_day = 0;
  std::int64_t nano_usd_per_month = 0;
  std::int64_t nano_usd_total = 0;
  bool operator==(const Limits&) const = default;
};

// Milliseconds; 0 = the relay's default.
struct Timeouts {
  std::int64_t connect_ms = 0;
  std::int64_t first_byte_ms = 0;
  std::int64_t idle_ms = 0;
  std::int64_t total_ms = 0;
  bool operator==(const Timeouts&) const = default;
};

// What every stored record has.
struct Record {
  std::int64_t id = 0;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
  std::int64_t version = 0;
  bool operator==(const Record&) const = default;
};

struct User : Record {
  std::string username;
  std::string name;
  std::string email;
  Role role = Role::kUser;
  ActiveStatus status = ActiveStatus::kActive;
  std::int64_t group_id = kDefaultGroupId;
  std::vector<std::string> allowed_ips;
  Limits limits;
  std::string password_hash;          // Argon2id; empty = cannot log in with a password
  bool must_change_password = false;  // somebody else has made it: nothing goes before a new one
  std::int64_t last_login_at_ms = 0;
  bool operator==(const User&) const = default;
};

// Lets one person make a user of themselves, once.
struct Invite : Record {
  std::string name;       // for whom, in an administrator's words
  std::string code_hash;  // SHA-256 of the code in hex; the code itself is shown once
  std::string email;      // whoever comes must give this one; empty = any
  std::int64_t group_id = kDefaultGroupId;
  std::int64_t expires_at_ms = 0;
  std::int64_t created_by = 0;  // user
  std::int64_t used_by = 0;     // user; 0 = nobody yet
  std::int64_t used_at_ms = 0;
  bool operator==(const Invite&) const = default;
};

struct Group : Record {
  std::string name;
  std::string remark;
  ActiveStatus status = ActiveStatus::kActive;
  std::int64_t price_multiplier_ppm = 1'000'000;
  std::map<std::string, std::string> model_mapping;
  std::vector<std::string> fallbacks;
  std::string system_prompt;
  std::vector<std::string> allowed_ips;
  Limits limits;
  RedisAwayPolicy redis_away_policy = RedisAwayPolicy::kDefault;
  bool cache = false;
  std::int64_t cache_ttl_ms = 0;  // 0 = the settings' default
  bool native_only = false;       // nothing is translated for its keys
  bool record_bodies = false;     // what its keys send and get is kept
  bool operator==(const Group&) const = default;
};

struct ApiKey : Record {
  std::int64_t user_id = 0;
  std::string name;
  std::string key_hash;  // SHA-256 of the text, 32 bytes
  std::string key_hint;  // enough to recognise it by
  // Of the text before the last rotation, which is good until then; empty and 0 = none.
  std::string previous_key_hash;
  std::string previous_key_hint;
  std::int64_t previous_until_ms = 0;
  ActiveStatus status = ActiveStatus::kActive;
  std::int64_t group_id = kDefaultGroupId;
  std::int64_t expires_at_ms = 0;
  std::vector<std::string> allowed_models;
  std::vector<std::string> allowed_ips;
  Limits limits;
  std::string system_prompt;
  bool cache = false;
  bool record_bodies = false;  // for administrators to set
  bool managed = false;        // an administrator's settings bind its user, see model/key_guard.h
  bool operator==(const ApiKey&) const = default;
};

// One upstream model of an account rests while the account does not.
struct ModelCooldown {
  std::string model;
  std::int64_t until_ms = 0;
  std::int64_t observed_at_ms = 0;
  std::string reason;  // word of libs/common/reason.h
  bool operator==(const ModelCooldown&) const = default;
};

// How an account of credential type oauth gets its next access token. All of it is the operator's
// own: Weir is registered nowhere and pretends to be nobody.
enum class ClientAuth { kBasic, kBody };  // where the client's secret stands (RFC 6749 §2.3.1)
struct OauthClient {
  std::string token_url;  // empty = nobody renews the credential
  std::string client_id;
  ClientAuth client_auth = ClientAuth::kBasic;
  std::vector<std::string> scopes;
  bool operator==(const OauthClient&) const = default;
};

// How the upstream of a session account is spoken to: an operator's own, or one that the operator
// may use this way.
enum class Protocol { kOpenaiChat, kAnthropicMessages, kOpenaiResponses, kGemini };
struct SessionUpstream {
  Protocol protocol = Protocol::kOpenaiChat;
  // Of the cookie or header that the credential travels in; see model/session_rules.h.
  std::string credential_name;
  bool operator==(const SessionUpstream&) const = default;
};

struct Account : Record {
  std::string name;
  Platform platform = Platform::kClaude;
  std::string provider;  // empty = derived from platform and URL, see model/provider.h
  std::string request_url;
  CredentialType credential_type = CredentialType::kApiKey;
  std::string sealed_credential;  // credentials/vault.h; empty = none
  std::string sealed_proxy_url;   // may hold a password, so sealed too; empty = direct
  std::vector<std::int64_t> group_ids = {kDefaultGroupId};  // sorted
  std::int64_t priority = 100;
  std::int64_t weight = 100;
  std::vector<std::string> models;
  std::map<std::string, std::string> model_mapping;
  std::string tier;
  Timeouts timeouts;
  Limits limits;
  std::map<std::string, std::string> headers;
  std::vector<std::string> quirks;  // libs/common/quirks.h
  AccountStatus status = AccountStatus::kNormal;
  std::string status_reason;
  std::int64_t cooldown_until_ms = 0;
  std::int64_t status_observed_at_ms = 0;  // older observations are ignored
  std::vector<ModelCooldown> model_cooldowns;
  SessionUpstream session;  // of Platform::kSession
  OauthClient oauth;
  std::string sealed_client_secret;
  std::string sealed_refresh_token;
  std::int64_t credential_expires_at_ms = 0;    // of a token or cookie; 0 = not known
  std::int64_t credential_refreshed_at_ms = 0;  // by Weir; 0 = never
  std::int64_t refresh_at_ms = 0;               // when Weir renews it next; 0 = not by itself
  std::int64_t replaced_at_ms = 0;  // its credential or its address was given anew; 0 = never
  std::string given_mark;           // tells whether weir.yaml's own secrets are new
  bool operator==(const Account&) const = default;
};

// Where a price is from: set by hand, taken over from a list or weir.yaml, or shipped with Weir.
enum class PriceSource { kUnknown, kManual, kList, kFile, kShipped };

struct Price : Record {
  std::string provider;  // empty = any
  std::string model;     // `*` at the end matches any rest
  std::int64_t effective_from_ms = 0;
  std::int64_t input_pico_usd = 0;
  std::int64_t output_pico_usd = 0;
  // Negative = not priced apart: see CompletePrices in libs/common/price.h.
  std::int64_t cache_read_pico_usd = -1;
  std::int64_t cache_write_5m_pico_usd = -1;
  std::int64_t cache_write_1h_pico_usd = -1;
  std::int64_t tier_above_input_tokens = 0;  // 0 = no tier
  std::int64_t tier_input_pico_usd = -1;
  std::int64_t tier_output_pico_usd = -1;
  std::int64_t tier_cache_read_pico_usd = -1;
  std::int64_t tier_cache_write_5m_pico_usd = -1;
  std::int64_t tier_cache_write_1h_pico_usd = -1;
  std::vector<std::string> aliases;    // further exact names that this price is for
  std::int64_t max_output_tokens = 0;  // the model says no more in one answer; 0 = not known
  PriceSource source = PriceSource::kUnknown;
  bool operator==(const Price&) const = default;
};

// The numbers of the next three are those of weir/v1/snapshot.proto; kDefault is what the settings
// say.
enum class Presence { kAny = 0, kPresent = 1, kAbsent = 2 };
enum class StreamMode { kAsAsked = 0, kOn = 1, kOff = 2 };
enum class RouteOnDisconnect { kDefault = 0, kAbort = 1, kDrain = 2 };

// 0 = does not matter.
struct RouteRule {
  std::int64_t input_tokens_above = 0;
  std::int64_t input_tokens_below = 0;
  Presence thinking = Presence::kAny;
  Presence tools = Presence::kAny;
  Presence images = Presence::kAny;
  std::string upstream_model;
  bool operator==(const RouteRule&) const = default;
};

// How requests for a model are served: see Route in weir/v1/snapshot.proto. 0 and empty = not set.
struct ModelRoute : Record {
  std::string name;
  std::string model;                    // a name, a head with `*`, or `family:haiku`
  std::vector<std::int64_t> group_ids;  // sorted; empty = all
  std::int64_t position = 0;
  ActiveStatus status = ActiveStatus::kActive;
  std::string upstream_model;
  std::vector<RouteRule> rules;
  std::vector<std::string> fallbacks;
  std::int64_t max_tokens_min = 0;
  std::int64_t max_tokens_max = 0;
  std::int64_t max_tokens_default = 0;
  std::optional<std::int64_t> temperature_default_milli;
  StreamMode stream_mode = StreamMode::kAsAsked;
  Timeouts timeouts;
  std::int64_t attempts_max = 0;
  RouteOnDisconnect on_disconnect = RouteOnDisconnect::kDefault;
  bool native_only = false;
  std::int64_t drain_ms_max = 0;
  std::int64_t drain_nano_usd_max = 0;
  bool operator==(const ModelRoute&) const = default;
};

// What relays do when usage does not answer and their leases on budgets do not suffice.
enum class BudgetsWhenUsageAway { kSpendLeasesThenClosed, kSpendLeasesThenOpen };

struct Settings {
  std::int64_t version = 0;
  std::int64_t updated_at_ms = 0;
  std::string site_name;  // empty = Weir
  std::string relay_url;  // for people to read; empty = not told
  Registration registration = Registration::kClosed;
  // 0 = as in model/settings_rules.h.
  std::int64_t session_life_ms = 0;
  std::int64_t login_failures_max = 0;
  std::int64_t login_lock_ms = 0;
  std::int64_t password_bytes_min = 0;
  std::string alert_url;                     // the webhook; empty = nobody is told
  std::string sealed_alert_secret;           // signs what it is told
  std::string console_url;                   // where people reach this console; empty = not told
  std::vector<std::string> console_origins;  // further addresses of it
  // Signs playground tokens; made by admin itself, see credentials/playground_secret.h.
  std::string sealed_playground_secret;
  std::string oidc_issuer;  // whose word people log in by; empty = nobody's
  std::string oidc_name;    // for the button; empty = the issuer's host
  std::string oidc_client_id;
  std::string sealed_oidc_client_secret;
  std::vector<std::string> oidc_scopes;  // empty = profile, email
  bool oidc_creates_users = false;       // whoever it vouches for, whatever `registration` says
  OidcSecondFactor oidc_second_factor = OidcSecondFactor::kProvider;
  std::string oidc_role_claim;                 // empty = roles are given here
  std::vector<std::string> oidc_admin_values;  // of that claim: administrators
  bool serve_unpriced_models = false;
  std::string system_prompt;
  Timeouts timeouts;
  RedisAwayPolicy redis_away_policy = RedisAwayPolicy::kLocal;
  std::int64_t cache_ttl_ms = 0;  // 0 = the relay's default
  OnDisconnect on_disconnect = OnDisconnect::kAbort;
  std::int64_t drain_ms_max = 0;        // 0 = the relay's default
  std::int64_t drain_nano_usd_max = 0;  // 0 = no cap
  BudgetsWhenUsageAway budgets_when_usage_away = BudgetsWhenUsageAway::kSpendLeasesThenClosed;
  std::int64_t budget_output_tokens_default = 0;  // tokens; 0 = the relay's own
  bool bodies_forbidden = false;                  // no body is recorded, whoever asks for it
  std::int64_t body_bytes_max = 0;                // of one recorded body; 0 = the relay's own
  bool body_mask_emails = false;
  std::vector<std::string> body_mask_patterns;
  // What session accounts of a tier serve, by model/session_rules.h's kTiers; none = everything.
  std::map<std::string, std::vector<std::string>> tier_models;
  bool operator==(const Settings&) const = default;
};

// One log-in, by cookie and by token. All hashes are SHA-256 in hex.
struct Session {
  std::string id;
  std::int64_t user_id = 0;
  std::string cookie_hash;
  std::string refresh_hash;
  std::string previous_refresh_hash;  // shown again = stolen: the session ends
  std::string csrf_token;
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;
  std::string user_agent;  // of the log-in, cut
  std::string client_ip;   // of the last time it was seen
  std::int64_t last_seen_at_ms = 0;
  std::int64_t confirmed_at_ms = 0;  // when its user last proved to be who it says
};

// What a log-in asks for beside the password.
struct SecondFactor {
  std::int64_t user_id = 0;
  std::string sealed_secret;
  bool in_force = false;                     // false until the first code was right
  std::int64_t last_step = 0;                // of the last code that was taken
  std::vector<std::string> recovery_hashes;  // of those that are left
};

}  // namespace weir::admin

// The configuration a relay serves by, immutable and made for look-up.
//
// A Snapshot is shared by all threads and never changes; a new revision is a new Snapshot that
// shares all it can with the one before. A request pins one at its start and holds it to its end.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/common/cost.h"
#include "libs/common/ip_block.h"
#include "libs/common/model_pattern.h"
#include "libs/common/price_table.h"
#include "libs/common/proxy_url.h"
#include "libs/common/quirks.h"
#include "libs/common/secret.h"
#include "libs/common/token_bounds.h"
#include "libs/common/upstream_url.h"
#include "services/relay/snapshot/account_health.h"
#include "services/relay/snapshot/console_access.h"

namespace weir::relay {

enum class Availability { kActive, kDisabled, kExhausted };

// Caps; 0 = none. Money in nano-USD.
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
};

struct ApiKey {
  std::int64_t id = 0;
  std::array<char, 32> sha256{};  // of the key's text
  std::string name;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  Availability availability = Availability::kActive;
  std::int64_t expires_at_unix_ms = 0;       // 0 = never
  std::vector<ModelPattern> allowed_models;  // empty = all
  std::vector<IpBlock> allowed_ips;          // empty = all
  Limits limits;
  std::string system_prompt;
  bool cache = false;
  bool record_bodies = false;
};

struct User {
  std::int64_t id = 0;
  std::string username;
  Availability availability = Availability::kActive;
  std::vector<IpBlock> allowed_ips;  // empty = all
  Limits limits;
};

// Requested model -> upstream model, in the order to try: the most telling pattern first
// (ModelPattern::Compare).
struct ModelMapping {
  std::vector<std::pair<ModelPattern, std::string>> entries;

  // The mapped name, or `model` itself when nothing matches.
  std::string_view Map(std::string_view model) const;
};

// While Redis is away: see RedisAwayPolicy in snapshot.proto. kUnset: as the settings say.
enum class RedisAwayPolicy : std::uint8_t { kUnset, kLocal, kOpen, kClosed };

struct Group {
  std::int64_t id = 0;
  std::string name;
  Availability availability = Availability::kActive;
  std::int64_t price_multiplier_ppm = kPpmOne;
  ModelMapping model_mapping;
  std::vector<std::string> fallbacks;
  std::string system_prompt;
  std::vector<IpBlock> allowed_ips;  // empty = all
  Limits limits;
  RedisAwayPolicy redis_away_policy = RedisAwayPolicy::kUnset;
  bool cache = false;
  std::int64_t cache_ttl_ms = 0;  // never 0 in the settings; 0 in a group = theirs
  bool native_only = false;       // accounts of another protocol than the client's do not serve
  bool record_bodies = false;     // as the key's; either is enough
};

enum class Platform {
  kClaude,
  kClaudeConsole,
  kOpenAi,
  kOpenAiResponses,
  kAzureOpenAi,
  kOllama,
  kGemini,
  kSession,
};

// What the upstream of a session account speaks.
enum class SessionProtocol : std::uint8_t {
  kOpenAiChat,
  kAnthropicMessages,
  kOpenAiResponses,
  kGemini,
};

enum class CredentialType { kApiKey, kBearer, kOauth, kCookie, kNone };

enum class AccountStatus { kNormal, kRateLimited, kApiException, kAccountException, kDisabled };

// Milliseconds; never 0 in an account's `timeouts` (defaults filled in).
struct Timeouts {
  std::int64_t connect_ms = 10'000;
  std::int64_t first_byte_ms = 300'000;
  std::int64_t idle_ms = 300'000;
  std::int64_t total_ms = 3'600'000;
};

// One upstream model of an account rests.
struct ModelCooldown {
  std::string model;
  std::int64_t until_unix_ms = 0;
  std::int64_t observed_at_unix_ms = 0;
  std::string reason;
};

// In whose way answers are signed so that only their maker can read them again.
enum class SignatureKin : std::uint8_t { kAnthropic, kOpenAi };
inline constexpr std::size_t kSignatureKins = 2;

struct Account {
  std::int64_t id = 0;
  std::string name;
  Platform platform = Platform::kClaude;
  std::string provider;
  UpstreamUrl url;  // request_url, parsed once
  CredentialType credential_type = CredentialType::kApiKey;
  Secret credential;
  SessionProtocol session_protocol = SessionProtocol::kOpenAiChat;  // of Platform::kSession
  std::string credential_name;  // of its cookie or header, see snapshot.proto
  std::vector<std::int64_t> group_ids;
  std::uint32_t priority = 0;  // smaller first
  std::uint32_t weight = 1;
  std::vector<ModelPattern> models;  // empty = all
  ModelMapping model_mapping;
  std::string tier;               // session accounts: free, pro, …
  std::optional<ProxyUrl> proxy;  // nothing = direct
  Timeouts timeouts;              // defaults of RelaySettings filled in
  Timeouts configured_timeouts;   // as pushed; 0 = the default applies
  Limits limits;
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case name, value
  std::vector<QuirkSetting> quirks;  // an administrator's; over the rows of providers/data
  // What admin last heard; FollowStatus hands it to `health`, which decides.
  AccountStatus status = AccountStatus::kNormal;
  std::string status_reason;
  std::int64_t cooldown_until_unix_ms = 0;
  std::vector<ModelCooldown> model_cooldowns;
  std::int64_t status_observed_at_unix_ms = 0;
  // What relays learn between two snapshots; the same object for the same id in every snapshot of
  // this process. Thread-safe.
  std::shared_ptr<AccountHealth> health;
  // Of all that was pushed but for what was observed; tells a change by an administrator from a
  // repetition, within this process.
  std::uint64_t content_hash = 0;

  // Accounts of one family can read each other's signatures and stored answers. Anthropic's: hash
  // of platform, provider and host. OpenAI's are bound to an organization, of which an account does
  // not tell: each is a family of its own.
  std::uint64_t family = 0;

  // At OpenAI itself, not at somebody who speaks its protocol.
  bool IsOpenAi() const;

  bool Serves(std::string_view model) const;
};

enum class Presence : std::uint8_t { kAny, kPresent, kAbsent };

// All conditions that are set must hold; 0 = does not matter.
struct RouteRule {
  std::int64_t input_tokens_above = 0;
  std::int64_t input_tokens_below = 0;
  Presence thinking = Presence::kAny;
  Presence tools = Presence::kAny;
  Presence images = Presence::kAny;
  std::string upstream_model;
};

enum class StreamMode : std::uint8_t { kAsAsked, kOn, kOff };

enum class OnDisconnect : std::uint8_t { kDefault, kAbort, kDrain };  // kDefault: see RelaySettings

// How requests for a model are served; see proto/weir/v1/snapshot.proto.
struct ModelRoute {
  std::int64_t id = 0;
  ModelPattern model;
  std::vector<std::int64_t> group_ids;  // sorted; empty = all
  std::int32_t position = 0;            // smaller first
  bool enabled = true;
  std::string upstream_model;  // empty = as asked
  std::vector<RouteRule> rules;
  std::vector<std::string> fallbacks;
  TokenBounds max_tokens;
  std::optional<std::int32_t> temperature_default_milli;
  StreamMode stream_mode = StreamMode::kAsAsked;
  Timeouts timeouts{0, 0, 0, 0};   // 0 = the account's
  std::uint32_t attempts_max = 0;  // accounts tried per model; 0 = the relay's default
  OnDisconnect on_disconnect = OnDisconnect::kDefault;
  std::int64_t drain_ms_max = 0;        // 0 = the default of RelaySettings
  std::int64_t drain_nano_usd_max = 0;  // 0 = the default of RelaySettings
  bool native_only = false;             // as the group's; either is enough
};

// What becomes of a request whose client has left: its upstream request ends at once, or its answer
// is read on within caps, so that its usage is known.
struct DisconnectPolicy {
  bool drain = false;
  std::int64_t ms_max = 0;
  std::int64_t nano_usd_max = 0;  // 0 = no cap
};

// When usage does not answer and the leases that are here do not suffice.
enum class BudgetsWhenUsageAway { kSpendLeasesThenClosed, kSpendLeasesThenOpen };

// What is recorded of bodies, for keys and groups that want it.
struct BodyRules {
  bool forbidden = false;  // whatever they want
  std::int64_t bytes_max = 65'536;
  bool mask_emails = false;
  std::vector<std::string> mask_patterns;  // all compile
};

struct RelaySettings {
  bool serve_unpriced_models = false;
  std::string system_prompt;
  Timeouts timeouts;
  RedisAwayPolicy redis_away_policy = RedisAwayPolicy::kLocal;
  std::int64_t cache_ttl_ms = 300'000;
  DisconnectPolicy on_disconnect = {false, 60'000, 0};
  BudgetsWhenUsageAway budgets_when_usage_away = BudgetsWhenUsageAway::kSpendLeasesThenClosed;
  std::int64_t budget_output_tokens_default = 0;  // reserved for who names no limit; 0 = ours
  // Never null, both.
  std::shared_ptr<const BodyRules> bodies = std::make_shared<const BodyRules>();
  std::shared_ptr<const ConsoleAccess> console = std::make_shared<const ConsoleAccess>();
};

struct GroupAccounts;

// Immutable tables; see snapshot_tables.h for how they share memory between revisions.
struct SnapshotTables;

class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const SnapshotTables> tables);
  ~Snapshot();

  std::uint64_t revision() const;
  const std::string& lineage() const;
  const RelaySettings& settings() const;

  // Each returns nullptr when there is none. Pointers live as long as the snapshot.
  const ApiKey* FindKey(std::string_view sha256) const;
  const ApiKey* FindKeyById(std::int64_t id) const;
  const User* FindUser(std::int64_t id) const;
  const Group* FindGroup(std::int64_t id) const;
  const Account* FindAccount(std::int64_t id) const;

  // Accounts of a group by priority, smallest number first; empty when it has none.
  const std::vector<const Account*>& AccountsOf(std::int64_t group_id) const;
  // The same, ordered for choosing: snapshot/account_index.h.
  const GroupAccounts& IndexOf(std::int64_t group_id) const;

  // The group has accounts that sign in this way, of more than one family. Anthropic's callers are
  // served by accounts of other platforms too, so those count as other families.
  bool MixesFamilies(std::int64_t group_id, SignatureKin kin) const;

  // See PriceTable::Find.
  const Price* FindPrice(std::string_view provider, std::string_view model,
                         std::int64_t at_unix_ms) const;

  // The route that a request of this group for `model` takes; nullptr = none, it is served as
  // asked.
  const ModelRoute* FindRoute(std::string_view model, std::int64_t group_id) const;

  // See RouteTable::NamesFor.
  std::vector<std::string> RoutedNames(std::int64_t group_id) const;

  // See PriceTable::Models; for GET /v1/models.
  std::vector<std::string> PricedModels(std::string_view provider) const;

  const SnapshotTables& tables() const { return *tables_; }

 private:
  std::shared_ptr<const SnapshotTables> tables_;
};

}  // namespace weir::relay

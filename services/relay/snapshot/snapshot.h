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
#include "libs/common/proxy_url.h"
#include "libs/common/secret.h"
#include "libs/common/upstream_url.h"
#include "services/relay/snapshot/account_health.h"
#include "services/relay/snapshot/model_pattern.h"

namespace weir::relay {

enum class Availability { kActive, kDisabled, kExhausted };

// Caps; 0 = none. Money in nano-USD.
struct Limits {
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
  std::int64_t concurrency = 0;
  std::int64_t requests_per_day = 0;
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
};

struct User {
  std::int64_t id = 0;
  std::string username;
  Availability availability = Availability::kActive;
  Limits limits;
};

// Requested model -> upstream model, in the order to try: exact names first, then the longest
// pattern.
struct ModelMapping {
  std::vector<std::pair<ModelPattern, std::string>> entries;

  // The mapped name, or `model` itself when nothing matches.
  std::string_view Map(std::string_view model) const;
};

struct Group {
  std::int64_t id = 0;
  std::string name;
  Availability availability = Availability::kActive;
  std::int64_t price_multiplier_ppm = kPpmOne;
  ModelMapping model_mapping;
  std::vector<std::string> fallbacks;
  std::string system_prompt;
  Limits limits;
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

enum class CredentialType { kApiKey, kBearer, kOauth, kCookie, kNone };

enum class AccountStatus { kNormal, kRateLimited, kApiException, kAccountException, kDisabled };

// Milliseconds; never 0 in an account's `timeouts` (defaults filled in).
struct Timeouts {
  std::int64_t connect_ms = 10'000;
  std::int64_t first_byte_ms = 300'000;
  std::int64_t idle_ms = 300'000;
  std::int64_t total_ms = 3'600'000;
};

struct Account {
  std::int64_t id = 0;
  std::string name;
  Platform platform = Platform::kClaude;
  std::string provider;
  UpstreamUrl url;  // request_url, parsed once
  CredentialType credential_type = CredentialType::kApiKey;
  Secret credential;
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
  AccountStatus status = AccountStatus::kNormal;
  std::int64_t cooldown_until_unix_ms = 0;
  // What relays learn between two snapshots; the same object for the same id in every snapshot of
  // this process. Thread-safe.
  std::shared_ptr<AccountHealth> health;
  // Of all that was pushed; tells a change from a repetition within this process.
  std::uint64_t content_hash = 0;

  bool Serves(std::string_view model) const;
};

// A price from a moment on. The tier's prices hold for the whole request above
// tier_above_input_tokens (0 = no tier). Cache prices are filled in (input price where the list has
// none), so nothing is negative.
struct Price {
  std::int64_t id = 0;
  std::string provider;  // empty = any
  ModelPattern model;
  std::int64_t effective_from_unix_ms = 0;
  TokenPrices prices;
  std::int64_t tier_above_input_tokens = 0;
  TokenPrices tier_prices;
};

struct RelaySettings {
  bool serve_unpriced_models = false;
  std::string system_prompt;
  Timeouts timeouts;
};

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
  const User* FindUser(std::int64_t id) const;
  const Group* FindGroup(std::int64_t id) const;
  const Account* FindAccount(std::int64_t id) const;

  // Accounts of a group by priority, smallest number first; empty when it has none.
  const std::vector<const Account*>& AccountsOf(std::int64_t group_id) const;

  // The price in force at `at_unix_ms`: of (provider, exact name), then (provider, longest
  // pattern), then the same for prices of any provider. nullptr = unpriced.
  const Price* FindPrice(std::string_view provider, std::string_view model,
                         std::int64_t at_unix_ms) const;

  // All exact model names that have a price for `provider`, those for any provider included (for
  // GET /v1/models); sorted.
  std::vector<std::string> PricedModels(std::string_view provider) const;

  const SnapshotTables& tables() const { return *tables_; }

 private:
  std::shared_ptr<const SnapshotTables> tables_;
};

}  // namespace weir::relay

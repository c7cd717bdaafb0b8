#include "services/admin/seed.h"

#include <algorithm>
#include <array>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/password.h"
#include "services/admin/model/provider.h"
#include "services/admin/model/validate.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

constexpr std::string_view kAdminName = "admin";
constexpr std::string_view kDevKeyName = "dev";
constexpr std::int64_t kDemoPriority = 900;

struct AccountSeed {
  std::string name;
  std::string variable;  // where its credential comes from
  Platform platform;
  std::string provider;  // empty = by the URL
  std::string request_url;
  std::vector<std::string> models;
  std::string dev_model;
  std::int64_t priority = 100;
};

// In the order in which a first request should prefer them.
const std::vector<AccountSeed>& ProviderSeeds() {
  static const std::vector<AccountSeed> seeds = {
      {"anthropic",
       "ANTHROPIC_API_KEY",
       Platform::kClaude,
       "",
       "https://api.anthropic.com",
       {"claude-*"},
       "claude-haiku-4-5"},
      {"openai",
       "OPENAI_API_KEY",
       Platform::kOpenai,
       "",
       "https://api.openai.com/v1",
       {"gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "text-embedding-*"},
       "gpt-4o-mini"},
      {"deepseek",
       "DEEPSEEK_API_KEY",
       Platform::kOpenai,
       "",
       "https://api.deepseek.com",
       {"deepseek-*"},
       "deepseek-chat"},
      {"gemini",
       "GEMINI_API_KEY",
       Platform::kOpenai,
       "",
       "https://generativelanguage.googleapis.com/v1beta/openai",
       {"gemini-*"},
       "gemini-2.5-flash-lite"},
      // The same key for clients that speak Google's own protocol.
      {"gemini-native",
       "GEMINI_API_KEY",
       Platform::kGemini,
       "",
       "https://generativelanguage.googleapis.com",
       {"gemini-*"},
       "gemini-2.5-flash-lite"},
  };
  return seeds;
}

std::vector<AccountSeed> DemoSeeds(const std::string& url) {
  return {{"demo-anthropic",
           "",
           Platform::kClaude,
           "anthropic",
           url,
           {"claude-*", "fake-*"},
           "claude-haiku-4-5",
           kDemoPriority},
          {"demo-gemini",
           "",
           Platform::kGemini,
           "gemini",
           url,
           {"gemini-*", "fake-*"},
           "gemini-2.5-flash-lite",
           kDemoPriority},
          {"demo-openai-responses",
           "",
           Platform::kOpenaiResponses,
           "openai",
           url + "/v1",
           {"gpt-*", "fake-*"},
           "gpt-4o-mini",
           kDemoPriority},
          {"demo-openai",
           "",
           Platform::kOpenai,
           "openai",
           url + "/v1",
           {"gpt-*", "fake-*", "deepseek-*"},
           "gpt-4o-mini",
           kDemoPriority}};
}

// The administrator, when there is no user at all; else the first one there is. Its id.
absl::StatusOr<std::int64_t> SeedAdmin(Store& store, SeedOutput& output) {
  const Secret password = NewPassword();
  auto hash = HashPassword(password);
  if (!hash.ok()) return hash.status();
  User user;
  bool created = false;
  absl::Status status =
      store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        created = false;
        const ListQuery oldest_admin = {.conditions = {{"role = 'admin'", {}}}, .limit = 1};
        auto admins = user_store::List(transaction, oldest_admin);
        if (!admins.ok()) return admins.status();
        if (!admins->items.empty()) {
          user = std::move(admins->items.front());
          return absl::OkStatus();
        }
        auto users = user_store::List(transaction, {.limit = 1});
        if (!users.ok()) return users.status();
        if (!users->items.empty()) {
          user = std::move(users->items.front());
          return absl::OkStatus();
        }
        user = {};
        user.username = kAdminName;
        user.name = "Administrator";
        user.role = Role::kAdmin;
        user.password_hash = *hash;
        created = true;
        return user_store::Insert(transaction, changes, store.NowMs(), user);
      });
  if (!status.ok()) return status;
  if (created) {
    output.emplace_back("WEIR_ADMIN_USERNAME", user.username);
    output.emplace_back("WEIR_ADMIN_PASSWORD", password.Reveal());
  }
  return user.id;
}

absl::Status SeedKey(Store& store, std::int64_t user_id, SeedOutput& output) {
  const Secret text(NewApiKey());
  bool created = false;
  absl::Status status =
      store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        created = false;
        const ListQuery by_name = {.conditions = {{"name = ?", {std::string(kDevKeyName)}}},
                                   .limit = 1};
        auto keys = api_key_store::List(transaction, by_name);
        if (!keys.ok() || !keys->items.empty()) return keys.status();
        ApiKey key;
        key.user_id = user_id;
        key.name = kDevKeyName;
        key.key_hash = ApiKeyHash(text.Reveal());
        key.key_hint = ApiKeyHint(text.Reveal());
        created = true;
        return api_key_store::Insert(transaction, changes, store.NowMs(), key);
      });
  if (status.ok() && created) output.emplace_back("WEIR_API_KEY", text.Reveal());
  return status;
}

// Creates the account, or takes a new credential over into the one there is. What an administrator
// has set since stays.
absl::Status SeedAccount(Store& store, const Vault& vault, const AccountSeed& seed,
                         const Secret& credential) {
  const std::int64_t now_ms = store.NowMs();
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    auto known = account_store::FindByName(transaction, seed.name);
    if (known.ok()) {
      const auto held = OpenCredential(vault, *known);
      const bool moved = seed.priority == kDemoPriority && known->request_url != seed.request_url;
      if (held.ok() && held->Reveal() == credential.Reveal() && !moved) return absl::OkStatus();
      SetCredential(vault, credential, *known);
      if (moved) known->request_url = seed.request_url;
      return account_store::Update(transaction, changes, now_ms, *known);
    }
    if (!absl::IsNotFound(known.status())) return known.status();
    Account account;
    account.name = seed.name;
    account.platform = seed.platform;
    account.provider = seed.provider;
    account.request_url = seed.request_url;
    account.credential_type = UsualCredentialType(seed.platform);
    account.models = seed.models;
    account.priority = seed.priority;
    absl::Status done = account_store::Insert(transaction, changes, now_ms, account);
    if (!done.ok()) return done;
    SetCredential(vault, credential, account);
    return account_store::Update(transaction, changes, now_ms, account);
  });
}

Price DemoPrice(std::string_view model, std::int64_t input, std::int64_t output,
                std::int64_t cache_read, std::int64_t write_5m, std::int64_t write_1h) {
  Price price;
  price.model = model;
  price.input_pico_usd = input;
  price.output_pico_usd = output;
  price.cache_read_pico_usd = cache_read;
  price.cache_write_5m_pico_usd = write_5m;
  price.cache_write_1h_pico_usd = write_1h;
  return price;
}

// For the models that only the fake provider has: its own, and others' with a scenario behind "@".
absl::Status SeedDemoPrices(Store& store) {
  const std::array<Price, 3> prices = {
      DemoPrice("fake-*", 1'000'000, 5'000'000, 100'000, 1'250'000, 2'000'000),
      DemoPrice("claude-haiku-4-5@*", 1'000'000, 5'000'000, 100'000, 1'250'000, 2'000'000),
      DemoPrice("gpt-4o-mini@*", 150'000, 600'000, 75'000, -1, -1),
  };
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    for (Price price : prices) {
      price.source = PriceSource::kShipped;
      auto known = price_store::Find(transaction, "", price.model, 0);
      if (known.ok()) continue;
      if (!absl::IsNotFound(known.status())) return known.status();
      absl::Status done = price_store::Insert(transaction, changes, store.NowMs(), price);
      if (!done.ok()) return done;
    }
    return absl::OkStatus();
  });
}

// A model that the dev key can use: of the best account there is, by the order of the seeds.
absl::StatusOr<std::string> DevModel(Store& store, const std::string& demo_url) {
  std::vector<AccountSeed> seeds = ProviderSeeds();
  const std::vector<AccountSeed> demo = DemoSeeds(demo_url);
  seeds.insert(seeds.begin() + 1, demo.front());
  seeds.push_back(demo.back());
  std::string model;
  absl::Status status = store.Read([&](sql::Transaction& transaction) -> absl::Status {
    for (const AccountSeed& seed : seeds) {
      auto account = account_store::FindByName(transaction, seed.name);
      if (account.ok() && account->status != AccountStatus::kDisabled) {
        model = seed.dev_model;
        return absl::OkStatus();
      }
      if (!account.ok() && !absl::IsNotFound(account.status())) return account.status();
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return model;
}

absl::Status SeedAccounts(Store& store, const Vault& vault, const SeedInput& input) {
  for (const AccountSeed& seed : ProviderSeeds()) {
    const auto found = input.environment.find(seed.variable);
    if (found == input.environment.end()) continue;
    const Secret credential{std::string(StripSpace(found->second))};
    if (credential.empty()) continue;
    FieldErrors errors;
    ValidateCredential(credential.Reveal(), seed.variable, errors);
    if (!errors.empty()) return errors.ToStatus();
    absl::Status done = SeedAccount(store, vault, seed, credential);
    if (!done.ok()) return done;
  }
  if (input.demo_url.empty()) return absl::OkStatus();
  FieldErrors errors;
  ValidateUpstreamUrl(input.demo_url, "demo-url", errors);
  if (!errors.empty()) return errors.ToStatus();
  for (const AccountSeed& seed : DemoSeeds(input.demo_url)) {
    absl::Status done = SeedAccount(store, vault, seed, Secret("demo"));
    if (!done.ok()) return done;
  }
  return SeedDemoPrices(store);
}

// People write localhost where a program says 127.0.0.1: to a browser that is another origin.
void AddLocalhost(Settings& settings) {
  constexpr std::string_view kLoopback = "http://127.0.0.1:";
  const std::string& url = settings.console_url;
  if (!url.starts_with(kLoopback) || !settings.console_origins.empty()) return;
  settings.console_origins = {StrCat("http://localhost:", url.substr(kLoopback.size()))};
}

// What an administrator has set since stays.
absl::Status SeedAddresses(Store& store, const SeedInput& input) {
  FieldErrors errors;
  if (!input.relay_url.empty()) ValidateUpstreamUrl(input.relay_url, "relay-url", errors);
  if (!input.console_url.empty()) ValidateUpstreamUrl(input.console_url, "console-url", errors);
  if (!errors.empty()) return errors.ToStatus();
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    bool changed = false;
    const auto set = [&changed](const std::string& given, std::string& kept) {
      if (given.empty() || !kept.empty()) return;
      kept = given;
      changed = true;
    };
    set(input.relay_url, settings->relay_url);
    set(input.console_url, settings->console_url);
    if (changed) AddLocalhost(*settings);
    if (!changed) return absl::OkStatus();
    return settings_store::Update(transaction, changes, store.NowMs(), *settings);
  });
}

}  // namespace

absl::StatusOr<SeedOutput> Seed(Store& store, const Vault& vault, const SeedInput& input) {
  SeedOutput output;
  auto user_id = SeedAdmin(store, output);
  if (!user_id.ok()) return user_id.status();
  absl::Status status = SeedKey(store, *user_id, output);
  if (status.ok()) status = SeedAccounts(store, vault, input);
  if (status.ok()) status = SeedAddresses(store, input);
  if (!status.ok()) return status;
  auto model = DevModel(store, input.demo_url);
  if (!model.ok()) return model.status();
  if (!model->empty()) output.emplace_back("WEIR_DEV_MODEL", *model);
  return output;
}

}  // namespace weir::admin

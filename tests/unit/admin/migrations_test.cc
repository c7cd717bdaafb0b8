// A database of any schema that there has been, with what was in it, brought up to date.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/schema.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/support/databases.h"

namespace weir::admin {
namespace {

// As the first schema has it; columns that came later have defaults.
constexpr std::string_view kRows[] = {
    R"(INSERT INTO users (id, created_at_ms, updated_at_ms, version, username, name, email, role,
         status, group_id, limits, password_hash, last_login_at_ms)
       VALUES (1, 10, 10, 3, 'ann', 'Ann of Old', 'ann@example.com', 'admin', 'active', 1, '{}',
         'hash', 0))",
    R"(INSERT INTO api_keys (id, created_at_ms, updated_at_ms, version, user_id, name, key_hash,
         key_hint, status, group_id, expires_at_ms, allowed_models, allowed_ips, limits,
         system_prompt, cache)
       VALUES (7, 10, 10, 1, 1, 'laptop-of-old', 'abcd', 'wk_…cd', 'active', 1, 0, '["gpt-*"]',
         '[]', '{}', '', 1))",
    R"(INSERT INTO accounts (id, created_at_ms, updated_at_ms, version, name, platform, provider,
         request_url, credential_type, sealed_credential, sealed_proxy_url, priority, weight,
         models, model_mapping, tier, timeouts, limits, headers, status, status_reason,
         cooldown_until_ms, status_observed_at_ms)
       VALUES (5, 10, 10, 2, 'main', 'claude', 'anthropic', 'https://api.anthropic.com',
         'api_key', 'sealed', '', 50, 1, '[]', '{}', '', '{}', '{}', '{}', 'normal', '', 0, 0))",
    R"(INSERT INTO account_groups (account_id, group_id) VALUES (5, 1))",
    R"(INSERT INTO prices (id, created_at_ms, updated_at_ms, version, provider, model,
         effective_from_ms, input_pico_usd, output_pico_usd, cache_read_pico_usd,
         cache_write_5m_pico_usd, cache_write_1h_pico_usd, tier_above_input_tokens,
         tier_input_pico_usd, tier_output_pico_usd, tier_cache_read_pico_usd)
       VALUES (9, 10, 10, 1, 'anthropic', 'claude-old', 0, 3000000, 15000000, 300000, 3750000,
         6000000, 0, -1, -1, -1))",
    R"(UPDATE settings SET value = '{"registration_open":true,"on_disconnect":2}' WHERE one = 1)"};

class MigrationsTest : public weir::testing::DatabaseTest {};

INSTANTIATE_ON_BOTH_DATABASES(MigrationsTest);

void ExpectAllThere(sql::Database& database) {
  FakeClock clock;
  Store store(database, clock);
  const absl::Status read = store.Read([](sql::Transaction& transaction) {
    const auto users = user_store::List(transaction, {.searches = {{"name", "of old"}}});
    EXPECT_TRUE(users.ok()) << users.status();
    EXPECT_EQ(users->total.rows, 1);
    EXPECT_EQ(user_store::List(transaction, {})->total.rows, 1);
    const auto keys = api_key_store::List(transaction, {.searches = {{"name", "laptop-of"}}});
    EXPECT_TRUE(keys.ok()) << keys.status();
    EXPECT_EQ(keys->items.size(), 1U);
    EXPECT_EQ(keys->items.at(0).allowed_models, std::vector<std::string>{"gpt-*"});
    EXPECT_TRUE(keys->items.at(0).cache);
    const auto account = account_store::Get(transaction, 5);
    EXPECT_TRUE(account.ok()) << account.status();
    EXPECT_EQ(account->sealed_credential, "sealed");
    EXPECT_EQ(account->group_ids, std::vector<std::int64_t>{1});
    EXPECT_EQ(price_store::Get(transaction, 9)->output_pico_usd, 15'000'000);
    const auto settings = settings_store::Get(transaction);
    EXPECT_EQ(settings->on_disconnect, OnDisconnect::kDrain);
    EXPECT_EQ(settings->registration, Registration::kOpen) << "a flag, before there were invites";
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
}

TEST_P(MigrationsTest, EachSchemaThatThereWasIsBroughtUpToDateWithWhatIsInIt) {
  const std::vector<sql::Migration>& all = SchemaMigrations();
  for (std::size_t count = 1; count <= all.size(); ++count) {
    SCOPED_TRACE(all[count - 1].number);
    const auto database = Another();
    ASSERT_NE(database, nullptr);
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
    const absl::Status before = sql::Migrate(*database, "admin", {all.begin(), end});
    ASSERT_TRUE(before.ok()) << before;
    for (const std::string_view sql : kRows) {
      const auto inserted = database->Execute(sql);
      ASSERT_TRUE(inserted.ok()) << inserted.status();
    }
    for (int start = 0; start < 2; ++start) {
      const absl::Status migrated = MigrateSchema(*database);
      ASSERT_TRUE(migrated.ok()) << migrated;
    }
    ASSERT_TRUE(CheckSchema(*database).ok());
    ExpectAllThere(*database);
  }
}

TEST_P(MigrationsTest, ANewerSchemaIsRefused) {
  ASSERT_TRUE(MigrateSchema(database()).ok());
  std::vector<sql::Migration> newer = SchemaMigrations();
  newer.push_back({.number = newer.back().number + 1,
                   .name = "of tomorrow",
                   .common = "CREATE TABLE tomorrow (id BIGINT PRIMARY KEY);\n"});
  ASSERT_TRUE(sql::Migrate(database(), "admin", newer).ok());
  const absl::Status refused = MigrateSchema(database());
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
}

// It would write records back without what it does not know of them.
}  // namespace
}  // namespace weir::admin

#include "services/admin/yaml_config.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "libs/common/api_key_hash.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/route_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

constexpr char kWhole[] = R"yaml(
groups:
  - name: gold
    price_multiplier: 1.25
    model_mapping: {"gpt-5*": gpt-4o}
    limits: {rpm: 60, usd_per_day: "5.50"}
users:
  - {username: Ann, email: ann@example.com, password: "${ANN_PASSWORD}", group: gold}
prices:
  - {provider: openai, model: my-model, input: 0.25, output: "1"}
accounts:
  - name: main
    platform_type: openai
    request_url: https://${HOST}/v1
    secret_key: ${OPENAI_API_KEY}
    groups: [default, gold]
    priority: 5
    models: ["gpt-*"]
api_keys:
  - {name: ci, user: ann, key: "${CI_KEY}", cache: true, expires_at: "2030-01-01T00:00:00Z"}
models:
  - {name: small, model: "family:haiku", groups: [gold], upstream_model: gpt-4o-mini,
     rules: [{input_tokens_above: 50000, images: absent, upstream_model: gpt-4o}],
     max_tokens: {max: 4096}, temperature_default: 0.5}
settings:
  serve_unpriced_models: true
  on_disconnect: drain
  drain_usd_max: "0.5"
)yaml";

class YamlConfigTest : public StoreTest {
 protected:
  absl::Status Apply(const std::string& text) { return Run(text, YamlMode::kApply).status(); }
  absl::StatusOr<YamlOutcome> Run(const std::string& text, YamlMode mode) {
    return ApplyYaml(
        store(), vault(), text,
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = environment_.find(name);
          if (found == environment_.end()) return std::nullopt;
          return found->second;
        },
        mode);
  }
  std::map<std::string, std::string> environment_ = {{"ANN_PASSWORD", "correct horse"},
                                                     {"HOST", "api.openai.com"},
                                                     {"OPENAI_API_KEY", "sk-1"},
                                                     {"CI_KEY", "ck_abcdefghijklmnopqrstuvwxyz"}};
};

TEST_P(YamlConfigTest, ADryRunShowsEverythingAndChangesNothing) {
  const std::int64_t before = CurrentRevision().number;
  auto tried = Run(kWhole, YamlMode::kTry);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(CurrentRevision().number, before);
  const std::string text = DifferenceText(tried->changes);
  for (const char* line :
       {"create group gold\n", "create user ann\n", "create account main\n", "  limits.rpm: 60\n",
        "create API key ci\n", "settings.serve_unpriced_models: false -> true\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " is not in\n" << text;
  }
  for (const char* secret : {"correct horse", "sk-1", "ck_abc", "argon2"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
  ASSERT_TRUE(Apply(kWhole).ok());
  tried = Run(kWhole, YamlMode::kTry);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(DifferenceText(tried->changes), "");
  EXPECT_TRUE(tried->declared.contains("on_disconnect"));
  EXPECT_FALSE(tried->declared.contains("registration"));
  EXPECT_TRUE(absl::IsInvalidArgument(Run("groups: 7", YamlMode::kTry).status()));
}

TEST_P(YamlConfigTest, DeclaresEverythingInOneChange) {
  const std::int64_t before = CurrentRevision().number;
  absl::Status applied = Apply(kWhole);
  ASSERT_TRUE(applied.ok()) << applied;
  EXPECT_EQ(CurrentRevision().number, before + 1);
  absl::Status read = store().Read([&](sql::Transaction& t) -> absl::Status {
    const auto gold = group_store::FindByName(t, "gold");
    EXPECT_EQ(gold->price_multiplier_ppm, 1'250'000);
    EXPECT_EQ(gold->limits.nano_usd_per_day, 5'500'000'000);
    const auto ann = user_store::FindByUsername(t, "ann");
    EXPECT_EQ(ann->group_id, gold->id);
    EXPECT_FALSE(ann->password_hash.empty());
    const auto account = account_store::FindByName(t, "main");
    EXPECT_EQ(account->request_url, "https://api.openai.com/v1");
    EXPECT_EQ(OpenCredential(vault(), *account)->Reveal(), "sk-1");
    EXPECT_EQ(account->group_ids.size(), 2u);
    const auto key = api_key_store::FindByHash(t, ApiKeyHash(environment_["CI_KEY"]), 0);
    EXPECT_TRUE(key.ok() && key->cache && key->group_id == gold->id);
    EXPECT_EQ(price_store::Find(t, "openai", "my-model", 0)->input_pico_usd, 250'000);
    const auto route = route_store::FindByName(t, "small");
    EXPECT_EQ(route->group_ids, std::vector<std::int64_t>{gold->id});
    EXPECT_EQ(route->rules.at(0).input_tokens_above, 50'000);
    EXPECT_EQ(route->temperature_default_milli, 500);
    EXPECT_TRUE(settings_store::Get(t)->serve_unpriced_models);
    EXPECT_EQ(settings_store::Get(t)->on_disconnect, OnDisconnect::kDrain);
    EXPECT_EQ(settings_store::Get(t)->drain_nano_usd_max, 500'000'000);
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok());
}

// What `status: normal` makes of an account that is as `edit` leaves it.
template <class Edit>
Account AfterNormal(Store& store, const std::function<absl::Status(const std::string&)>& apply,
                    Edit edit) {
  const std::string text =
      "accounts: [{name: main, platform_type: openai, request_url: \"https://a.example.com\", "
      "status: normal}]";
  EXPECT_TRUE(apply(text).ok());
  Account account;
  absl::Status changed =
      store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        account = *account_store::FindByName(transaction, "main");
        edit(account);
        return account_store::Update(transaction, changes, store.NowMs(), account);
      });
  EXPECT_TRUE(changed.ok()) << changed;
  EXPECT_TRUE(apply(text).ok());
  auto read = ReadValue(store, [](sql::Transaction& transaction) {
    return account_store::FindByName(transaction, "main");
  });
  EXPECT_TRUE(read.ok()) << read.status();
  return read.value_or(Account());
}

TEST_P(YamlConfigTest, StatusNormalLeavesWhatRelaysHaveSeen) {
  const auto apply = [this](const std::string& text) { return Apply(text); };
  const std::int64_t until_ms = store().NowMs() + 60'000;
  const Account resting = AfterNormal(store(), apply, [&](Account& account) {
    account.status = AccountStatus::kRateLimited;
    account.status_reason = "upstream_rate_limited";
    account.cooldown_until_ms = until_ms;
    account.model_cooldowns = {
        {.model = "m", .until_ms = until_ms, .observed_at_ms = 1, .reason = "model_refused"}};
  });
  EXPECT_EQ(resting.status, AccountStatus::kRateLimited);
  EXPECT_EQ(resting.cooldown_until_ms, until_ms);
  EXPECT_EQ(resting.model_cooldowns.size(), 1u);
  const Account refused = AfterNormal(store(), apply, [](Account& account) {
    account.status = AccountStatus::kAccountException;
    account.status_reason = "credential_rejected";
  });
  EXPECT_EQ(refused.status, AccountStatus::kAccountException);
}

TEST_P(YamlConfigTest, StatusNormalSwitchesADisabledAccountOn) {
  const auto apply = [this](const std::string& text) { return Apply(text); };
  const Account account = AfterNormal(store(), apply, [](Account& disabled) {
    disabled.status = AccountStatus::kDisabled;
    disabled.status_observed_at_ms = 0;
  });
  EXPECT_EQ(account.status, AccountStatus::kNormal);
  EXPECT_EQ(account.status_observed_at_ms, store().NowMs()) << "older words no longer count";
  auto latest = ReadValue(store(), [&](sql::Transaction& transaction) {
    return account_history::Latest(transaction, {account.id});
  });
  ASSERT_TRUE(latest.ok()) << latest.status();
  EXPECT_EQ((*latest)[account.id].status, AccountStatus::kNormal);
  EXPECT_EQ((*latest)[account.id].source, account_history::kFromAdmin);
}

TEST_P(YamlConfigTest, ASecondRunChangesNothing) {
  ASSERT_TRUE(Apply(kWhole).ok());
  const std::int64_t revision = CurrentRevision().number;
  absl::Status again = Apply(kWhole);
  EXPECT_TRUE(again.ok()) << again;
  EXPECT_EQ(CurrentRevision().number, revision);
}

TEST_P(YamlConfigTest, ChangesWhatDiffersOnly) {
  ASSERT_TRUE(Apply(kWhole).ok());
  const std::int64_t revision = CurrentRevision().number;
  environment_["OPENAI_API_KEY"] = "sk-2";
  ASSERT_TRUE(Apply(kWhole).ok());
  EXPECT_EQ(CurrentRevision().number, revision + 1);
  auto changed = ReadValue(store(), [&](sql::Transaction& t) { return ChangedSince(t, revision); });
  ASSERT_EQ(changed->size(), 1u);
  EXPECT_EQ(changed->front().kind, ResourceKind::kAccount);
}

TEST_P(YamlConfigTest, EveryMistakeNamesItsPathAndChangesNothing) {
  const std::map<std::string, std::string> cases = {
      {"bogus: []", "bogus:"},
      {"groups: {name: x}", "groups:"},
      {"groups: [x]", "groups[0]:"},
      {"groups:\n - {name: x, remrak: y}", "groups[0].remrak:"},
      {"groups:\n - {name: x}\n - {remark: y}", "groups[1].name:"},
      {"groups:\n - {name: x, limits: {rpm: many}}", "groups[0].limits.rpm:"},
      {"accounts:\n - {name: a, platform_type: openai, request_url: https://x, "
       "secret_key: \"${NOT_SET}\"}",
       "accounts[0].secret_key: the variable NOT_SET"},
      {"accounts:\n - {name: a, platform_type: openai, request_url: https://x, groups: [no]}",
       "accounts[0].groups:"},
      {"accounts:\n - {name: a, platform_type: claude, request_url: https://x, "
       "quirks: [max_completion_tokens]}",
       "accounts[0].quirks: must suit the platform: max_completion_tokens is for openai"},
      {"models:\n - {model: m, groups: [no]}", "models[0].groups:"},
      {"models:\n - {model: m, rules: [{thinking: sometimes}]}", "models[0].rules[0].thinking:"},
      {"users:\n - {username: u, group: no}", "users[0].group:"},
      {"api_keys:\n - {name: k, key: ck_0123456789012345678, user: nobody}", "api_keys[0].user:"},
      {"groups: [\n", "line "},
      {"groups:\n - name: a\n   name: b", "groups[0].name: is there twice"},
  };
  const std::int64_t before = CurrentRevision().number;
  for (const auto& [text, wanted] : cases) {
    absl::Status status = Apply(text);
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_NE(std::string(status.message()).find(wanted), std::string::npos)
        << text << " gave: " << status;
    EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos) << "one line";
  }
  EXPECT_EQ(CurrentRevision().number, before);
}

TEST_P(YamlConfigTest, APriceThatDiffersHoldsFromNowOn) {
  const std::string list = "prices:\n - {provider: x, model: m, output: 1, input: ";
  ASSERT_TRUE(Apply(list + "1}").ok());
  clock().AdvanceMs(1000);
  ASSERT_TRUE(Apply(list + "2}").ok());
  ASSERT_TRUE(Apply(list + "2}").ok());
  auto all = ReadValue(store(), [](sql::Transaction& t) { return price_store::After(t, 0, 10); });
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).effective_from_ms, 0);
  EXPECT_EQ(all->at(0).input_pico_usd, 1'000'000) << "what was valid stays";
  EXPECT_EQ(all->at(1).effective_from_ms, clock().NowUnixMs());
  const absl::Status past = Apply(list + "3, effective_from: \"1999-01-01T00:00:00Z\"}");
  EXPECT_NE(std::string(past.message()).find("prices: the price of x m"), std::string::npos)
      << past;
}

TEST_P(YamlConfigTest, AModelIsFreeOnlyWhereTheFileSaysSo) {
  const std::string zero = "prices:\n - {provider: x, model: gift, input: 0, output: 0";
  const absl::Status left_out = Apply(zero + "}");
  EXPECT_NE(std::string(left_out.message()).find("free"), std::string::npos) << left_out;
  const absl::Status given = Apply(zero + ", free: true}");
  EXPECT_TRUE(given.ok()) << given;
}

TEST_P(YamlConfigTest, WhatIsNoUtf8IsRefused) {
  const absl::Status file = Apply("groups:\n - {name: caf\xe9}");
  EXPECT_NE(std::string(file.message()).find("line 2: is not UTF-8"), std::string::npos) << file;
  environment_["HOST"] = "h\xe9";
  const absl::Status variable = Apply(kWhole);
  EXPECT_NE(std::string(variable.message()).find("the variable HOST is not UTF-8"),
            std::string::npos)
      << variable;
}

TEST_P(YamlConfigTest, SecretsComeWithoutTheirLinesEnd) {
  environment_["OPENAI_API_KEY"] = "sk-1\n";
  environment_["CI_KEY"] += "\n";
  const absl::Status applied = Apply(kWhole);
  ASSERT_TRUE(applied.ok()) << applied;
  auto account =
      ReadValue(store(), [](sql::Transaction& t) { return account_store::FindByName(t, "main"); });
  EXPECT_EQ(OpenCredential(vault(), *account)->Reveal(), "sk-1");
  EXPECT_TRUE(ReadValue(store(), [](sql::Transaction& t) {
                return api_key_store::FindByHash(t, ApiKeyHash("ck_abcdefghijklmnopqrstuvwxyz"), 0);
              }).ok());
  environment_["OPENAI_API_KEY"] = "sk\n1";
  EXPECT_NE(std::string(Apply(kWhole).message()).find("accounts[0].secret_key"), std::string::npos);
}

TEST_P(YamlConfigTest, DollarsCanBeWritten) {
  ASSERT_TRUE(Apply("groups:\n - {name: g, remark: \"costs $5, see $${HOST}\"}").ok());
  auto group =
      ReadValue(store(), [](sql::Transaction& t) { return group_store::FindByName(t, "g"); });
  EXPECT_EQ(group->remark, "costs $5, see ${HOST}");
}

TEST_P(YamlConfigTest, AnEmptyFileDeclaresNothing) {
  EXPECT_TRUE(Apply("").ok());
  EXPECT_TRUE(Apply("# only a comment\n").ok());
  EXPECT_TRUE(Apply("groups:\n").ok());
}

INSTANTIATE_ON_BOTH_DATABASES(YamlConfigTest);

}  // namespace
}  // namespace weir::admin

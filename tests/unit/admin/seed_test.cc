#include "services/admin/seed.h"

#include <map>
#include <string>
#include <vector>

#include "libs/common/api_key_hash.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/password.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class SeedTest : public StoreTest {
 protected:
  std::map<std::string, std::string> RunSeed(const SeedInput& input) {
    auto output = Seed(store(), vault(), input);
    EXPECT_TRUE(output.ok()) << output.status();
    if (!output.ok()) return {};
    return {output->begin(), output->end()};
  }
  absl::StatusOr<Account> Find(const std::string& name) {
    return ReadValue(store(),
                     [&](sql::Transaction& t) { return account_store::FindByName(t, name); });
  }
};

TEST_P(SeedTest, AddressesAreKeptWhereNoneIsSet) {
  const auto settings = [&] { return ReadValue(store(), settings_store::Get); };
  const SeedInput first = {.demo_url = "",
                           .environment = {},
                           .relay_url = "http://127.0.0.1:8080",
                           .console_url = "http://127.0.0.1:8081"};
  RunSeed(first);
  EXPECT_EQ(settings()->relay_url, "http://127.0.0.1:8080");
  EXPECT_EQ(settings()->console_url, "http://127.0.0.1:8081");
  const std::vector<std::string> localhost = {"http://localhost:8081"};
  EXPECT_EQ(settings()->console_origins, localhost);
  const auto version = settings()->version;
  RunSeed({.demo_url = "",
           .environment = {},
           .relay_url = "http://127.0.0.1:9080",
           .console_url = "http://127.0.0.1:9081"});
  EXPECT_EQ(settings()->relay_url, "http://127.0.0.1:8080");
  EXPECT_EQ(settings()->version, version) << "nothing to change is no change";
  const auto wrong =
      Seed(store(), vault(),
           {.demo_url = "", .environment = {}, .relay_url = "relay", .console_url = ""});
  EXPECT_NE(wrong.status().ToString().find("relay-url"), std::string::npos) << wrong.status();
}

TEST_P(SeedTest, AFirstStartHasWhatItNeeds) {
  const SeedInput input = {.demo_url = "http://127.0.0.1:9090",
                           .environment = {{"OPENAI_API_KEY", "sk-openai"}}};
  const auto output = RunSeed(input);
  EXPECT_EQ(output.at("WEIR_ADMIN_USERNAME"), "admin");
  EXPECT_EQ(output.at("WEIR_DEV_MODEL"), "claude-haiku-4-5");
  auto admin = ReadValue(
      store(), [](sql::Transaction& t) { return user_store::FindByUsername(t, "admin"); });
  ASSERT_TRUE(admin.ok());
  EXPECT_EQ(admin->role, Role::kAdmin);
  EXPECT_TRUE(VerifyPassword(admin->password_hash, Secret(output.at("WEIR_ADMIN_PASSWORD"))).ok());
  auto key = ReadValue(store(), [&](sql::Transaction& t) {
    return api_key_store::FindByHash(t, ApiKeyHash(output.at("WEIR_API_KEY")), 0);
  });
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->name, "dev");
  auto openai = Find("openai");
  ASSERT_TRUE(openai.ok());
  EXPECT_EQ(OpenCredential(vault(), *openai)->Reveal(), "sk-openai");
  EXPECT_LT(openai->priority, Find("demo-openai")->priority);
  EXPECT_EQ(Find("demo-openai")->request_url, "http://127.0.0.1:9090/v1");
  EXPECT_EQ(Find("demo-openai-responses")->request_url, "http://127.0.0.1:9090/v1");
  EXPECT_EQ(Find("demo-anthropic")->request_url, "http://127.0.0.1:9090");
  EXPECT_FALSE(Find("anthropic").ok()) << "no key for it";
  for (const char* model : {"fake-*", "claude-haiku-4-5@*", "gpt-4o-mini@*"}) {
    EXPECT_TRUE(
        ReadValue(store(), [&](sql::Transaction& t) { return price_store::Find(t, "", model, 0); })
            .ok())
        << model;
  }
}

TEST_P(SeedTest, ASecondRunChangesNothingAndShowsNoSecret) {
  const SeedInput input = {.demo_url = "http://127.0.0.1:9090",
                           .environment = {{"ANTHROPIC_API_KEY", "sk-ant"}}};
  RunSeed(input);
  const std::int64_t revision = CurrentRevision().number;
  const auto output = RunSeed(input);
  EXPECT_EQ(CurrentRevision().number, revision);
  EXPECT_EQ(output.size(), 1u);
  EXPECT_EQ(output.at("WEIR_DEV_MODEL"), "claude-haiku-4-5");
}

TEST_P(SeedTest, ANewCredentialIsTakenOver) {
  RunSeed({.demo_url = "", .environment = {{"DEEPSEEK_API_KEY", "old"}}});
  const auto output = RunSeed({.demo_url = "", .environment = {{"DEEPSEEK_API_KEY", "new"}}});
  EXPECT_EQ(OpenCredential(vault(), *Find("deepseek"))->Reveal(), "new");
  EXPECT_EQ(output.at("WEIR_DEV_MODEL"), "deepseek-chat");
}

TEST_P(SeedTest, ACredentialComesWithoutItsLinesEnd) {
  RunSeed({.demo_url = "", .environment = {{"OPENAI_API_KEY", " sk-openai\r\n"}}});
  EXPECT_EQ(OpenCredential(vault(), *Find("openai"))->Reveal(), "sk-openai");
  for (const char* bad : {"sk\nopenai", "sk\xff"}) {
    const SeedInput input = {.demo_url = "", .environment = {{"OPENAI_API_KEY", bad}}};
    auto output = Seed(store(), vault(), input);
    EXPECT_NE(std::string(output.status().message()).find("OPENAI_API_KEY"), std::string::npos)
        << output.status();
  }
}

TEST_P(SeedTest, NothingToServeMeansNoModel) {
  EXPECT_EQ(RunSeed({.demo_url = "", .environment = {}}).count("WEIR_DEV_MODEL"), 0u);
}

INSTANTIATE_ON_BOTH_DATABASES(SeedTest);

}  // namespace
}  // namespace weir::admin

#include "services/admin/credentials/playground_secret.h"

#include <string>
#include <vector>

#include "libs/common/playground_token.h"
#include "services/admin/credentials/setting_secrets.h"
#include "services/admin/publish/snapshot_builder.h"
#include "services/admin/reseal.h"
#include "services/admin/store/settings_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class PlaygroundSecretTest : public StoreTest {
 protected:
  Settings Get() {
    auto settings = ReadValue(store(), settings_store::Get);
    EXPECT_TRUE(settings.ok()) << settings.status();
    return settings.ok() ? *settings : Settings();
  }
  std::string Opened(const Vault& by) {
    const auto secret = OpenPlaygroundSecret(by, Get());
    return secret.ok() ? secret->Reveal() : "does not open";
  }
  weir::v1::ConsoleAccess Pushed() {
    SnapshotBuilder builder(store(), vault());
    const auto update = builder.Build(0, "");
    EXPECT_TRUE(update.ok()) << update.status();
    for (const auto& resource : update->chunks.front().upserts()) {
      if (resource.has_settings()) return resource.settings().console();
    }
    ADD_FAILURE() << "no settings";
    return {};
  }
};

TEST_P(PlaygroundSecretTest, IsMadeOnceAndPushedToRelays) {
  const Revision before = CurrentRevision();
  ASSERT_TRUE(EnsurePlaygroundSecret(store(), vault()).ok());
  const std::string secret = Opened(vault());
  EXPECT_EQ(secret.size(), kPlaygroundSecretBytes);
  EXPECT_EQ(CurrentRevision().number, before.number + 1);
  EXPECT_EQ(Pushed().playground_secret(), secret);
  ASSERT_TRUE(EnsurePlaygroundSecret(store(), vault()).ok());
  EXPECT_EQ(Opened(vault()), secret);
  EXPECT_EQ(CurrentRevision().number, before.number + 1);
  EXPECT_EQ(Get().sealed_playground_secret.find(secret), std::string::npos);
}

TEST_P(PlaygroundSecretTest, AnotherMasterKeyDoesNotReplaceIt) {
  ASSERT_TRUE(EnsurePlaygroundSecret(store(), vault()).ok());
  const std::string secret = Opened(vault());
  const Vault other = *Vault::Create(Secret("another master key of 32 characters or more"));
  EXPECT_EQ(Opened(other), "does not open");
  const absl::Status refused = EnsurePlaygroundSecret(store(), other);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(std::string(refused.message()).find("master key"), std::string::npos);
  EXPECT_EQ(Opened(vault()), secret);
}

TEST_P(PlaygroundSecretTest, AnotherIsMadeOnDemandAndPushed) {
  ASSERT_TRUE(EnsurePlaygroundSecret(store(), vault()).ok());
  const std::string secret = Opened(vault());
  ASSERT_TRUE(ReplacePlaygroundSecret(store(), vault()).ok());
  EXPECT_EQ(Opened(vault()).size(), kPlaygroundSecretBytes);
  EXPECT_NE(Opened(vault()), secret);
  EXPECT_EQ(Pushed().playground_secret(), Opened(vault()));
  // Also where the right master key is lost.
  const Vault other = *Vault::Create(Secret("another master key of 32 characters or more"));
  ASSERT_TRUE(ReplacePlaygroundSecret(store(), other).ok());
  EXPECT_EQ(Opened(other).size(), kPlaygroundSecretBytes);
  EXPECT_TRUE(EnsurePlaygroundSecret(store(), other).ok());
}

TEST_P(PlaygroundSecretTest, StaysWhenSettingsChangeAndWhenItIsSealedAnew) {
  ASSERT_TRUE(EnsurePlaygroundSecret(store(), vault()).ok());
  const std::string secret = Opened(vault());
  Settings whole = WithSecretsOf(Get());
  whole.version = Get().version;
  whole.site_name = "Example";
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& transaction, Changes& changes) {
                    return settings_store::Update(transaction, changes, store().NowMs(), whole);
                  })
                  .ok());
  EXPECT_EQ(Opened(vault()), secret);
  const std::string_view old_key = "0123456789abcdef0123456789abcdef";
  const Vault both = *Vault::Create(
      Secret("another master key of 32 characters or more\n" + std::string(old_key)));
  EXPECT_EQ(*Reseal(database(), both), 1);
  const Vault newest = *Vault::Create(Secret("another master key of 32 characters or more"));
  EXPECT_EQ(Opened(newest), secret);
}

TEST_P(PlaygroundSecretTest, OfTwoWhoMakeItAtOnceTheFirstStays) {
  ASSERT_TRUE(EnsurePlaygroundSecret(store(), vault()).ok());
  const std::string secret = Opened(vault());
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& transaction, Changes& changes) {
                    return settings_store::SetPlaygroundSecret(transaction, changes, "late", "");
                  })
                  .ok());
  EXPECT_EQ(Opened(vault()), secret);
}

TEST_P(PlaygroundSecretTest, OriginsAreAsBrowsersWriteThem) {
  Settings settings = Get();
  settings.console_url = "HTTPS://Weir.Example.com:443/console/";
  settings.console_origins = {"http://192.168.1.5:8081", "http://[::1]:80/",
                              "https://a.example:8443"};
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& transaction, Changes& changes) {
                    return settings_store::Update(transaction, changes, store().NowMs(), settings);
                  })
                  .ok());
  const weir::v1::ConsoleAccess pushed = Pushed();
  const std::vector<std::string> origins(pushed.origins().begin(), pushed.origins().end());
  EXPECT_EQ(origins,
            (std::vector<std::string>{"https://weir.example.com", "http://192.168.1.5:8081",
                                      "http://[::1]", "https://a.example:8443"}));
}

INSTANTIATE_ON_BOTH_DATABASES(PlaygroundSecretTest);

}  // namespace
}  // namespace weir::admin

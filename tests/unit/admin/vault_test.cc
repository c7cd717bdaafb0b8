#include "services/admin/credentials/vault.h"

#include <string>

#include <gtest/gtest.h>

#include "services/admin/credentials/account_secrets.h"

namespace weir::admin {
namespace {

constexpr char kOldKey[] = "0000000000000000000000000000000000000000000000000000000000000001";
constexpr char kNewKey[] = "0000000000000000000000000000000000000000000000000000000000000002";

Vault MakeVault(const std::string& keys) {
  auto vault = Vault::Create(Secret(keys));
  EXPECT_TRUE(vault.ok()) << vault.status();
  return *std::move(vault);
}

TEST(VaultTest, OpensWhatItSealed) {
  const Vault vault = MakeVault(kOldKey);
  const std::string sealed = vault.Seal(Secret("sk-secret"), "account/1/credential");
  EXPECT_EQ(sealed.find("sk-secret"), std::string::npos);
  auto opened = vault.Open(sealed, "account/1/credential");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->Reveal(), "sk-secret");
}

TEST(VaultTest, SealsTheSameTextDifferentlyEachTime) {
  const Vault vault = MakeVault(kOldKey);
  EXPECT_NE(vault.Seal(Secret("a"), "x"), vault.Seal(Secret("a"), "x"));
}

TEST(VaultTest, RefusesAnotherOwner) {
  const Vault vault = MakeVault(kOldKey);
  const std::string sealed = vault.Seal(Secret("s"), "account/1/credential");
  EXPECT_TRUE(absl::IsDataLoss(vault.Open(sealed, "account/2/credential").status()));
}

TEST(VaultTest, RefusesEveryChangedCharacter) {
  const Vault vault = MakeVault(kOldKey);
  const std::string sealed = vault.Seal(Secret("some secret"), "owner");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(vault.Open(changed, "owner").ok()) << "at " << i;
  }
  EXPECT_FALSE(vault.Open("", "owner").ok());
  EXPECT_FALSE(vault.Open(sealed.substr(0, sealed.size() - 4), "owner").ok());
}

TEST(VaultTest, RotatedKeyStillOpensAndShowsWhatIsStale) {
  const std::string sealed = MakeVault(kOldKey).Seal(Secret("s"), "owner");
  const Vault rotated = MakeVault(std::string(kNewKey) + "\n" + kOldKey + "\n");
  auto opened = rotated.Open(sealed, "owner");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->Reveal(), "s");
  EXPECT_TRUE(rotated.IsStale(sealed));
  EXPECT_FALSE(rotated.IsStale(rotated.Seal(Secret("s"), "owner")));
}

TEST(VaultTest, NamesTheKeyThatIsMissing) {
  const std::string sealed = MakeVault(kOldKey).Seal(Secret("s"), "owner");
  const auto opened = MakeVault(kNewKey).Open(sealed, "owner");
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status())) << opened.status();
}

TEST(VaultTest, RefusesKeysThatAreNone) {
  EXPECT_FALSE(Vault::Create(Secret("")).ok());
  EXPECT_FALSE(Vault::Create(Secret("short")).ok());
}

TEST(VaultTest, DerivedKeysDifferByUse) {
  const Vault vault = MakeVault(kOldKey);
  EXPECT_EQ(vault.DeriveKey("a").Reveal().size(), 32u);
  EXPECT_NE(vault.DeriveKey("a").Reveal(), vault.DeriveKey("b").Reveal());
  EXPECT_NE(vault.DeriveKey("a").Reveal(), MakeVault(kNewKey).DeriveKey("a").Reveal());
}

TEST(AccountSecretsTest, ACredentialDoesNotOpenInAnotherAccount) {
  const Vault vault = MakeVault(kOldKey);
  Account mine;
  mine.id = 1;
  SetCredential(vault, Secret("sk"), mine);
  Account other = mine;
  other.id = 2;
  EXPECT_EQ(OpenCredential(vault, mine)->Reveal(), "sk");
  EXPECT_FALSE(OpenCredential(vault, other).ok());
  Account swapped = mine;
  swapped.sealed_proxy_url = mine.sealed_credential;
  EXPECT_FALSE(OpenProxyUrl(vault, swapped).ok());
}

TEST(AccountSecretsTest, MasksPasswordsOfProxies) {
  EXPECT_EQ(MaskPassword("http://user:pass@host:1/"), "http://user:***@host:1/");
  EXPECT_EQ(MaskPassword("http://user:p@ss@host:1"), "http://user:***@host:1");
  EXPECT_EQ(MaskPassword("socks5://host:1080"), "socks5://host:1080");
  EXPECT_EQ(MaskPassword(""), "");
}

}  // namespace
}  // namespace weir::admin

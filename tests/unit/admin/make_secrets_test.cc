#include "services/admin/make_secrets.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "libs/common/settings.h"
#include "libs/common/text.h"

namespace weir::admin {
namespace {

class MakeSecretsTest : public ::testing::Test {
 protected:
  MakeSecretsTest() { std::filesystem::create_directory(folder_); }
  ~MakeSecretsTest() override { std::filesystem::remove_all(folder_); }

  std::string Read(const char* name) {
    const auto secret = ReadSecretFile((folder_ / name).string());
    EXPECT_TRUE(secret.ok()) << secret.status();
    return secret.ok() ? secret->Reveal() : "";
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / StrCat("weir-make-secrets-", ::getpid());
};

TEST_F(MakeSecretsTest, MakesTwoThatNobodyElseReads) {
  const auto said = MakeSecrets(folder_.string(), folder_.string());
  ASSERT_TRUE(said.ok()) << said.status();
  const std::string token = Read("internal.token");
  const std::string key = Read("master.key");
  EXPECT_EQ(token.size(), 64U);
  EXPECT_EQ(key.size(), 64U);
  EXPECT_NE(token, key);
  EXPECT_EQ(said->find(token), std::string::npos);
}

TEST_F(MakeSecretsTest, KeepsWhatIsThere) {
  ASSERT_TRUE(MakeSecrets(folder_.string(), folder_.string()).ok());
  const std::string key = Read("master.key");
  std::filesystem::remove(folder_ / "internal.token");
  ASSERT_TRUE(MakeSecrets(folder_.string(), folder_.string()).ok());
  EXPECT_EQ(Read("master.key"), key);
  EXPECT_EQ(Read("internal.token").size(), 64U);
  const auto files = std::filesystem::directory_iterator(folder_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(MakeSecretsTest, TheMasterKeyMayHaveAFolderOfItsOwn) {
  const std::filesystem::path key_folder = folder_ / "key";
  std::filesystem::create_directory(key_folder);
  ASSERT_TRUE(MakeSecrets(folder_.string(), key_folder.string()).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "master.key"));
  EXPECT_EQ(Read("internal.token").size(), 64U);
  EXPECT_EQ(Read("key/master.key").size(), 64U);
}

TEST_F(MakeSecretsTest, SaysWhichFolderIsNotThere) {
  const auto said = MakeSecrets((folder_ / "away").string(), folder_.string());
  ASSERT_FALSE(said.ok());
  EXPECT_NE(std::string(said.status().message()).find("away"), std::string::npos);
}

}  // namespace
}  // namespace weir::admin

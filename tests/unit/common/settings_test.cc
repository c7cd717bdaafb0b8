#include "libs/common/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/secret_file.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SettingsTest : public ::testing::Test {
 protected:
  ~SettingsTest() override {
    for (const char* name : {"WEIR_TEST_LISTEN", "WEIR_TEST_THREADS", "WEIR_TEST_VERBOSE"}) {
      ::unsetenv(name);
    }
  }

  absl::Status Load(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "weir-test");
    return settings_.Load(static_cast<int>(arguments.size()), arguments.data());
  }

  Settings settings_{"weir-test",
                     "WEIR_TEST",
                     "Tests settings.",
                     {{"listen", SettingKind::kText, "0.0.0.0:8080", "Where it listens."},
                      {"threads", SettingKind::kInteger, "4", "How many threads.", 1, 64},
                      {"idle_timeout_ms", SettingKind::kInteger, "250", "How long it idles."},
                      {"verbose", SettingKind::kFlag, "false", "Says more."},
                      {"log_level", SettingKind::kLogLevel, "info", "What it says."},
                      {"data_dir", SettingKind::kText, "", "Where it writes."}}};
};

TEST_F(SettingsTest, HasDefaults) {
  ASSERT_TRUE(Load({}).ok());
  EXPECT_EQ(settings_.Text("listen"), "0.0.0.0:8080");
  EXPECT_EQ(settings_.Integer("threads"), 4);
  EXPECT_FALSE(settings_.Flag("verbose"));
  EXPECT_EQ(settings_.Text("data_dir"), "");
  EXPECT_FALSE(settings_.wants_text());
}

TEST_F(SettingsTest, FlagsWinOverTheEnvironment) {
  ::setenv("WEIR_TEST_LISTEN", "env:1", 1);
  ::setenv("WEIR_TEST_THREADS", "8", 1);
  ::setenv("WEIR_TEST_VERBOSE", "true", 1);
  ASSERT_TRUE(Load({"--listen=flag:2", "--verbose=false"}).ok());
  EXPECT_EQ(settings_.Text("listen"), "flag:2");
  EXPECT_EQ(settings_.Integer("threads"), 8);
  EXPECT_FALSE(settings_.Flag("verbose"));
}

TEST_F(SettingsTest, TakesFlagsInEachForm) {
  ASSERT_TRUE(
      Load({"seed", "--threads", "2", "--verbose", "--data-dir=a=b", "--idle-timeout-ms=0", "more"})
          .ok());
  EXPECT_EQ(settings_.Integer("threads"), 2);
  EXPECT_EQ(settings_.Integer("idle_timeout_ms"), 0);
  EXPECT_TRUE(settings_.Flag("verbose"));
  EXPECT_EQ(settings_.Text("data_dir"), "a=b");
  EXPECT_THAT(settings_.positional(), ElementsAre("seed", "more"));
}

TEST_F(SettingsTest, SaysWhatIsWrongAndWhereItCameFrom) {
  for (const char* value : {"0", "65", "-1", "x", "", "4.5", " 4", "99999999999999999999"}) {
    const std::string flag = std::string("--threads=") + value;
    const absl::Status status = Load({flag.c_str()});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << flag;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--threads")) << flag;
  }
  EXPECT_EQ(Load({"--verbose=yes"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load({"--nonsense=1"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load({"--"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load({"--listen"}).code(), absl::StatusCode::kInvalidArgument);  // its value is missing
  ::setenv("WEIR_TEST_THREADS", "many", 1);
  const absl::Status from_environment = Load({});
  EXPECT_THAT(std::string(from_environment.message()), HasSubstr("WEIR_TEST_THREADS"));
}

TEST_F(SettingsTest, ALogLevelIsOneOfFour) {
  EXPECT_TRUE(Load({"--log-level=warning"}).ok());
  const absl::Status wrong = Load({"--log-level=warn"});
  EXPECT_THAT(std::string(wrong.message()), HasSubstr("debug, info, warning or error"));
}

TEST_F(SettingsTest, HelpListsEachSettingInEachForm) {
  ASSERT_TRUE(Load({"--help"}).ok());
  ASSERT_TRUE(settings_.wants_text());
  for (const char* text : {"--listen", "WEIR_TEST_LISTEN", "--threads", "--idle-timeout-ms",
                           "WEIR_TEST_IDLE_TIMEOUT_MS", "--verbose", "--data-dir", "0.0.0.0:8080",
                           "How many threads.", "Tests settings."}) {
    EXPECT_THAT(settings_.text(), HasSubstr(text));
    EXPECT_TRUE(std::string(text) == "Tests settings." ||
                settings_.HelpMarkdown().find(text) != std::string::npos)
        << text;
  }
}

TEST_F(SettingsTest, HelpWinsOverWhatFollows) {
  EXPECT_TRUE(Load({"--help", "--nonsense"}).ok());
  EXPECT_TRUE(settings_.wants_text());
}

TEST_F(SettingsTest, TellsItsVersion) {
  ASSERT_TRUE(Load({"--version"}).ok());
  EXPECT_THAT(settings_.text(), HasSubstr("weir-test "));
}

class SecretFileTest : public ::testing::Test {
 protected:
  SecretFileTest()
      : path_(std::filesystem::temp_directory_path() /
              ("weir_secret_" + std::to_string(::getpid()))) {}
  ~SecretFileTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& content, mode_t mode) {
    std::ofstream(path_, std::ios::binary) << content;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  std::filesystem::path path_;
};

TEST_F(SecretFileTest, ReadsItWithoutTheLineEnd) {
  Write("  top secret\r\n", 0600);
  EXPECT_EQ(ReadSecretFile(path_.string()).value().Reveal(), "top secret");
}

class SettingInAFileTest : public SecretFileTest {
 protected:
  absl::Status Load(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "weir-test");
    return settings_.Load(static_cast<int>(arguments.size()), arguments.data());
  }

  std::string flag_ = "--database-url-file=" + path_.string();
  Settings settings_{"weir-test",
                     "WEIR_TEST",
                     "Tests settings.",
                     {{"database_url", SettingKind::kText, "sqlite:own.db", "Where it keeps rows."},
                      {"database_url_file", SettingKind::kText, "", "File with it instead."},
                      {"token_file", SettingKind::kText, "", "A file and no setting's value."}}};
};

TEST_F(SettingInAFileTest, WinsOverFlagAndDefault) {
  Write("postgresql://weir:secret@db/weir\n", 0600);
  ASSERT_TRUE(Load({flag_.c_str(), "--database-url=sqlite:other.db"}).ok());
  EXPECT_EQ(settings_.Text("database_url"), "postgresql://weir:secret@db/weir");
}

TEST_F(SettingInAFileTest, IsLeftAloneWhereNoFileIsNamed) {
  ASSERT_TRUE(Load({"--token-file=/nowhere"}).ok());
  EXPECT_EQ(settings_.Text("database_url"), "sqlite:own.db");
}

TEST_F(SettingInAFileTest, ThatCannotBeReadIsToldByItsName) {
  const absl::Status missing = Load({flag_.c_str()});
  EXPECT_THAT(std::string(missing.message()), HasSubstr("WEIR_TEST_DATABASE_URL_FILE"));
  Write("postgresql://weir:secret@db/weir\n", 0644);
  const absl::Status open = Load({flag_.c_str()});
  EXPECT_THAT(std::string(open.message()), HasSubstr("chmod 600"));
  EXPECT_THAT(std::string(open.message()), Not(HasSubstr("secret@")));
}

TEST_F(SettingInAFileTest, IsNotNeededForHelp) {
  ASSERT_TRUE(Load({flag_.c_str(), "--help"}).ok());
  EXPECT_TRUE(settings_.wants_text());
}

TEST_F(SecretFileTest, RefusesOneThatOthersMayRead) {
  Write("secret", 0640);
  EXPECT_EQ(ReadSecretFile(path_.string()).status().code(), absl::StatusCode::kPermissionDenied);
  Write("secret", 0604);
  const absl::Status status = ReadSecretFile(path_.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(std::string(status.message()).find("secret\n"), std::string::npos);
}

// As Kubernetes mounts it, seen by a process that is not root.
TEST_F(SecretFileTest, TakesOneThatRootGaveToAGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  Write("secret", 0440);
  EXPECT_EQ(ReadSecretFile(path_.string()).status().code(), absl::StatusCode::kPermissionDenied);
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(::chown(path_.c_str(), 0, kNobody), 0);
  ASSERT_EQ(::setegid(kNobody), 0);
  ASSERT_EQ(::seteuid(kNobody), 0);
  const absl::StatusOr<Secret> given = ReadSecretFile(path_.string());
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::setegid(0), 0);
  Write("secret", 0444);
  EXPECT_TRUE(given.ok()) << given.status();
  EXPECT_EQ(ReadSecretFile(path_.string()).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST(IsOpenToOthersTest, AGroupMayReadWhatRootGaveToUsAlone) {
  const FileReader nobody = {.user = 65534, .groups = {65534, 2000}};
  const FileReader root = {.user = 0, .groups = {0, 2000}};
  const auto is_open = [](uid_t owner, gid_t group, mode_t mode, const FileReader& reader) {
    return IsOpenToOthers({.owner = owner, .group = group, .mode = S_IFREG | mode}, reader);
  };
  EXPECT_FALSE(is_open(65534, 65534, 0600, nobody));
  EXPECT_FALSE(is_open(0, 2000, 0640, nobody));
  EXPECT_FALSE(is_open(0, 65534, 0440, nobody));
  EXPECT_TRUE(is_open(0, 3000, 0640, nobody)) << "a group of others";
  EXPECT_TRUE(is_open(0, 2000, 0660, nobody)) << "they may write it";
  EXPECT_TRUE(is_open(0, 2000, 0644, nobody));
  EXPECT_TRUE(is_open(65534, 2000, 0640, nobody)) << "our own: nobody had to give it to us";
  EXPECT_FALSE(is_open(0, 0, 0400, root));
  EXPECT_FALSE(is_open(0, 3000, 0640, root)) << "root asks with the settings of a service";
  EXPECT_TRUE(is_open(0, 3000, 0644, root));
  EXPECT_TRUE(is_open(0, 0, 0640, root)) << "given to nobody";
  EXPECT_TRUE(is_open(65534, 3000, 0640, root)) << "not given by root";
}

TEST_F(SecretFileTest, MissesOneThatIsNotThereOrEmpty) {
  EXPECT_EQ(ReadSecretFile(path_.string()).status().code(), absl::StatusCode::kNotFound);
  Write("\n", 0600);
  EXPECT_EQ(ReadSecretFile(path_.string()).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace weir

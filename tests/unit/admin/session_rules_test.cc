#include "services/admin/model/session_rules.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

Account Session() {
  Account account;
  account.name = "s";
  account.platform = Platform::kSession;
  account.credential_type = CredentialType::kCookie;
  account.request_url = "https://chat.example.com";
  return account;
}

std::map<std::string, std::string> Wrong(const std::function<void(Account&)>& change) {
  Account account = Session();
  change(account);
  FieldErrors errors;
  Validate(account, errors);
  return errors.all();
}

TEST(SessionRulesTest, TheCredentialsNameSuitsItsType) {
  struct Row {
    CredentialType type;
    std::string name;
    bool good;
  };
  const std::vector<Row> rows = {
      {CredentialType::kCookie, "", true},
      {CredentialType::kCookie, "session", true},
      {CredentialType::kCookie, "__Secure-next.token", true},
      {CredentialType::kCookie, "host", true},
      {CredentialType::kCookie, "a=b", false},
      {CredentialType::kCookie, "a; b", false},
      {CredentialType::kCookie, "a\r\nx: y", false},
      {CredentialType::kCookie, std::string(129, 'a'), false},
      {CredentialType::kApiKey, "x-session-token", true},
      {CredentialType::kApiKey, "Authorization", true},
      {CredentialType::kApiKey, "", false},
      {CredentialType::kApiKey, "host", false},
      {CredentialType::kApiKey, "Content-Length", false},
      {CredentialType::kApiKey, "transfer-encoding", false},
      {CredentialType::kApiKey, "User-Agent", false},
      {CredentialType::kApiKey, "content-type", false},
      {CredentialType::kApiKey, "x token", false},
      {CredentialType::kBearer, "", true},
      {CredentialType::kBearer, "x-token", false},
      {CredentialType::kNone, "x-token", false},
  };
  for (const Row& row : rows) {
    const auto wrong = Wrong([&row](Account& account) {
      account.credential_type = row.type;
      account.session.credential_name = row.name;
    });
    EXPECT_EQ(wrong.empty(), row.good) << static_cast<int>(row.type) << " '" << row.name << "'";
    EXPECT_EQ(wrong.contains("session.credential_name"), !row.good) << row.name;
  }
}

TEST(SessionRulesTest, AHeaderStandsOnce) {
  const auto wrong = Wrong([](Account& account) {
    account.credential_type = CredentialType::kApiKey;
    account.session.credential_name = "X-Token";
    account.headers = {{"x-token", "1"}};
  });
  EXPECT_EQ(wrong.at("session.credential_name"), "stands in headers too");
}

TEST(SessionRulesTest, TiersAreWords) {
  for (const char* tier : {"", "free", "pro", "pro+", "business"}) {
    EXPECT_TRUE(Wrong([&](Account& account) { account.tier = tier; }).empty()) << tier;
  }
  EXPECT_TRUE(Wrong([](Account& account) { account.tier = "gold"; }).contains("tier"));
}

TEST(SessionRulesTest, OthersHaveNoSession) {
  const auto wrong = Wrong([](Account& account) {
    account.platform = Platform::kOpenai;
    account.tier = "gold";  // free text there
    account.session.credential_name = "x";
  });
  EXPECT_EQ(wrong.size(), 1u);
  EXPECT_TRUE(wrong.contains("session"));
}

TEST(SessionRulesTest, QuirksGoByTheProtocol) {
  const auto with = [](Protocol protocol) {
    return Wrong([protocol](Account& account) {
      account.session.protocol = protocol;
      account.quirks = {"no_betas"};
    });
  };
  EXPECT_TRUE(with(Protocol::kAnthropicMessages).empty());
  EXPECT_TRUE(with(Protocol::kOpenaiChat).contains("quirks"));
}

TEST(SessionRulesTest, ATierDecidesTheModelsUnlessTheAccountDoes) {
  Settings settings;
  settings.tier_models = {{"free", {"small"}}, {"pro+", {"small", "large-*"}}};
  Account account = Session();
  account.tier = "free";
  EXPECT_EQ(ServedModels(account, settings), std::vector<std::string>{"small"});
  account.tier = "pro+";
  EXPECT_EQ(ServedModels(account, settings).size(), 2u);
  account.tier = "business";
  EXPECT_TRUE(ServedModels(account, settings).empty()) << "nobody has said: everything";
  account.tier = "free";
  account.models = {"own"};
  EXPECT_EQ(ServedModels(account, settings), std::vector<std::string>{"own"});
  account.models.clear();
  account.platform = Platform::kOpenai;
  EXPECT_TRUE(ServedModels(account, settings).empty()) << "tiers are of sessions";
}

TEST(SessionRulesTest, WrongModelsOfATierAreNamed) {
  Settings settings;
  settings.tier_models = {{"free", {"ok"}}, {"pro", {"a b\n"}}};
  FieldErrors errors;
  ValidateTierModels(settings, errors);
  EXPECT_EQ(errors.all().size(), 1u);
  EXPECT_TRUE(errors.all().contains("tier_models.pro"));
}

}  // namespace
}  // namespace weir::admin

#include "services/admin/oauth/token_exchange.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

OauthClient Client() {
  return {.token_url = "https://login.example.com/token",
          .client_id = "weir app",
          .client_auth = ClientAuth::kBasic,
          .scopes = {"models:use", "offline_access"}};
}

RefreshSecrets Secrets(const std::string& client_secret, const std::string& refresh_token) {
  return {.client_secret = Secret(client_secret),
          .refresh_token = Secret(refresh_token),
          .proxy_url = Secret()};
}

WebAnswer Answer(int status, const std::string& body) {
  return {.status = status, .content_type = "application/json", .body = Secret(body)};
}

TEST(TokenCallTest, APublicClientSaysItsIdInTheBody) {
  const WebCall call = TokenCall(Client(), Secrets("", "r/1+&="));
  EXPECT_EQ(call.url, "https://login.example.com/token");
  EXPECT_EQ(call.body.Reveal(),
            "grant_type=refresh_token&refresh_token=r%2F1%2B%26%3D&"
            "scope=models%3Ause%20offline_access&client_id=weir%20app");
  EXPECT_TRUE(call.authorization.empty());
}

TEST(TokenCallTest, AClientWithASecretShowsItWhereItIsTold) {
  OauthClient client = Client();
  client.scopes.clear();
  const WebCall basic = TokenCall(client, Secrets("s:1", "r"));
  EXPECT_EQ(basic.body.Reveal(), "grant_type=refresh_token&refresh_token=r");
  EXPECT_EQ(basic.authorization.Reveal(), "Basic d2VpciUyMGFwcDpzJTNBMQ==");  // weir%20app:s%3A1
  client.client_auth = ClientAuth::kBody;
  const WebCall body = TokenCall(client, Secrets("s:1", "r"));
  EXPECT_TRUE(body.authorization.empty());
  EXPECT_EQ(body.body.Reveal(),
            "grant_type=refresh_token&refresh_token=r&client_id=weir%20app&client_secret=s%3A1");
}

TEST(TokenCallTest, WithoutARefreshTokenTheClientAsksForItself) {
  OauthClient client = Client();
  client.scopes = {"https://cognitiveservices.azure.com/.default"};
  const WebCall call = TokenCall(client, Secrets("s", ""));
  EXPECT_EQ(call.body.Reveal(),
            "grant_type=client_credentials&"
            "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default");
}

TEST(ReadTokensTest, ReadsWhatIsThere) {
  const auto tokens = ReadTokens(
      Answer(200, R"({"access_token":"a","refresh_token":"r","expires_in":3600,"more":[1]})"));
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_EQ(tokens->access_token.Reveal(), "a");
  EXPECT_EQ(tokens->refresh_token.Reveal(), "r");
  EXPECT_EQ(tokens->lifetime_s, 3600);
}

TEST(ReadTokensTest, TheLifetimeMayBeOddButIsBounded) {
  struct Case {
    const char* text;
    std::int64_t seconds;
  };
  for (const Case& c : {Case{"\"90\"", 90}, Case{"1.5", 1}, Case{"-4", 0}, Case{"null", 0},
                        Case{"\"soon\"", 0}, Case{"18446744073709551615", 315'360'000},
                        Case{"1e300", 315'360'000}, Case{"9223372036854775807", 315'360'000}}) {
    const auto tokens =
        ReadTokens(Answer(200, StrCat(R"({"access_token":"a","expires_in":)", c.text, "}")));
    ASSERT_TRUE(tokens.ok()) << c.text;
    EXPECT_EQ(tokens->lifetime_s, c.seconds) << c.text;
  }
}

TEST(ReadTokensTest, OnlyTheEndpointsOwnNoIsFinal) {
  for (const char* word : {"invalid_grant", "invalid_client", "unauthorized_client"}) {
    const std::string body = StrCat(R"({"error":")", word, R"(","error_description":"s3cret"})");
    for (const int status : {200, 400, 401}) {
      const auto tokens = ReadTokens(Answer(status, body));
      EXPECT_TRUE(absl::IsInvalidArgument(tokens.status())) << status << " " << word;
      EXPECT_NE(tokens.status().message().find(word), std::string::npos);
      EXPECT_EQ(tokens.status().message().find("s3cret"), std::string::npos);
    }
  }
  for (const WebAnswer& answer :
       {Answer(503, ""), Answer(429, R"({"error":"slow_down"})"), Answer(400, "<html>"),
        Answer(500, R"({"error":"invalid_grant"})"), Answer(400, R"({"error":"try later"})"),
        Answer(200, "{}"), Answer(200, "[]"), Answer(200, R"({"access_token":"a\nb"})"),
        Answer(200, R"({"access_token":7})"), Answer(302, "")}) {
    EXPECT_TRUE(absl::IsUnavailable(ReadTokens(answer).status()))
        << answer.status << answer.body.Reveal();
  }
}

TEST(RefreshAtTest, AheadOfTheEndAndSpread) {
  constexpr std::int64_t kNow = 1'700'000'000'000;
  constexpr std::int64_t kHour = 3'600'000;
  EXPECT_EQ(RefreshAt(kNow, 0, 0.5), 0) << "nobody knows its end";
  EXPECT_EQ(RefreshAt(kNow, kNow + kHour, 0), kNow + kHour - kHour / 5);
  EXPECT_EQ(RefreshAt(kNow, kNow + kHour, 1), kNow + kHour - kHour / 5 - kHour / 10);
  EXPECT_EQ(RefreshAt(kNow, kNow + 48 * kHour, 0), kNow + 47 * kHour) << "an hour at most";
  EXPECT_EQ(RefreshAt(kNow, kNow + 2000, 0), kNow + 1000) << "of a short one, half its life";
  EXPECT_EQ(RefreshAt(kNow, kNow - 1, 1), kNow) << "ended: now";
}

TEST(RefreshAtTest, AfterASuccessNotSoonerThanHalfAMinute) {
  constexpr std::int64_t kNow = 1'700'000'000'000;
  EXPECT_EQ(RefreshAgainAt(kNow, 0, 0.5), 0) << "nobody knows its end";
  EXPECT_EQ(RefreshAgainAt(kNow, kNow + 1'000, 1), kNow + 30'000);
  EXPECT_EQ(RefreshAgainAt(kNow, kNow + 200'000, 0), RefreshAt(kNow, kNow + 200'000, 0));
}

TEST(RefreshDelayTest, GrowsToABound) {
  EXPECT_EQ(RefreshDelayMs(1, 0), 7'500);
  EXPECT_EQ(RefreshDelayMs(1, 1), 15'000);
  EXPECT_EQ(RefreshDelayMs(3, 1), 60'000);
  EXPECT_EQ(RefreshDelayMs(1'000'000'000, 1), 30 * 60'000);
}

class PlanRefreshTest : public ::testing::Test {
 protected:
  PlanRefreshTest() {
    account_.credential_type = CredentialType::kOauth;
    account_.oauth = Client();
    account_.sealed_refresh_token = "sealed";
  }
  std::int64_t Plan(const Account& before, const AccountSecrets& given) {
    PlanRefresh(before, given, 1'000'000, 0, account_);
    return account_.refresh_at_ms;
  }

  Account account_;
};

TEST_F(PlanRefreshTest, WithoutACredentialAtOnce) { EXPECT_EQ(Plan(Account(), {}), 1'000'000); }

TEST_F(PlanRefreshTest, WithACredentialAheadOfItsEnd) {
  account_.sealed_credential = "sealed";
  account_.credential_expires_at_ms = 1'000'000 + 600'000;
  AccountSecrets given;
  given.credential = Secret("a");
  EXPECT_EQ(Plan(Account(), given), 1'000'000 + 480'000);
}

TEST_F(PlanRefreshTest, ANewRefreshTokenIsTriedAtOnce) {
  account_.sealed_credential = "sealed";
  account_.refresh_at_ms = 77;
  AccountSecrets given;
  given.refresh_token = Secret("r");
  EXPECT_EQ(Plan(account_, given), 1'000'000);
}

TEST_F(PlanRefreshTest, WhatHasNothingToDoWithItChangesNothing) {
  account_.sealed_credential = "sealed";
  account_.refresh_at_ms = 77;
  EXPECT_EQ(Plan(account_, {}), 77);
  Account before = account_;
  account_.oauth.token_url.clear();
  EXPECT_EQ(Plan(before, {}), 0) << "nobody to ask any more";
}

}  // namespace
}  // namespace weir::admin

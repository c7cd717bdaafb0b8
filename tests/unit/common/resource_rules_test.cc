#include "libs/common/resource_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::string_literals::operator""s;

TEST(ResourceRules, Models) {
  for (const char* good : {"gpt-4o", "claude-*", "*", "vendor/model@x", "münchen"}) {
    EXPECT_TRUE(CheckModelPattern(good).ok()) << good;
  }
  for (const std::string& bad : {""s, "a*b"s, "**"s, "a\nb"s, "a\0b"s, std::string(201, 'm')}) {
    EXPECT_FALSE(CheckModelPattern(bad).ok()) << bad;
  }
  EXPECT_TRUE(CheckModelPattern("family:haiku").ok());
  for (const char* bad : {"family:", "family:Haiku", "family:a-b", "family:*"}) {
    EXPECT_FALSE(CheckModelPattern(bad).ok()) << bad;
  }
  EXPECT_TRUE(CheckModelName("gpt-4o").ok());
  EXPECT_FALSE(CheckModelName("gpt-*").ok());
  EXPECT_FALSE(CheckModelName("family:haiku").ok());
  EXPECT_TRUE(CheckPricedModel("gpt-*").ok());
  EXPECT_FALSE(CheckPricedModel("family:haiku").ok());
}

TEST(ResourceRules, Headers) {
  for (const char* good : {"x-a", "X-A", "anthropic-beta", "User-Agent"}) {
    EXPECT_TRUE(CheckHeaderName(good).ok()) << good;
  }
  for (const char* bad : {"", "x a", "x:", "Expect", "keep-alive", "TRAILER", "host", "bücher"}) {
    EXPECT_FALSE(CheckHeaderName(bad).ok()) << bad;
  }
  EXPECT_TRUE(CheckHeaderValue("").ok());
  EXPECT_TRUE(CheckHeaderValue("a\tb").ok());
  for (const std::string& bad : {"a\r\nb: c"s, "\0"s, "\x7f"s, std::string(4'097, 'v')}) {
    EXPECT_FALSE(CheckHeaderValue(bad).ok());
  }
}

TEST(ResourceRules, Credentials) {
  EXPECT_TRUE(CheckCredential("").ok());
  EXPECT_TRUE(CheckCredential("sk-abc").ok());
  for (const std::string& bad :
       {"sk-abc\n"s, "sk\tabc"s, "sk\0"s, "sk\xff"s, std::string(40'000, 's')}) {
    const absl::Status status = CheckCredential(bad);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(std::string(status.message()).find("sk"), std::string::npos);
  }
}

TEST(ResourceRules, Ranges) {
  EXPECT_TRUE(CheckLimit(0).ok());
  EXPECT_FALSE(CheckLimit(-1).ok());
  EXPECT_TRUE(CheckTimeoutMs(kTimeoutMsMax).ok());
  EXPECT_FALSE(CheckTimeoutMs(kTimeoutMsMax + 1).ok());
  EXPECT_TRUE(CheckPriority(kPriorityMax).ok());
  EXPECT_FALSE(CheckPriority(kPriorityMax + 1).ok());
  EXPECT_FALSE(CheckWeight(0).ok());
  EXPECT_TRUE(CheckWeight(kWeightMax).ok());
  EXPECT_TRUE(CheckPriceMultiplierPpm(kPriceMultiplierPpmMax).ok());
  EXPECT_FALSE(CheckPriceMultiplierPpm(kPriceMultiplierPpmMax + 1).ok());
}

TEST(ResourceRules, Routes) {
  EXPECT_TRUE(CheckTokenClamp(0, 0, 0).ok());
  EXPECT_TRUE(CheckTokenClamp(10, 20, 30).ok());
  EXPECT_TRUE(CheckTokenClamp(10, 0, 10).ok());
  EXPECT_TRUE(CheckTokenClamp(0, 20, 0).ok());
  EXPECT_FALSE(CheckTokenClamp(10, 0, 9).ok());
  EXPECT_FALSE(CheckTokenClamp(10, 9, 0).ok());
  EXPECT_FALSE(CheckTokenClamp(0, 9, 8).ok());
  EXPECT_TRUE(CheckTokenWindow(0, 0).ok());
  EXPECT_TRUE(CheckTokenWindow(10, 0).ok());
  EXPECT_TRUE(CheckTokenWindow(10, 12).ok());
  EXPECT_FALSE(CheckTokenWindow(10, 11).ok());
  EXPECT_FALSE(CheckTokenWindow(0, 1).ok());
  EXPECT_FALSE(CheckTemperatureMilli(2'001).ok());
  EXPECT_FALSE(CheckAttemptsMax(11).ok());
  EXPECT_FALSE(CheckPosition(-1).ok());
  EXPECT_FALSE(CheckTokens(-1).ok());
}

}  // namespace
}  // namespace weir

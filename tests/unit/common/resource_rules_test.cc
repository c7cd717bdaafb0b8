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
  EXPECT_TRUE(CheckModelName("gpt-4o").ok());
  EXPECT_FALSE(CheckModelName("gpt-*").ok());
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

}  // namespace
}  // namespace weir

#include "services/admin/model/provider.h"

#include <gtest/gtest.h>

#include "services/admin/model/account_status.h"
#include "services/admin/model/time_text.h"

namespace weir::admin {
namespace {

TEST(ProviderTest, FollowsFromPlatformAndHost) {
  struct Case {
    Platform platform;
    const char* url;
    const char* provider;
  };
  const Case cases[] = {
      {Platform::kClaude, "https://api.anthropic.com", "anthropic"},
      {Platform::kClaudeConsole, "https://mirror.example.com", "anthropic"},
      {Platform::kOpenai, "https://API.OpenAI.com/v1", "openai"},
      {Platform::kOpenai, "https://api.deepseek.com", "deepseek"},
      {Platform::kOpenai, "https://generativelanguage.googleapis.com/v1beta/openai", "gemini"},
      {Platform::kOpenai, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"},
      {Platform::kOpenai, "https://api.mistral.ai/v1", "mistral"},
      {Platform::kOpenai, "https://api.x.ai/v1", "xai"},
      {Platform::kOpenai, "https://api.moonshot.cn/v1", "moonshot"},
      {Platform::kClaude, "https://api.z.ai/api/anthropic", "zai"},
      {Platform::kOpenai, "https://open.bigmodel.cn/api/paas/v4", "zai"},
      {Platform::kOpenai, "https://api.minimax.io/v1", "minimax"},
      {Platform::kOpenai, "http://localhost:11434/v1", ""},
      {Platform::kOllama, "http://localhost:11434", "ollama"},
      {Platform::kAzureOpenai, "https://r.openai.azure.com", "openai"},
      {Platform::kOpenai, "https://api.openai.com.evil.example/v1", ""},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(DerivedProvider(one.platform, one.url), one.provider) << one.url;
  }
}

TEST(ProviderTest, AnAccountsOwnWins) {
  Account account;
  account.request_url = "https://api.openai.com/v1";
  account.provider = "mine";
  EXPECT_EQ(ProviderOf(account), "mine");
}

TEST(ProviderTest, Hosts) {
  EXPECT_EQ(HostOf("https://User:Pw@Example.com:8443/path"), "example.com");
  EXPECT_EQ(HostOf("http://[::1]:80/x"), "[::1]");
  EXPECT_EQ(HostOf("nothing"), "");
}

TEST(AccountStatusTest, ACooldownThatHasPassedIsNormal) {
  Account account;
  account.status = AccountStatus::kRateLimited;
  account.cooldown_until_ms = 1000;
  EXPECT_EQ(StatusAt(account, 999), AccountStatus::kRateLimited);
  EXPECT_EQ(StatusAt(account, 1000), AccountStatus::kNormal);
  account.status = AccountStatus::kAccountException;
  EXPECT_EQ(StatusAt(account, 5000), AccountStatus::kAccountException);
}

TEST(TimeTextTest, ReadsAndWrites) {
  EXPECT_EQ(FormatTime(1'771'923'600'000), "2026-02-24T09:00:00Z");
  EXPECT_EQ(FormatTime(1'771'923'600'120), "2026-02-24T09:00:00.120Z");
  EXPECT_EQ(*ParseTime("2026-02-24T09:00:00Z"), 1'771'923'600'000);
  EXPECT_EQ(*ParseTime("2026-02-24T10:00:00+01:00"), 1'771'923'600'000);
  EXPECT_EQ(*ParseTime("2025-12-31 23:59:59"), 1'767'225'599'000);
  for (const char* bad : {"", "tomorrow", "2026-13-01T00:00:00Z", "1960-01-01T00:00:00Z",
                          "2026-02-24", "infinite-future"}) {
    EXPECT_FALSE(ParseTime(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace weir::admin

#include "services/admin/publish/observation.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

Observation Seen(Signal signal, std::int64_t at_ms, std::int64_t until_ms = 0) {
  return {.account_id = 1,
          .signal = signal,
          .observed_at_ms = at_ms,
          .cooldown_until_ms = until_ms,
          .reason = "test"};
}

TEST(ObservationTest, RateLimitAndRecovery) {
  Account account;
  EXPECT_TRUE(Apply(Seen(Signal::kRateLimited, 100, 5000), account));
  EXPECT_EQ(account.status, AccountStatus::kRateLimited);
  EXPECT_EQ(account.cooldown_until_ms, 5000);
  EXPECT_EQ(account.status_reason, "upstream_rate_limited");
  EXPECT_TRUE(Apply(Seen(Signal::kRecovered, 200), account));
  EXPECT_EQ(account.status, AccountStatus::kNormal);
  EXPECT_EQ(account.cooldown_until_ms, 0);
  EXPECT_EQ(account.status_reason, "");
}

TEST(ObservationTest, OlderThanKnownIsIgnored) {
  Account account;
  EXPECT_TRUE(Apply(Seen(Signal::kRecovered, 50), account) == false);
  EXPECT_TRUE(Apply(Seen(Signal::kOverloaded, 100, 900), account));
  EXPECT_FALSE(Apply(Seen(Signal::kRecovered, 99), account));
  EXPECT_FALSE(Apply(Seen(Signal::kRecovered, 100), account));
  EXPECT_EQ(account.status, AccountStatus::kApiException);
}

TEST(ObservationTest, WithoutATimeTheCooldownIsStillBounded) {
  Account account;
  EXPECT_TRUE(Apply(Seen(Signal::kOverloaded, 100), account));
  EXPECT_GT(account.cooldown_until_ms, 100);
}

TEST(ObservationTest, ARefusedCredentialStaysUntilSomebodyActs) {
  Account account;
  EXPECT_TRUE(Apply(Seen(Signal::kCredentialRejected, 100), account));
  EXPECT_EQ(account.status, AccountStatus::kAccountException);
  for (const Signal signal : {Signal::kRecovered, Signal::kRateLimited, Signal::kOverloaded}) {
    EXPECT_FALSE(Apply(Seen(signal, 200, 900), account));
  }
}

TEST(ObservationTest, ADisabledAccountStaysDisabled) {
  Account account;
  account.status = AccountStatus::kDisabled;
  for (const Signal signal : {Signal::kRecovered, Signal::kRateLimited, Signal::kOverloaded,
                              Signal::kCredentialRejected}) {
    EXPECT_FALSE(Apply(Seen(signal, 200, 900), account));
  }
  EXPECT_EQ(account.status, AccountStatus::kDisabled);
}

Observation OfModel(std::string model, Signal signal, std::int64_t at_ms,
                    std::int64_t until_ms = 0) {
  Observation observation = Seen(signal, at_ms, until_ms);
  observation.model = std::move(model);
  return observation;
}

TEST(ObservationTest, OneModelsLimitLeavesTheAccountWell) {
  Account account;
  EXPECT_TRUE(Apply(OfModel("opus", Signal::kRateLimited, 100, 5000), account));
  EXPECT_TRUE(Apply(OfModel("haiku", Signal::kOverloaded, 110, 6000), account));
  EXPECT_EQ(account.status, AccountStatus::kNormal);
  EXPECT_EQ(account.status_observed_at_ms, 0);
  ASSERT_EQ(account.model_cooldowns.size(), 2U);
  EXPECT_EQ(account.model_cooldowns[0].model, "opus");
  EXPECT_EQ(account.model_cooldowns[0].until_ms, 5000);
  EXPECT_EQ(account.model_cooldowns[0].reason, "upstream_rate_limited");
  EXPECT_FALSE(Apply(OfModel("opus", Signal::kRecovered, 100), account)) << "not later";
  EXPECT_TRUE(Apply(OfModel("opus", Signal::kRecovered, 120), account));
  EXPECT_FALSE(Apply(OfModel("opus", Signal::kRecovered, 130), account)) << "no news";
  ASSERT_EQ(account.model_cooldowns.size(), 1U);
  EXPECT_EQ(account.model_cooldowns[0].model, "haiku");
  EXPECT_TRUE(Apply(OfModel("opus", Signal::kRateLimited, 7000, 9000), account));
  EXPECT_EQ(account.model_cooldowns.size(), 1U) << "what is over goes";
}

TEST(ObservationTest, ARefusedModelRestsAsSuch) {
  Account account;
  EXPECT_TRUE(Apply(OfModel("opus", Signal::kModelRefused, 100, 5000), account));
  EXPECT_EQ(account.status, AccountStatus::kNormal);
  ASSERT_EQ(account.model_cooldowns.size(), 1U);
  EXPECT_EQ(account.model_cooldowns[0].reason, "model_refused");
}

TEST(ObservationTest, ModelsThatRestAreBounded) {
  Account account;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(
        Apply(OfModel("m" + std::to_string(i), Signal::kRateLimited, i + 1, 1'000'000), account));
  }
  EXPECT_EQ(account.model_cooldowns.size(), 64U);
  EXPECT_EQ(account.model_cooldowns.back().model, "m999");
}

TEST(ObservationTest, ASpentQuotaAndAFailureSayWhichTheyAre) {
  Account account;
  EXPECT_TRUE(Apply(Seen(Signal::kQuotaExhausted, 100, 900), account));
  EXPECT_EQ(account.status, AccountStatus::kRateLimited);
  EXPECT_EQ(account.status_reason, "quota_exhausted");
  Observation failing = Seen(Signal::kOverloaded, 200, 900);
  failing.reason = "upstream_timeout";
  EXPECT_TRUE(Apply(failing, account));
  EXPECT_EQ(account.status, AccountStatus::kApiException);
  EXPECT_EQ(account.status_reason, "upstream_timeout");
  failing.observed_at_ms = 300;
  failing.reason = "whatever a relay may say";
  EXPECT_TRUE(Apply(failing, account));
  EXPECT_EQ(account.status_reason, "upstream_overloaded");
}

}  // namespace
}  // namespace weir::admin

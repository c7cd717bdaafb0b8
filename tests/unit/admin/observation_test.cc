#include "services/admin/publish/observation.h"

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

}  // namespace
}  // namespace weir::admin

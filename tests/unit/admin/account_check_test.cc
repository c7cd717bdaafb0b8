#include "services/admin/publish/account_check.h"

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "services/admin/credentials/account_secrets.h"
#include "services/admin/publish/snapshot_builder.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/settings_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

constexpr std::int64_t kNowMs = 5'000;

AccountCheck Made(const std::string& reason) {
  AccountCheck check;
  check.checked_at_ms = kNowMs;
  check.good = reason.empty();
  check.reason = reason;
  return check;
}

AccountTestOutcome Of(const std::string& signal, const std::string& reason = "") {
  AccountTestOutcome outcome;
  outcome.result.set_signal(signal);
  outcome.result.set_reason(reason);
  outcome.result.set_upstream_model("m");
  return outcome;
}

TEST(ApplyCheckTest, AGoodAnswerPutsItBackInService) {
  for (const AccountStatus status : {AccountStatus::kRateLimited, AccountStatus::kApiException,
                                     AccountStatus::kAccountException}) {
    Account account;
    account.status = status;
    account.status_reason = "upstream_rate_limited";
    account.cooldown_until_ms = 99'000;
    EXPECT_TRUE(ApplyCheck(Made(""), Of("good"), account));
    EXPECT_EQ(account.status, AccountStatus::kNormal);
    EXPECT_EQ(account.status_reason, "");
    EXPECT_EQ(account.cooldown_until_ms, 0);
    EXPECT_EQ(account.status_observed_at_ms, kNowMs) << "relays go by the newer word";
  }
}

TEST(ApplyCheckTest, TheModelThatAnsweredRestsNoMore) {
  Account account;
  account.model_cooldowns = {{"m", 99'000, 1, "upstream_overloaded"},
                             {"other", 99'000, 1, "upstream_overloaded"}};
  EXPECT_TRUE(ApplyCheck(Made(""), Of("good"), account));
  ASSERT_EQ(account.model_cooldowns.size(), 1u);
  EXPECT_EQ(account.model_cooldowns.front().model, "other");
}

TEST(ApplyCheckTest, ARefusedCredentialTakesItOut) {
  Account account;
  EXPECT_TRUE(
      ApplyCheck(Made("credential_rejected"), Of("credential", "credential_rejected"), account));
  EXPECT_EQ(account.status, AccountStatus::kAccountException);
  EXPECT_EQ(account.status_reason, "credential_rejected");
}

TEST(ApplyCheckTest, AnythingElseChangesNothing) {
  for (const char* signal : {"rate_limit", "overload", "timeout", "connect", "upstream_fault",
                             "caller_fault", "model_refused", ""}) {
    Account account;
    account.status = AccountStatus::kRateLimited;
    account.cooldown_until_ms = 99'000;
    const Account before = account;
    EXPECT_FALSE(ApplyCheck(Made("upstream_error"), Of(signal, "upstream_error"), account));
    EXPECT_EQ(account, before) << signal;
  }
}

TEST(ApplyCheckTest, ADisabledAccountStaysSo) {
  Account account;
  account.status = AccountStatus::kDisabled;
  EXPECT_FALSE(ApplyCheck(Made(""), Of("good"), account));
  EXPECT_FALSE(ApplyCheck(Made("credential_rejected"), Of("credential"), account));
  EXPECT_EQ(account.status, AccountStatus::kDisabled);
}

// A relay that answers each test as it is told, by the credential that came along.
class FakeRelay {
 public:
  using Answers = std::map<std::string, v1::AccountTestResult>;

  FakeRelay(AccountTestBroker& broker, Answers answers)
      : broker_(broker), answers_(std::move(answers)) {
    broker_.Join(kStream, "relay-1");
    thread_ = std::thread([this] { Run(); });
  }
  ~FakeRelay() {
    stop_ = true;
    thread_.join();
    broker_.Leave(kStream);
  }
  int asked() const { return asked_; }

 private:
  static constexpr std::uint64_t kStream = 1;

  void Run() {
    while (!stop_) {
      const std::optional<v1::WatchResponse> message = broker_.Take(kStream);
      if (!message.has_value() || !message->has_account_test()) {
        std::this_thread::yield();
        continue;
      }
      ++asked_;
      v1::Account account;
      account.ParseFromString(message->account_test().account());
      v1::AccountTestEvent event;
      event.set_id(message->account_test().id());
      *event.mutable_result() = answers_[account.credential()];
      event.mutable_result()->set_upstream_model(message->account_test().model());
      broker_.Tell(kStream, event);
    }
  }

  AccountTestBroker& broker_;
  Answers answers_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> asked_ = 0;
  std::thread thread_;
};

v1::AccountTestResult Good() {
  v1::AccountTestResult result;
  result.set_signal("good");
  result.set_status(200);
  return result;
}

v1::AccountTestResult Refused() {
  v1::AccountTestResult result;
  result.set_signal("credential");
  result.set_reason("credential_rejected");
  result.set_message("the session has ended");
  result.set_status(401);
  return result;
}

class AccountCheckTest : public StoreTest {
 protected:
  std::int64_t Add(const std::string& secret, Platform platform = Platform::kSession,
                   AccountStatus status = AccountStatus::kNormal) {
    Account account;
    account.name = secret;
    account.platform = platform;
    account.credential_type = CredentialType::kCookie;
    account.request_url = "https://chat.example.com";
    account.models = {"model-1"};
    account.status = status;
    const absl::Status added = store().Change([&](sql::Transaction& t, Changes& changes) {
      absl::Status done = account_store::Insert(t, changes, store().NowMs(), account);
      if (!done.ok()) return done;
      SetCredential(vault(), Secret(secret), account);
      account.status = status;
      return account_store::Update(t, changes, store().NowMs(), account);
    });
    EXPECT_TRUE(added.ok()) << added;
    return account.id;
  }

  Account Get(std::int64_t id) {
    return *ReadValue(store(), [&](sql::Transaction& t) { return account_store::Get(t, id); });
  }
  AccountCheck LastCheck(std::int64_t id) {
    auto checks = ReadValue(store(), [&](sql::Transaction& t) { return check_store::Of(t, {id}); });
    EXPECT_TRUE(checks.ok()) << checks.status();
    return (*checks)[id];
  }

  AccountTestBroker broker_;
};

TEST_P(AccountCheckTest, WithoutARelayNothingIsSaid) {
  AccountChecker checker(store(), vault(), broker_);
  const std::int64_t id = Add("a");
  EXPECT_TRUE(absl::IsUnavailable(checker.Check(id, {}, {})));
  EXPECT_EQ(LastCheck(id).checked_at_ms, 0);
  EXPECT_TRUE(absl::IsUnavailable(checker.CheckSessions([] { return false; }).status()));
  EXPECT_TRUE(absl::IsNotFound(checker.Check(999, {}, {})));
}

TEST_P(AccountCheckTest, WhatWasFoundIsKeptAndCounts) {
  AccountChecker checker(store(), vault(), broker_);
  FakeRelay relay(broker_, {{"good", Good()}, {"bad", Refused()}});
  const std::int64_t good = Add("good");
  const std::int64_t bad = Add("bad");
  clock().AdvanceMs(1'000);
  EXPECT_TRUE(checker.Check(good, {}, {}).ok());
  EXPECT_TRUE(checker.Check(bad, {}, "relay-1").ok());
  EXPECT_EQ(Get(good).status, AccountStatus::kNormal);
  EXPECT_TRUE(LastCheck(good).good);
  EXPECT_EQ(LastCheck(good).model, "model-1");
  EXPECT_EQ(Get(bad).status, AccountStatus::kAccountException);
  EXPECT_EQ(LastCheck(bad).reason, "credential_rejected");
  EXPECT_EQ(LastCheck(bad).http_status, 401);
  EXPECT_EQ(LastCheck(bad).message, "the session has ended");
  const auto history =
      ReadValue(store(), [&](sql::Transaction& t) { return account_history::Latest(t, {bad}); });
  EXPECT_EQ(history->at(bad).source, "check");
  EXPECT_EQ(history->at(bad).seen_by, "relay-1");
}

TEST_P(AccountCheckTest, TheTaskAsksSessionsInServiceOnce) {
  AccountChecker checker(store(), vault(), broker_);
  FakeRelay relay(broker_, {{"good", Good()}, {"bad", Refused()}});
  const std::int64_t good = Add("good");
  const std::int64_t bad = Add("bad");
  Add("off", Platform::kSession, AccountStatus::kDisabled);
  Add("out", Platform::kSession, AccountStatus::kAccountException);
  Add("no session", Platform::kOpenai);
  clock().AdvanceMs(AccountChecker::kSessionPauseMs * 2);
  const auto said = checker.CheckSessions([] { return false; });
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(*said, "2 sessions asked, 1 good, 0 without a model to ask for");
  EXPECT_EQ(relay.asked(), 2);
  EXPECT_EQ(Get(good).status, AccountStatus::kNormal);
  EXPECT_EQ(Get(bad).status, AccountStatus::kAccountException);
  EXPECT_EQ(*checker.CheckSessions([] { return false; }),
            "0 sessions asked, 0 good, 0 without a model to ask for")
      << "too soon, or out of service";
  clock().AdvanceMs(AccountChecker::kSessionPauseMs + 1);
  EXPECT_EQ(checker.CheckSessions([] { return true; })->substr(0, 1), "0") << "told to stop";
  EXPECT_EQ(relay.asked(), 2);
}

// Tiers: relays get the models with the accounts, and again when they change.
TEST_P(AccountCheckTest, RelaysGetTheModelsOfATier) {
  const std::int64_t id = Add("tiered");
  const auto set = [&](const std::function<void(Account&)>& change) {
    const absl::Status done = store().Change([&](sql::Transaction& t, Changes& changes) {
      Account account = *account_store::Get(t, id);
      change(account);
      return account_store::Update(t, changes, store().NowMs(), account);
    });
    ASSERT_TRUE(done.ok()) << done;
  };
  set([](Account& account) {
    account.models.clear();
    account.tier = "free";
    account.session = {.protocol = Protocol::kGemini, .credential_name = "sid"};
  });
  EXPECT_EQ(Get(id).session.credential_name, "sid") << "stored and read again";
  EXPECT_EQ(Get(id).session.protocol, Protocol::kGemini);
  SnapshotBuilder builder(store(), vault());
  const Revision before = CurrentRevision();
  const absl::Status done = store().Change([&](sql::Transaction& t, Changes& changes) {
    Settings settings = *settings_store::Get(t);
    settings.tier_models = {{"free", {"small", "tiny-*"}}};
    return settings_store::Update(t, changes, store().NowMs(), settings);
  });
  ASSERT_TRUE(done.ok()) << done;
  const auto update = builder.Build(before.number, before.lineage);
  ASSERT_TRUE(update.ok()) << update.status();
  std::vector<std::string> models;
  for (const v1::SnapshotChunk& chunk : update->chunks) {
    for (const v1::Resource& resource : chunk.upserts()) {
      if (resource.account().id() != id) continue;
      EXPECT_EQ(resource.account().session_protocol(), "gemini");
      EXPECT_EQ(resource.account().credential_name(), "sid");
      models.assign(resource.account().models().begin(), resource.account().models().end());
    }
  }
  EXPECT_EQ(models, (std::vector<std::string>{"small", "tiny-*"}));
  EXPECT_EQ(ReadServedAccount(store(), id)->models, models) << "a check asks for the same";
}

INSTANTIATE_ON_BOTH_DATABASES(AccountCheckTest);

}  // namespace
}  // namespace weir::admin

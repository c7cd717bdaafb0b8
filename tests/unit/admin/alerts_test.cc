// Alerts over both databases: what is wrong becomes a message once, and messages arrive whatever
// the webhook and other processes do.
#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/admin/alerts/alert_courier.h"
#include "services/admin/alerts/alert_watch.h"
#include "services/admin/credentials/setting_secrets.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/settings_store.h"
#include "tests/unit/admin/store_fixture.h"
#include "weir/v1/spend.pb.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kUsd = 1'000'000'000;

class AlertsTest : public StoreTest {
 protected:
  // Answers with the statuses that a test puts in, then with 200.
  SendWebCall Webhook() {
    return [this](const WebCall& call) -> absl::StatusOr<WebAnswer> {
      calls.push_back(call);
      int status = 200;
      if (!statuses.empty()) {
        status = statuses.front();
        statuses.pop_front();
      }
      if (status == 0) return absl::UnavailableError("nobody there");
      return WebAnswer{.status = status, .content_type = "", .body = Secret()};
    };
  }

  void SetWebhook(const std::string& url) {
    absl::Status done =
        store().Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
          auto settings = settings_store::Get(transaction);
          if (!settings.ok()) return settings.status();
          settings->alert_url = url;
          SettingSecrets secrets;
          secrets.alert_secret = Secret("0123456789abcdef");
          PutSecrets(vault(), secrets, *settings);
          return settings_store::Update(transaction, changes, store().NowMs(), *settings);
        });
    ASSERT_TRUE(done.ok()) << done;
  }

  void Raise(const std::string& subject) {
    absl::Status done = Reconcile(store(), kAccountLost, {.wrong = {{subject, "It is lost."}}});
    ASSERT_TRUE(done.ok()) << done;
  }

  AlertTries Deliver() {
    const AlertTarget target = *ReadAlertTarget(store(), vault());
    auto tries = DeliverDue(store(), Webhook(), target, [] { return false; });
    EXPECT_TRUE(tries.ok()) << tries.status();
    return tries.value_or(AlertTries());
  }

  std::vector<AlertMessage> Messages() {
    auto page = ReadValue(store(), [](sql::Transaction& transaction) {
      return alert_store::List(transaction, {.limit = 100});
    });
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->items : std::vector<AlertMessage>();
  }

  AlertWatch Watch() {
    return AlertWatch(store(), {.ingest = [this] { return ingest; },
                                .peek_budgets =
                                    [this](const v1::PeekBudgetsRequest& request,
                                           v1::PeekBudgetsResponse& response) {
                                      for (const v1::Budget& budget : request.budgets()) {
                                        response.add_standings()->set_spent(
                                            budget.period() == v1::PERIOD_DAY ? spent_today : 0);
                                      }
                                      return absl::OkStatus();
                                    },
                                .unpriced_models = [this] { return unpriced; }});
  }

  std::string Look(AlertWatch& watch) {
    auto looked = watch.Look([] { return false; });
    EXPECT_TRUE(looked.ok()) << looked.status();
    return looked.value_or("");
  }

  // "account_lost/raised/account/1" of each message since the last call.
  std::vector<std::string> News() {
    std::vector<std::string> news;
    for (const AlertMessage& message : Messages()) {
      if (message.id <= last_id_) continue;
      last_id_ = message.id;
      news.push_back(
          StrCat(message.event, message.state == AlertState::kRaised ? "+" : "-", message.subject));
    }
    return news;
  }

  std::vector<WebCall> calls;
  std::deque<int> statuses;
  absl::StatusOr<LedgerIngest> ingest = LedgerIngest();
  absl::StatusOr<UnpricedNames> unpriced = UnpricedNames{.models = {}, .all = true};
  std::int64_t spent_today = 0;

 private:
  std::int64_t last_id_ = 0;
};

TEST_P(AlertsTest, ItArrivesSignedAndIsNotSentAgain) {
  SetWebhook("https://hooks.example.com/x?y=1");
  Raise("account/1");
  Raise("account/1");
  EXPECT_EQ(Deliver().delivered, 1);
  EXPECT_EQ(Deliver().delivered, 0);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].url, "https://hooks.example.com/x?y=1");
  const std::string signature =
      SignAlert(Secret("0123456789abcdef"), store().NowMs() / 1000, calls[0].body.Reveal());
  EXPECT_NE(std::find(calls[0].headers.begin(), calls[0].headers.end(),
                      StrCat("weir-signature: v1=", signature)),
            calls[0].headers.end());
  EXPECT_EQ(Messages().at(0).delivery, AlertDelivery::kDelivered);
}

TEST_P(AlertsTest, AWebhookThatFailsIsTriedAgainLaterAndWithTheSameMessage) {
  SetWebhook("https://hooks.example.com");
  Raise("account/1");
  statuses = {500, 0, 302};
  EXPECT_EQ(Deliver().failed, 1);
  EXPECT_EQ(Messages().at(0).last_error, "the webhook answered 500");
  EXPECT_EQ(Deliver().failed, 0) << "not before its time";
  clock().AdvanceMs(10'000);
  EXPECT_EQ(Deliver().failed, 1);
  clock().AdvanceMs(20'000);
  EXPECT_EQ(Deliver().failed, 1) << "a redirection is no arrival";
  clock().AdvanceMs(40'000);
  EXPECT_EQ(Deliver().delivered, 1);
  ASSERT_EQ(calls.size(), 4u);
  EXPECT_EQ(calls[0].body.Reveal(), calls[3].body.Reveal());
  const AlertMessage message = Messages().at(0);
  EXPECT_EQ(message.tries, 4);
  EXPECT_EQ(message.last_error, "");
}

TEST_P(AlertsTest, OfMoreLostAccountsThanOneLookHasRoomForNoneIsToldToBeOver) {
  constexpr std::int64_t kLost = 2'001;  // two pages, and one
  absl::Status made =
      store().Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        absl::Status done;
        for (std::int64_t i = 1; i <= kLost && done.ok(); ++i) {
          Account account;
          account.name = StrCat("a", i);
          account.request_url = "https://example.com";
          account.status = AccountStatus::kDisabled;
          done = account_store::Insert(transaction, changes, store().NowMs(), account);
        }
        return done;
      });
  ASSERT_TRUE(made.ok()) << made;
  const auto found = LostAccounts(store());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(static_cast<std::int64_t>(found->wrong.size()), kLost);
  // The last one is known from before, when there were fewer.
  const std::string last = StrCat("account/", kLost);
  Raise(last);
  ASSERT_TRUE(Reconcile(store(), kAccountLost, *LostAccounts(store())).ok());
  for (const AlertMessage& message : Messages()) EXPECT_EQ(message.state, AlertState::kRaised);
  auto conditions = ReadValue(store(), [](sql::Transaction& transaction) {
    return alert_store::Conditions(transaction, kAccountLost.name);
  });
  ASSERT_TRUE(conditions.ok()) << conditions.status();
  EXPECT_TRUE(std::any_of(conditions->begin(), conditions->end(),
                          [&](const AlertCondition& one) { return one.subject == last; }));
}

TEST_P(AlertsTest, AfterTwentyTriesItIsGivenUp) {
  SetWebhook("https://hooks.example.com");
  Raise("account/1");
  statuses = std::deque<int>(30, 503);
  for (int i = 0; i < 25; ++i) {
    Deliver();
    clock().AdvanceMs(3'600'000);
  }
  EXPECT_EQ(calls.size(), 20u);
  EXPECT_EQ(Messages().at(0).delivery, AlertDelivery::kGivenUp);
}

TEST_P(AlertsTest, WhatOneProcessSendsAnotherLeavesAlone) {
  SetWebhook("https://hooks.example.com");
  Raise("account/1");
  Raise("account/2");
  const AlertTarget target = *ReadAlertTarget(store(), vault());
  int others = 0;
  const SendWebCall slow = [&](const WebCall& call) {
    auto other = DeliverDue(store(), Webhook(), target, [] { return false; });
    EXPECT_TRUE(other.ok());
    others += static_cast<int>(other->delivered);
    return Webhook()(call);
  };
  auto tries = DeliverDue(store(), slow, target, [] { return false; });
  ASSERT_TRUE(tries.ok()) << tries.status();
  EXPECT_EQ(tries->delivered, 2);
  EXPECT_EQ(others, 0);
}

TEST_P(AlertsTest, AProcessThatDiesLeavesItToOthers) {
  SetWebhook("https://hooks.example.com");
  Raise("account/1");
  auto claimed = ChangeValue(store(), [&](sql::Transaction& transaction, Changes&) {
    return alert_store::Claim(transaction, store().NowMs(), store().NowMs() + 300'000, 20);
  });
  ASSERT_TRUE(claimed.ok() && claimed->size() == 1) << claimed.status();
  EXPECT_EQ(Deliver().delivered, 0);
  clock().AdvanceMs(300'000);
  EXPECT_EQ(Deliver().delivered, 1);
  // It was not dead: what it has to say of its try comes too late.
  AlertMessage late = claimed->at(0);
  late.delivery = AlertDelivery::kGivenUp;
  absl::Status noted = store().Change([&](sql::Transaction& transaction, Changes&) {
    return alert_store::NoteTry(transaction, late, late.next_try_at_ms + 300'000);
  });
  ASSERT_TRUE(noted.ok()) << noted;
  EXPECT_EQ(Messages().at(0).delivery, AlertDelivery::kDelivered);
}

TEST_P(AlertsTest, OfOldMessagesTheNewestAreKept) {
  SetWebhook("https://hooks.example.com");
  absl::Status done = store().Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
    for (int i = 0; i < alert_store::kKept + 5; ++i) {
      AlertMessage message;
      message.delivery = AlertDelivery::kDelivered;
      absl::Status queued = alert_store::Queue(transaction, store().NowMs(), message);
      if (!queued.ok()) return queued;
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(done.ok()) << done;
  Raise("account/1");
  EXPECT_EQ(Deliver().delivered, 1);
  EXPECT_EQ(Messages().at(0).id, 7);
}

TEST_P(AlertsTest, TheTaskSaysWhatIsWrongAndWhatIsOver) {
  AlertWatch watch = Watch();
  Account account;
  account.name = "main";
  account.request_url = "https://api.example.com";
  account.status = AccountStatus::kAccountException;
  account.status_reason = "credential_rejected";
  Group group;
  group.name = "team";
  group.limits.nano_usd_per_day = 10 * kUsd;
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
                    auto done = account_store::Insert(transaction, changes, 1, account);
                    if (!done.ok()) return done;
                    return group_store::Insert(transaction, changes, 1, group);
                  })
                  .ok());
  EXPECT_EQ(Look(watch), "there is no webhook");
  EXPECT_EQ(News(), std::vector<std::string>{});
  SetWebhook("https://hooks.example.com");
  const std::string lost = StrCat("account/", account.id);
  const std::string budget = StrCat("group/", group.id, "/day");
  EXPECT_EQ(Look(watch), "1 things are wrong");
  EXPECT_EQ(News(), (std::vector<std::string>{"account_lost+" + lost}));
  spent_today = 8 * kUsd;
  unpriced = UnpricedNames{.models = {"gpt-new"}, .all = true};
  EXPECT_EQ(Look(watch), "3 things are wrong");
  EXPECT_EQ(News(),
            (std::vector<std::string>{"model_unpriced+model/gpt-new", "budget_near+" + budget}));
  spent_today = 10 * kUsd;
  EXPECT_EQ(Look(watch), "4 things are wrong");
  EXPECT_EQ(News(), (std::vector<std::string>{"budget_spent+" + budget}));
  EXPECT_EQ(Look(watch), "4 things are wrong");
  EXPECT_EQ(News(), (std::vector<std::string>{})) << "nothing is said twice";
  spent_today = 0;
  EXPECT_EQ(Look(watch), "2 things are wrong");
  EXPECT_EQ(News(), (std::vector<std::string>{"budget_near-" + budget, "budget_spent-" + budget}));
}

// Usage tells of a thousand names; callers can ask for any number of them.
TEST_P(AlertsTest, AModelThatIsPushedOutOfTheListIsNotOver) {
  SetWebhook("https://hooks.example.com");
  AlertWatch watch = Watch();
  unpriced = UnpricedNames{.models = {"gpt-new"}, .all = true};
  Look(watch);
  EXPECT_EQ(News(), (std::vector<std::string>{"model_unpriced+model/gpt-new"}));
  unpriced = UnpricedNames{.models = {"made-up"}, .all = false};
  EXPECT_EQ(Look(watch), "2 things are wrong");
  EXPECT_EQ(News(), (std::vector<std::string>{"model_unpriced+model/made-up"}));
  unpriced = UnpricedNames{.models = {"made-up"}, .all = true};
  EXPECT_EQ(Look(watch), "1 things are wrong");
  EXPECT_EQ(News(), (std::vector<std::string>{"model_unpriced-model/gpt-new"}));
}

TEST_P(AlertsTest, ABudgetThatIsTakenAwayIsOver) {
  SetWebhook("https://hooks.example.com");
  AlertWatch watch = Watch();
  Group group;
  group.name = "team";
  group.limits.nano_usd_per_day = 10;
  spent_today = 10;
  const auto store_group = [&](bool is_new) {
    absl::Status done = store().Change([&](sql::Transaction& transaction, Changes& changes) {
      return is_new ? group_store::Insert(transaction, changes, 1, group)
                    : group_store::Update(transaction, changes, 2, group);
    });
    ASSERT_TRUE(done.ok()) << done;
  };
  store_group(true);
  EXPECT_EQ(Look(watch), "2 things are wrong");
  group.limits = Limits();
  store_group(false);
  clock().AdvanceMs(120'000);
  EXPECT_EQ(Look(watch), "0 things are wrong");
}

TEST_P(AlertsTest, AWebhookThatIsTakenAwayTakesAllWithIt) {
  SetWebhook("https://hooks.example.com");
  AlertWatch watch = Watch();
  unpriced = UnpricedNames{.models = {"gpt-new"}, .all = true};
  EXPECT_EQ(Look(watch), "1 things are wrong");
  SetWebhook("");
  EXPECT_EQ(Look(watch), "there is no webhook");
  EXPECT_EQ(Messages().at(0).delivery, AlertDelivery::kGivenUp);
  SetWebhook("https://hooks.example.com");
  EXPECT_EQ(Look(watch), "1 things are wrong");
  EXPECT_EQ(Messages().size(), 2u) << "it is news again";
}

TEST_P(AlertsTest, UsageAwayIsAnAlertNotAFailure) {
  SetWebhook("https://hooks.example.com");
  AlertWatch watch = Watch();
  ingest = absl::UnavailableError("away");
  unpriced = absl::UnavailableError("away");
  EXPECT_EQ(Look(watch), "1 things are wrong");
  EXPECT_EQ(Messages().size(), 0u) << "perhaps it only starts anew";
  clock().AdvanceMs(60'000);
  Look(watch);
  EXPECT_EQ(Messages().size(), 1u);
}

TEST_P(AlertsTest, ATestSaysHowItWentAndIsTriedOnce) {
  Metrics metrics;
  RelayRegistry relays(clock());
  AlertCourier courier(store(), vault(), relays, Webhook(), metrics);
  EXPECT_TRUE(absl::IsFailedPrecondition(courier.Test("ann").status()));
  SetWebhook("https://hooks.example.com");
  statuses = {404};
  auto failed = courier.Test("ann");
  ASSERT_TRUE(failed.ok()) << failed.status();
  EXPECT_EQ(failed->delivery, AlertDelivery::kGivenUp);
  EXPECT_EQ(failed->last_error, "the webhook answered 404");
  auto good = courier.Test("ann");
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->delivery, AlertDelivery::kDelivered);
  EXPECT_EQ(Messages(), (std::vector<AlertMessage>{*failed, *good})) << "kept as they were told";
}

TEST_P(AlertsTest, ARelayThatRefusesIsToldByTheProcessThatSeesIt) {
  Metrics metrics;
  RelayRegistry relays(clock());
  AlertCourier courier(store(), vault(), relays, Webhook(), metrics);
  SetWebhook("https://hooks.example.com");
  relays.Connected("one", "1", "127.0.0.1", 1);
  relays.Nacked("one", 7, "something");
  ASSERT_TRUE(courier.Round().ok());
  EXPECT_TRUE(calls.empty()) << "within its grace";
  clock().AdvanceMs(31'000);
  ASSERT_TRUE(courier.Round().ok());
  ASSERT_EQ(calls.size(), 1u);
  relays.Acked("one", 8);
  clock().AdvanceMs(31'000);
  ASSERT_TRUE(courier.Round().ok());
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_NE(calls[1].body.Reveal().find("\"resolved\""), std::string::npos);
}

INSTANTIATE_ON_BOTH_DATABASES(AlertsTest);

}  // namespace
}  // namespace weir::admin

#include "services/admin/resources/kept_answers.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class KeptAnswersTest : public StoreTest {
 protected:
  using Kept = KeptAnswers<std::string>;

  // The answer; it counts how often it was made.
  std::string Get(const std::string& key, std::int64_t now_ms = 0, std::size_t parts = 1,
                  std::int64_t until_ms = 1'000) {
    auto answer = ReadValue(store(), [&](sql::Transaction& transaction) {
      return kept_.Get(transaction, key, now_ms, [&]() -> absl::StatusOr<Kept::Made> {
        return Kept::Made{.value = StrCat(key, " ", ++made_), .parts = parts, .until_ms = until_ms};
      });
    });
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? **answer : "";
  }

  void AddPrice(const std::string& model) {
    Price price;
    price.provider = "p";
    price.model = model;
    EXPECT_TRUE(Insert(store(), price, price_store::Insert).ok());
  }
  void AddUser(const std::string& name) {
    User user;
    user.username = name;
    user.name = name;
    user.email = name + "@example.com";
    EXPECT_TRUE(Insert(store(), user, user_store::Insert).ok());
  }

  Kept kept_;
  int made_ = 0;
};

INSTANTIATE_ON_BOTH_DATABASES(KeptAnswersTest);

TEST_P(KeptAnswersTest, AnAnswerStandsUntilWhatItIsMadeOfChanges) {
  AddPrice("first");
  EXPECT_EQ(Get("a"), "a 1");
  EXPECT_EQ(Get("a"), "a 1");
  EXPECT_EQ(Get("b"), "b 2");
  AddUser("ann");
  EXPECT_EQ(Get("a"), "a 1") << "users have no part in it";
  AddPrice("second");
  EXPECT_EQ(Get("a"), "a 3");
  EXPECT_EQ(Get("b"), "b 4");
  AddUser("bob");
  EXPECT_EQ(Get("b"), "b 4");
  Account account;
  account.name = "main";
  account.request_url = "https://api.example.com";
  EXPECT_TRUE(Insert(store(), account, account_store::Insert).ok());
  EXPECT_EQ(Get("a"), "a 5");
  Group group;
  group.name = "team";
  EXPECT_TRUE(Insert(store(), group, group_store::Insert).ok());
  EXPECT_EQ(Get("a"), "a 6");
  const absl::Status set = store().Change([&](sql::Transaction& transaction, Changes& changes) {
    auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    settings->tier_models["pro"] = {"gpt-*"};
    return settings_store::Update(transaction, changes, store().NowMs(), *settings);
  });
  ASSERT_TRUE(set.ok()) << set;
  EXPECT_EQ(Get("a"), "a 7");
}

TEST_P(KeptAnswersTest, ChangesThatAreForgottenCount) {
  AddPrice("first");
  EXPECT_EQ(Get("a"), "a 1");
  AddPrice("second");
  AddUser("ann");
  ASSERT_TRUE(PruneChanges(store(), 0).ok());
  EXPECT_EQ(Get("a"), "a 2") << "nobody can tell any more what has changed";
  EXPECT_EQ(Get("a"), "a 2");
}

TEST_P(KeptAnswersTest, ADatabaseFromABackupIsAnotherOne) {
  AddPrice("first");
  EXPECT_EQ(Get("a"), "a 1");
  ASSERT_TRUE(database().Execute("UPDATE revision SET lineage = 'another' WHERE one = 1").ok());
  EXPECT_EQ(Get("a"), "a 2");
}

TEST_P(KeptAnswersTest, AnAnswerHoldsUntilItsMoment) {
  AddPrice("first");
  EXPECT_EQ(Get("a", 0, 1, 100), "a 1");
  EXPECT_EQ(Get("a", 99, 1, 100), "a 1");
  EXPECT_EQ(Get("a", 100, 1, 200), "a 2");
  EXPECT_EQ(Get("a", 100, 1, 200), "a 2");
}

// Whoever waited would hold a connection to the database for as long.
TEST_P(KeptAnswersTest, WhoAsksWhileOneIsMadeDoesNotWait) {
  AddPrice("first");
  std::string second;
  auto first = ReadValue(store(), [&](sql::Transaction& transaction) {
    return kept_.Get(transaction, "a", 0, [&]() -> absl::StatusOr<Kept::Made> {
      std::thread([&] { second = Get("b"); }).join();
      return Kept::Made{.value = "made meanwhile", .parts = 1, .until_ms = 1'000};
    });
  });
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(second, "b 1");
  EXPECT_EQ(Get("a"), "made meanwhile") << "kept";
  EXPECT_EQ(Get("b"), "b 2") << "was not kept: another was being made";
}

TEST_P(KeptAnswersTest, WhatIsKeptIsBounded) {
  AddPrice("first");
  EXPECT_EQ(Get("huge", 0, Kept::kPartsMax + 1), "huge 1");
  EXPECT_EQ(Get("huge", 0, 1), "huge 2") << "too much to keep";
  for (std::size_t i = 0; i < Kept::kAnswersMax; ++i) {
    Get(StrCat("more ", i));
    EXPECT_EQ(Get("huge"), "huge 2") << "asked for lately";
  }
  EXPECT_NE(Get("more 0"), "more 0 3") << "one too many";
  made_ = 1'000;
  EXPECT_EQ(Get("half", 0, Kept::kPartsMax / 2), "half 1001");
  EXPECT_EQ(Get("other half", 0, Kept::kPartsMax / 2), "other half 1002");
  EXPECT_EQ(Get("one more"), "one more 1003");
  EXPECT_EQ(Get("other half"), "other half 1002");
  EXPECT_EQ(Get("half"), "half 1004");
}

}  // namespace
}  // namespace weir::admin

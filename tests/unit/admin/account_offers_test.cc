#include "services/admin/store/account_offers.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "services/admin/store/account_store.h"
#include "services/admin/store/group_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AccountOffersTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Group group;
    group.name = "team";
    ASSERT_TRUE(Insert(store(), group, group_store::Insert).ok());
    team_ = group.id;
  }

  void Add(const std::string& name, const std::string& model, std::int64_t priority,
           std::vector<std::int64_t> group_ids,
           AccountStatus status = AccountStatus::kRateLimited) {
    Account account;
    account.name = name;
    account.request_url = "https://api.example.com";
    account.provider = "p";
    account.models = {model};
    account.model_mapping = {{"nice", model}};
    account.priority = priority;
    account.group_ids = std::move(group_ids);
    account.status = status;
    const absl::Status added = Insert(store(), account, account_store::Insert);
    ASSERT_TRUE(added.ok()) << added;
  }

  std::vector<std::string> Models(const std::optional<std::set<std::int64_t>>& groups) {
    const auto offers = ReadValue(
        store(), [&](sql::Transaction& transaction) { return AccountOffers(transaction, groups); });
    EXPECT_TRUE(offers.ok()) << offers.status();
    std::vector<std::string> models;
    if (!offers.ok()) return models;
    for (const Account& offer : *offers) {
      EXPECT_EQ(offer.provider, "p");
      EXPECT_EQ(offer.model_mapping.at("nice"), offer.models.at(0));
      models.push_back(offer.models.at(0));
    }
    return models;
  }

  std::int64_t team_ = 0;
};

INSTANTIATE_ON_BOTH_DATABASES(AccountOffersTest);

TEST_P(AccountOffersTest, OneOfEachKindInTheOrderOfChoice) {
  Add("late", "big", 9, {1});
  Add("first", "big", 2, {1, team_});
  Add("tied", "small", 2, {1});
  Add("before all", "tiny", 1, {team_});
  Add("out", "gone", 1, {1, team_}, AccountStatus::kDisabled);
  EXPECT_THAT(Models(std::nullopt), ElementsAre("tiny", "big", "small"));
  EXPECT_THAT(Models(std::set<std::int64_t>{1}), ElementsAre("big", "small"));
  EXPECT_THAT(Models(std::set<std::int64_t>{team_}), ElementsAre("tiny", "big"));
  EXPECT_THAT(Models(std::set<std::int64_t>{1, team_}), ElementsAre("tiny", "big", "small"));
  EXPECT_THAT(Models(std::set<std::int64_t>{}), IsEmpty());
}

}  // namespace
}  // namespace weir::admin

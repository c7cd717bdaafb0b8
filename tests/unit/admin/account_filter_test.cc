#include "services/admin/store/account_filter.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "libs/common/text.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/settings_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Account Named(std::string name) {
  Account account;
  account.name = std::move(name);
  account.request_url = "https://api.example.com";
  return account;
}

class AccountFilterTest : public StoreTest {
 protected:
  void Add(Account account) {
    const absl::Status added = Insert(store(), account, account_store::Insert);
    ASSERT_TRUE(added.ok()) << added;
  }

  std::vector<std::string> NamesOf(const ListQuery& query) {
    auto page = ReadValue(store(), [&](sql::Transaction& transaction) {
      return account_store::List(transaction, query);
    });
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const Account& account : page->items) names.push_back(account.name);
    EXPECT_EQ(page->total.rows, std::ssize(names));
    return names;
  }

  std::vector<std::string> Serving(std::string_view model) {
    auto serving = ReadValue(store(), [&](sql::Transaction& transaction) {
      return account_filter::ServesModel(transaction, model);
    });
    EXPECT_TRUE(serving.ok()) << serving.status();
    if (!serving.ok()) return {};
    return NamesOf({.conditions = {*serving}});
  }

  std::vector<std::string> Needing(bool needed) {
    return NamesOf({.conditions = {account_filter::NeedsAttention(needed, store().NowMs())}});
  }
};

INSTANTIATE_ON_BOTH_DATABASES(AccountFilterTest);

TEST_P(AccountFilterTest, ServedByNamesHeadsFamiliesAndTiers) {
  EXPECT_THAT(Serving("claude-haiku-4-5"), IsEmpty()) << "there is none yet";
  Add(Named("all"));
  Account account = Named("exact");
  account.models = {"claude-haiku-4-5", "say \"hi\"\\"};
  Add(account);
  account.name = "same list";
  Add(account);
  account = Named("head");
  account.models = {"claude-*"};
  Add(account);
  account = Named("family");
  account.models = {"family:haiku"};
  Add(account);
  account = Named("session");
  account.platform = Platform::kSession;
  account.tier = "pro";
  Add(account);
  account.name = "session of its own";
  account.models = {"gpt-5"};
  Add(account);
  account = Named("tier of another platform");
  account.tier = "pro";
  Add(account);
  const absl::Status set = store().Change([&](sql::Transaction& transaction, Changes& changes) {
    auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    settings->tier_models["pro"] = {"gpt-*"};
    return settings_store::Update(transaction, changes, store().NowMs(), *settings);
  });
  ASSERT_TRUE(set.ok()) << set;
  EXPECT_THAT(Serving("claude-haiku-4-5"), ElementsAre("all", "exact", "same list", "head",
                                                       "family", "tier of another platform"));
  EXPECT_THAT(Serving("gpt-5"),
              ElementsAre("all", "session", "session of its own", "tier of another platform"));
  EXPECT_THAT(Serving("say \"hi\"\\"),
              ElementsAre("all", "exact", "same list", "tier of another platform"));
  EXPECT_THAT(Serving("' OR 1=1 --"), ElementsAre("all", "tier of another platform"));
}

TEST_P(AccountFilterTest, MoreListsThanCanBeLookedAtAreRefused) {
  Account account = Named("one");
  for (const char* model : {"a", "b", "c"}) {
    account.name = StrCat("one of ", model);
    account.models = {model};
    Add(account);
  }
  const auto look = [this](std::int64_t lists_max) {
    return ReadValue(store(),
                     [&](sql::Transaction& transaction) {
                       return account_filter::ServesModel(transaction, "a", lists_max);
                     })
        .status();
  };
  EXPECT_TRUE(look(3).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(look(2)));
}

TEST_P(AccountFilterTest, NeedsAttentionWhatIsOutOrEndsSoon) {
  const std::int64_t now_ms = store().NowMs();
  const std::int64_t soon_ms = now_ms + account_filter::kExpiresSoonMs;
  Add(Named("well"));
  Account account = Named("refused");
  account.status = AccountStatus::kAccountException;
  Add(account);
  account = Named("limited");
  account.status = AccountStatus::kRateLimited;
  account.cooldown_until_ms = now_ms + 1;
  Add(account);
  account = Named("over");
  account.status = AccountStatus::kApiException;
  account.cooldown_until_ms = now_ms;
  Add(account);
  account = Named("ends soon");
  account.credential_expires_at_ms = soon_ms;
  Add(account);
  account.name = "ends later";
  account.credential_expires_at_ms = soon_ms + 1;
  Add(account);
  account.name = "renewed in time";
  account.credential_expires_at_ms = soon_ms;
  account.refresh_at_ms = now_ms + 1;
  Add(account);
  account.name = "not renewed in time";
  account.credential_expires_at_ms = now_ms;
  Add(account);
  account.name = "disabled";
  account.status = AccountStatus::kDisabled;
  Add(account);
  EXPECT_THAT(Needing(true), ElementsAre("refused", "limited", "ends soon", "not renewed in time"));
  EXPECT_THAT(Needing(false),
              ElementsAre("well", "over", "ends later", "renewed in time", "disabled"));
}

}  // namespace
}  // namespace weir::admin

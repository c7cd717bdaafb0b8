#include "services/admin/store/member_counts.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

using member_counts::GroupMembers;

class MemberCountsTest : public StoreTest {
 protected:
  std::int64_t AddGroup(const std::string& name) {
    Group group;
    group.name = name;
    EXPECT_TRUE(Insert(store(), group, group_store::Insert).ok());
    return group.id;
  }
  std::int64_t AddUser(const std::string& name, std::int64_t group_id) {
    User user;
    user.username = name;
    user.group_id = group_id;
    EXPECT_TRUE(Insert(store(), user, user_store::Insert).ok());
    return user.id;
  }
  void AddKey(std::int64_t user_id, std::int64_t group_id) {
    ApiKey key;
    key.name = StrCat("key ", ++keys_);
    key.key_hash = ApiKeyHash(key.name);
    key.user_id = user_id;
    key.group_id = group_id;
    ASSERT_TRUE(Insert(store(), key, api_key_store::Insert).ok());
  }
  void AddAccount(std::vector<std::int64_t> group_ids, AccountStatus status,
                  std::int64_t cooldown_until_ms = 0) {
    Account account;
    account.name = StrCat("account ", ++accounts_);
    account.request_url = "https://api.example.com";
    account.group_ids = std::move(group_ids);
    account.status = status;
    account.cooldown_until_ms = cooldown_until_ms;
    ASSERT_TRUE(Insert(store(), account, account_store::Insert).ok());
  }
  std::map<std::int64_t, GroupMembers> Of(const std::vector<std::int64_t>& ids) {
    auto members = ReadValue(store(), [&](sql::Transaction& transaction) {
      return member_counts::OfGroups(transaction, ids, store().NowMs());
    });
    EXPECT_TRUE(members.ok()) << members.status();
    return members.ok() ? *members : std::map<std::int64_t, GroupMembers>();
  }

 private:
  int keys_ = 0;
  int accounts_ = 0;
};

TEST_P(MemberCountsTest, AGroupKnowsWhatItTiesTogether) {
  const std::int64_t full = AddGroup("full");
  const std::int64_t empty = AddGroup("empty");
  const std::int64_t ann = AddUser("ann", full);
  const std::int64_t bob = AddUser("bob", empty);
  for (const std::int64_t user : {ann, ann, bob}) AddKey(user, full);
  const std::int64_t now = store().NowMs();
  AddAccount({full, empty}, AccountStatus::kNormal);
  AddAccount({full}, AccountStatus::kRateLimited, now - 1);
  AddAccount({full}, AccountStatus::kRateLimited, now + 1'000);
  AddAccount({full}, AccountStatus::kDisabled);
  auto members = Of({full, empty, 999});
  EXPECT_EQ(members.size(), 2u);
  EXPECT_EQ(members[full].accounts.rows, 4);
  EXPECT_EQ(members[full].normal.rows, 2) << "a cooldown that is over counts as normal";
  EXPECT_EQ(members[full].keys.rows, 3);
  EXPECT_EQ(members[full].users.rows, 1);
  EXPECT_EQ(members[empty].accounts.rows, 1);
  EXPECT_EQ(members[empty].keys.rows, 0);
  EXPECT_FALSE(members[full].keys.at_least);
  EXPECT_TRUE(Of({}).empty());
}

TEST_P(MemberCountsTest, ManyAreNotCountedToTheEnd) {
  const std::int64_t ann = AddUser("ann", kDefaultGroupId);
  for (std::int64_t i = 0; i < kCountedRowsMax; ++i) AddKey(ann, kDefaultGroupId);
  const auto keys_of = [&](std::int64_t id) {
    auto keys = ReadValue(store(), [&](sql::Transaction& transaction) {
      return member_counts::KeysOfUsers(transaction, {id});
    });
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? (*keys)[id] : RowTotal();
  };
  EXPECT_EQ(keys_of(ann).rows, kCountedRowsMax);
  EXPECT_FALSE(keys_of(ann).at_least);
  AddKey(ann, kDefaultGroupId);
  EXPECT_EQ(keys_of(ann).rows, kCountedRowsMax);
  EXPECT_TRUE(keys_of(ann).at_least);
}

INSTANTIATE_ON_BOTH_DATABASES(MemberCountsTest);

}  // namespace
}  // namespace weir::admin

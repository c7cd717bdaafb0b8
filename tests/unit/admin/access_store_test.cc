// Who comes in and with what: the first administrator, invites, keys in rotation; and how tasks
// went.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/invite_store.h"
#include "services/admin/store/task_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class AccessStoreTest : public StoreTest {
 protected:
  template <class T>
  absl::Status Insert(T& item,
                      absl::Status (*insert)(sql::Transaction&, Changes&, std::int64_t, T&)) {
    return store().Change([&](sql::Transaction& transaction, Changes& changes) {
      return insert(transaction, changes, store().NowMs(), item);
    });
  }
  ApiKey MakeKey(const std::string& text) {
    ApiKey key;
    key.user_id = 1;
    key.name = text;
    key.key_hash = ApiKeyHash(text);
    return key;
  }
  absl::StatusOr<ApiKey> Find(const std::string& text, std::int64_t now_ms) {
    return ReadValue(store(), [&](sql::Transaction& transaction) {
      return api_key_store::FindByHash(transaction, ApiKeyHash(text), now_ms);
    });
  }
  void MakeUserOne() {
    User user;
    user.username = "ann";
    ASSERT_TRUE(Insert(user, user_store::Insert).ok());
  }
};

TEST_P(AccessStoreTest, OfManyFirstAdministratorsThereIsOne) {
  std::vector<std::thread> threads;
  std::atomic<int> made = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      User user;
      user.username = StrCat("root", i);
      user.role = Role::kAdmin;
      const auto result =
          ChangeValue(store(), [&](sql::Transaction& transaction, Changes& changes) {
            return user_store::InsertFirstAdmin(transaction, changes, store().NowMs(), user);
          });
      ASSERT_TRUE(result.ok()) << result.status();
      if (*result) ++made;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
}

TEST_P(AccessStoreTest, InvitesRoundTripAndGoWithTheirGroup) {
  Invite invite;
  invite.name = "for Ann";
  invite.code_hash = HexOf(ApiKeyHash("wi_1"));
  invite.email = "ann@example.com";
  invite.expires_at_ms = 99;
  invite.created_by = 1;
  ASSERT_TRUE(Insert(invite, invite_store::Insert).ok());
  auto read = ReadValue(store(), [&](sql::Transaction& transaction) {
    return invite_store::FindByCode(transaction, invite.code_hash);
  });
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == invite);
}

TEST_P(AccessStoreTest, ARotatedKeyIsFoundByBothTextsForAWhile) {
  MakeUserOne();
  ApiKey key = MakeKey("ck_new");
  key.previous_key_hash = ApiKeyHash("ck_old");
  key.previous_key_hint = "old";
  key.previous_until_ms = 500;
  ASSERT_TRUE(Insert(key, api_key_store::Insert).ok());
  EXPECT_TRUE(*Find("ck_new", 0) == key);
  EXPECT_TRUE(*Find("ck_old", 499) == key);
  EXPECT_TRUE(absl::IsNotFound(Find("ck_old", 500).status()));
  ApiKey thief = MakeKey("ck_old");
  EXPECT_EQ(ReasonOf(Insert(thief, api_key_store::Insert)), "conflict")
      << "a relay could not tell the two apart";
}

TEST_P(AccessStoreTest, KeysWithoutAnOldTextAreMany) {
  MakeUserOne();
  for (const char* text : {"ck_a", "ck_b", "ck_c"}) {
    ApiKey key = MakeKey(text);
    EXPECT_TRUE(Insert(key, api_key_store::Insert).ok()) << text;
  }
}

TEST_P(AccessStoreTest, TheLastRunsOfATaskAreKept) {
  const Task task = {.name = "t", .runner = "r"};
  for (std::int64_t i = 1; i <= task_store::kRunsKept + 20; ++i) {
    const TaskRun run = {.started_at_ms = i * 10, .good = i % 2 == 0, .detail = StrCat("run ", i)};
    ASSERT_TRUE(store()
                    .Change([&](sql::Transaction& transaction, Changes&) {
                      return task_store::Finish(transaction, task, run);
                    })
                    .ok());
  }
  const auto runs = ReadValue(store(), [](sql::Transaction& transaction) {
    return task_store::Runs(transaction, "t", 1000);
  });
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), static_cast<std::size_t>(task_store::kRunsKept));
  EXPECT_EQ(runs->front().detail, StrCat("run ", task_store::kRunsKept + 20));
  EXPECT_EQ(runs->back().detail, "run 21");
}

INSTANTIATE_ON_BOTH_DATABASES(AccessStoreTest);

}  // namespace
}  // namespace weir::admin

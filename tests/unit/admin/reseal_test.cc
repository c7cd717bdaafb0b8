#include "services/admin/reseal.h"

#include <algorithm>
#include <string>
#include <vector>

#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/store/account_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

constexpr std::string_view kOld = "an old master key of 32 characters or more";
constexpr std::string_view kNew = "a newer master key of 32 characters or more";

Vault VaultOf(std::initializer_list<std::string_view> keys) {
  std::string lines;
  for (const std::string_view key : keys) StrAppend(lines, key, "\n");
  return *Vault::Create(Secret(lines));
}

class ResealTest : public StoreTest {
 protected:
  std::int64_t AddAccount(const Vault& vault, const std::string& name) {
    Account account;
    account.name = name;
    account.request_url = "https://example.com";
    const absl::Status status = store().Change([&](sql::Transaction& t, Changes& changes) {
      absl::Status inserted = account_store::Insert(t, changes, store().NowMs(), account);
      if (!inserted.ok()) return inserted;
      SetCredential(vault, Secret("sk-" + name), account);
      SetProxyUrl(vault, Secret("http://user:pass@proxy:1/"), account);
      return account_store::Update(t, changes, store().NowMs(), account);
    });
    EXPECT_TRUE(status.ok()) << status;
    return account.id;
  }
  Account Get(std::int64_t id) {
    auto account =
        ReadValue(store(), [&](sql::Transaction& t) { return account_store::Get(t, id); });
    EXPECT_TRUE(account.ok()) << account.status();
    return account.ok() ? *account : Account();
  }
};

TEST_P(ResealTest, TheOldKeyCanLeave) {
  const std::int64_t first = AddAccount(VaultOf({kOld}), "first");
  const std::int64_t second = AddAccount(VaultOf({kNew, kOld}), "second");
  const Vault both = VaultOf({kNew, kOld});
  EXPECT_EQ(*CountStale(database(), both), 2);
  const Revision before = CurrentRevision();

  const auto resealed = Reseal(database(), both);
  ASSERT_TRUE(resealed.ok()) << resealed.status();
  EXPECT_EQ(*resealed, 2);  // the first one's credential and proxy
  EXPECT_EQ(*CountStale(database(), both), 0);
  EXPECT_EQ(*Reseal(database(), both), 0);

  const Vault only_new = VaultOf({kNew});
  EXPECT_EQ(OpenCredential(only_new, Get(first))->Reveal(), "sk-first");
  EXPECT_EQ(OpenProxyUrl(only_new, Get(first))->Reveal(), "http://user:pass@proxy:1/");
  EXPECT_EQ(OpenCredential(only_new, Get(second))->Reveal(), "sk-second");
  EXPECT_EQ(CurrentRevision().number, before.number) << "nothing changed for relays";
}

// An admin that has read an account before, and writes it after, would bring the old text back.
TEST_P(ResealTest, NobodyWritesBackWhatHeReadBefore) {
  Account read_before = Get(AddAccount(VaultOf({kOld}), "first"));
  const Vault both = VaultOf({kNew, kOld});
  ASSERT_TRUE(Reseal(database(), both).ok());
  read_before.priority = 7;
  const absl::Status late = database().Transact([&](sql::Transaction& transaction) {
    Changes changes;
    const absl::Status updated = account_store::Update(transaction, changes, 1, read_before);
    EXPECT_TRUE(absl::IsAborted(updated)) << updated;
    return absl::CancelledError("seen");
  });
  EXPECT_TRUE(absl::IsCancelled(late)) << late;
  EXPECT_EQ(*CountStale(database(), both), 0);
}

TEST_P(ResealTest, WhatDoesNotOpenStopsItAndNothingIsChanged) {
  const std::int64_t good = AddAccount(VaultOf({kOld}), "good");
  const std::int64_t lost =
      AddAccount(VaultOf({"a master key that nobody has kept anywhere"}), "lost");
  const std::string before = Get(good).sealed_credential;
  const auto resealed = Reseal(database(), VaultOf({kNew, kOld}));
  ASSERT_EQ(resealed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(View(resealed.status().message()).find(StrCat("account/", lost, "/credential")),
            std::string_view::npos)
      << resealed.status();
  EXPECT_EQ(Get(good).sealed_credential, before);
}

// A column that is left out would keep its old key for ever, and be lost with it.
TEST_P(ResealTest, EverySealedColumnOfTheSchemaIsKnown) {
  const bool sqlite = database().dialect() == sql::SqlDialect::kSqlite;
  const auto rows = database().Query(
      sqlite ? "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
               "WHERE m.type = 'table' AND c.name LIKE 'sealed%'"
             : "SELECT table_name::text, column_name::text FROM information_schema.columns "
               "WHERE table_schema = current_schema() AND column_name LIKE 'sealed%'");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_GE(rows->rows.size(), 3U);
  for (const sql::Row& row : rows->rows) {
    const auto known = std::ranges::any_of(SealedColumns(), [&](const SealedColumn& column) {
      return column.table == row.Text(0) && column.column == row.Text(1);
    });
    EXPECT_TRUE(known) << row.Text(0) << "." << row.Text(1) << " is not in reseal.cc";
  }
}

INSTANTIATE_ON_BOTH_DATABASES(ResealTest);

}  // namespace
}  // namespace weir::admin

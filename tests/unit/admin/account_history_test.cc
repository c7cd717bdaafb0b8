#include "services/admin/store/account_history.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/admin/publish/observation.h"
#include "services/admin/store/account_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class AccountHistoryTest : public StoreTest {
 protected:
  std::int64_t AddAccount(const std::string& name) {
    Account account;
    account.name = name;
    account.request_url = "https://api.example.com";
    const absl::Status added = store().Change([&](sql::Transaction& t, Changes& changes) {
      return account_store::Insert(t, changes, store().NowMs(), account);
    });
    EXPECT_TRUE(added.ok()) << added;
    return account.id;
  }
  std::vector<AccountHistoryEntry> Entries(std::int64_t account_id) {
    auto page = ReadValue(store(), [&](sql::Transaction& t) {
      return account_history::List(t, account_id,
                                   {.conditions = {},
                                    .order_column = "id",
                                    .descending = true,
                                    .limit = 2'000,
                                    .offset = 0});
    });
    EXPECT_TRUE(page.ok()) << page.status();
    return page->items;
  }
  void Observe(std::int64_t account_id, Signal signal, const std::string& model = "") {
    clock().AdvanceMs(1'000);
    const absl::Status stored =
        StoreObservation(store(), {.account_id = account_id,
                                   .signal = signal,
                                   .observed_at_ms = store().NowMs(),
                                   .cooldown_until_ms = store().NowMs() + 60'000,
                                   .reason = "",
                                   .model = model,
                                   .http_status = 429,
                                   .request_id = "request-1",
                                   .relay_id = "relay-1"});
    EXPECT_TRUE(stored.ok()) << stored;
  }
};

TEST_P(AccountHistoryTest, WhatRelaysSeeIsWrittenDownOnce) {
  const std::int64_t id = AddAccount("a");
  Observe(id, Signal::kRateLimited);
  Observe(id, Signal::kRecovered);
  Observe(id, Signal::kRecovered);  // says nothing new
  const auto entries = Entries(id);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].status, AccountStatus::kNormal);
  EXPECT_EQ(entries[0].reason, "");
  EXPECT_EQ(entries[1].status, AccountStatus::kRateLimited);
  EXPECT_EQ(entries[1].reason, "upstream_rate_limited");
  EXPECT_EQ(entries[1].source, "relay");
  EXPECT_EQ(entries[1].seen_by, "relay-1");
  EXPECT_EQ(entries[1].http_status, 429);
  EXPECT_EQ(entries[1].request_id, "request-1");
  EXPECT_EQ(entries[1].until_ms, entries[1].at_ms + 60'000);
}

TEST_P(AccountHistoryTest, AModelThatRestsIsNotTheAccount) {
  const std::int64_t id = AddAccount("a");
  Observe(id, Signal::kRateLimited, "m");
  const auto entries = Entries(id);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].model, "m");
  const auto latest =
      ReadValue(store(), [&](sql::Transaction& t) { return account_history::Latest(t, {id}); });
  ASSERT_TRUE(latest.ok()) << latest.status();
  EXPECT_TRUE(latest->empty()) << "of the whole account nothing is told";
}

TEST_P(AccountHistoryTest, OldAndManyEntriesGo) {
  const std::int64_t busy = AddAccount("busy");
  const std::int64_t quiet = AddAccount("quiet");
  const auto note = [&](std::int64_t account_id) {
    AccountHistoryEntry entry;
    entry.account_id = account_id;
    entry.at_ms = store().NowMs();
    entry.source = "relay";
    return store().Change(
        [&](sql::Transaction& t, Changes&) { return account_history::Note(t, entry); });
  };
  ASSERT_TRUE(note(quiet).ok());
  clock().AdvanceMs(account_history::kKeptMs);
  ASSERT_TRUE(note(quiet).ok());
  for (int i = 0; i < account_history::kKeptPerAccount + 5; ++i) ASSERT_TRUE(note(busy).ok());
  clock().AdvanceMs(1);
  const auto gone = ChangeValue(store(), [&](sql::Transaction& t, Changes&) {
    return account_history::Prune(t, store().NowMs());
  });
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(*gone, 6) << "one that was old, five that were too many";
  EXPECT_EQ(Entries(quiet).size(), 1U);
  EXPECT_EQ(Entries(busy).size(), static_cast<std::size_t>(account_history::kKeptPerAccount));
}

TEST_P(AccountHistoryTest, ItGoesWithItsAccount) {
  const std::int64_t id = AddAccount("a");
  Observe(id, Signal::kCredentialRejected);
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& t, Changes& changes) {
                    return account_store::Delete(t, changes, id);
                  })
                  .ok());
  EXPECT_TRUE(Entries(id).empty());
}

INSTANTIATE_ON_BOTH_DATABASES(AccountHistoryTest);

}  // namespace
}  // namespace weir::admin

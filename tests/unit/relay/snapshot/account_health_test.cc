#include "services/relay/snapshot/account_health.h"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/price_table.h"
#include "services/relay/snapshot/snapshot_holder.h"
#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::relay {
namespace {

TEST(AccountHealth, ACooldownOnlyGrows) {
  AccountHealth health;
  health.CoolDown(2'000);
  health.CoolDown(1'000);
  EXPECT_EQ(health.CooldownUntil("any"), 2'000);
}

TEST(AccountHealth, AModelCoolsDownAlone) {
  AccountHealth health;
  health.CoolDownModel("opus", 5'000);
  EXPECT_EQ(health.CooldownUntil("opus"), 5'000);
  EXPECT_EQ(health.CooldownUntil("haiku"), 0);
  health.CoolDown(9'000);
  EXPECT_EQ(health.CooldownUntil("opus"), 9'000);
  health.Reset();
  EXPECT_EQ(health.CooldownUntil("opus"), 0);
}

TEST(AccountHealth, ModelsThatCoolDownAreBounded) {
  AccountHealth health;
  for (int i = 0; i < 10'000; ++i) health.CoolDownModel(StrCat("model-", i), UnixMs() + 60'000);
  EXPECT_GT(health.CooldownUntil("model-9999"), 0);
}

TEST(AccountHealth, SuccessTellsARecoveryOnce) {
  AccountHealth health;
  EXPECT_FALSE(health.CountSuccess());
  EXPECT_EQ(health.CountFailure(), 1);
  EXPECT_EQ(health.CountFailure(), 2);
  EXPECT_TRUE(health.CountSuccess());
  EXPECT_FALSE(health.CountSuccess());
  EXPECT_EQ(health.CountFailure(), 1);
}

TEST(AccountHealth, ASuccessUnderWayDoesNotEndARateLimit) {
  AccountHealth health;
  health.CoolDown(UnixMs() + 60'000);
  EXPECT_FALSE(health.CountSuccess());
  EXPECT_GT(health.CooldownUntil("m"), UnixMs());
  AccountHealth past;
  past.CoolDown(UnixMs() - 1);
  EXPECT_TRUE(past.CountSuccess());
  EXPECT_EQ(past.CooldownUntil("m"), 0);
}

std::shared_ptr<const Snapshot> SnapshotOf(std::uint64_t revision) {
  auto tables = std::make_shared<SnapshotTables>();
  tables->revision = revision;
  return std::make_shared<const Snapshot>(tables);
}

TEST(SnapshotHolder, ReadersSeeTheNewestAndOldOnesGoLater) {
  SnapshotHolder holder;
  SnapshotReader reader(holder);
  EXPECT_EQ(reader.Current(), nullptr);
  holder.Swap(SnapshotOf(1));
  const std::shared_ptr<const Snapshot> pinned = reader.Current();
  ASSERT_NE(pinned, nullptr);
  holder.Swap(SnapshotOf(2));
  EXPECT_EQ(reader.Current()->revision(), 2U);
  EXPECT_EQ(pinned->revision(), 1U);
  EXPECT_EQ(holder.ReleaseRetired(), 1U);  // a request still holds it
}

TEST(SnapshotHolder, ManyThreadsReadWhileOneSwaps) {
  SnapshotHolder holder;
  holder.Swap(SnapshotOf(1));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      SnapshotReader reader(holder);
      std::uint64_t last = 0;
      while (last < 2'000) {
        const std::uint64_t revision = reader.Current()->revision();
        ASSERT_GE(revision, last);
        last = revision;
      }
    });
  }
  for (std::uint64_t revision = 2; revision <= 2'000; ++revision) {
    holder.Swap(SnapshotOf(revision));
    if (revision % 16 == 0) holder.ReleaseRetired();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(holder.ReleaseRetired(), 0U);
}

std::shared_ptr<const Price> PriceOf(std::int64_t id, const char* provider, const char* model,
                                     std::int64_t from) {
  auto price = std::make_shared<Price>();
  price->id = id;
  price->provider = provider;
  price->model = ModelPattern(model);
  price->effective_from_unix_ms = from;
  return price;
}

TEST(PriceTable, ChoosesByProviderNamePatternAndDate) {
  PriceTable::ById by_id;
  for (const auto& price :
       {PriceOf(1, "anthropic", "claude-opus-4", 0),
        PriceOf(2, "anthropic", "claude-opus-4", 1'000), PriceOf(3, "anthropic", "claude-*", 0),
        PriceOf(4, "anthropic", "claude-opus-*", 0), PriceOf(5, "", "claude-opus-4", 0),
        PriceOf(6, "", "gpt-5", 0), PriceOf(7, "", "*", 500),
        PriceOf(8, "anthropic", "future", 9'000),
        PriceOf(9, "anthropic", "claude-opus-4", 1'000)}) {
    by_id[price->id] = price;
  }
  const PriceTable table(by_id);
  const auto find = [&](std::string_view provider, std::string_view model, std::int64_t at) {
    const Price* price = table.Find(provider, model, at);
    return price == nullptr ? 0 : price->id;
  };
  EXPECT_EQ(find("anthropic", "claude-opus-4", 999), 1);
  EXPECT_EQ(find("anthropic", "claude-opus-4", 1'000),
            9);  // of two from one moment the later entry
  EXPECT_EQ(find("anthropic", "claude-opus-4-1", 0), 4);
  EXPECT_EQ(find("anthropic", "claude-haiku", 0), 3);
  EXPECT_EQ(find("mirror", "claude-opus-4", 0), 5);
  EXPECT_EQ(find("anthropic", "gpt-5", 0), 6);
  EXPECT_EQ(find("openai", "unknown", 499), 0);
  EXPECT_EQ(find("openai", "unknown", 500), 7);
  EXPECT_EQ(find("anthropic", "future", 400), 0);  // not in force yet
  EXPECT_EQ(find("", "gpt-5", 0), 6);
  EXPECT_EQ(table.Models("anthropic"),
            (std::vector<std::string>{"claude-opus-4", "future", "gpt-5"}));
  EXPECT_EQ(table.Models("other"), (std::vector<std::string>{"claude-opus-4", "gpt-5"}));
}

}  // namespace
}  // namespace weir::relay

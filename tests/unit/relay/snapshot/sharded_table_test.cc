#include "services/relay/snapshot/sharded_table.h"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

struct Thing {
  std::int64_t id = 0;
  int value = 0;
};
using Table = IdTable<Thing, 8>;

std::map<std::int64_t, int> ContentOf(const Table& table) {
  std::map<std::int64_t, int> content;
  table.ForEach([&](const std::shared_ptr<const Thing>& thing) {
    EXPECT_TRUE(content.emplace(thing->id, thing->value).second);
  });
  return content;
}

// Against std::map, over many generations; older generations must not change.
TEST(IdTable, BehavesAsAMapAndOldOnesStay) {
  std::mt19937 random(3);
  Table table;
  std::map<std::int64_t, int> model;
  std::vector<std::pair<Table, std::map<std::int64_t, int>>> kept;
  for (int generation = 0; generation < 300; ++generation) {
    Table::Editor editor(&table);
    for (int change = 0; change < 20; ++change) {
      const auto id = static_cast<std::int64_t>(random() % 400);
      if (random() % 3 == 0) {
        EXPECT_EQ(editor.Erase(id), model.erase(id) == 1);
      } else {
        const int value = static_cast<int>(random());
        editor.Upsert(std::make_shared<const Thing>(Thing{id, value}));
        model[id] = value;
      }
    }
    table = std::move(editor).Done();
    ASSERT_EQ(table.size(), model.size());
    for (std::int64_t id = 0; id < 400; ++id) {
      const Thing* found = table.Find(id);
      ASSERT_EQ(found != nullptr, model.contains(id)) << id;
      if (found != nullptr) {
        ASSERT_EQ(found->value, model[id]);
      }
    }
    if (generation % 50 == 0) kept.emplace_back(table, model);
  }
  for (const auto& [old_table, old_model] : kept) EXPECT_EQ(ContentOf(old_table), old_model);
}

TEST(IdTable, AChangeCopiesOneShardAndSharesTheRest) {
  Table::Editor first(nullptr);
  for (std::int64_t id = 1; id <= 1'000; ++id) {
    first.Upsert(std::make_shared<const Thing>(Thing{id, 0}));
  }
  const Table before = std::move(first).Done();
  Table::Editor second(&before);
  second.Upsert(std::make_shared<const Thing>(Thing{500, 1}));
  const Table after = std::move(second).Done();
  EXPECT_EQ(before.Find(500)->value, 0);
  EXPECT_EQ(after.Find(500)->value, 1);
  EXPECT_EQ(before.Find(501), after.Find(501));  // the very same object
}

TEST(HashOfId, SpreadsNeighboursOverTheShards) {
  std::set<std::uint64_t> shards;
  for (std::int64_t id = 1; id <= 64; ++id) shards.insert(HashOfId(id) >> 58);
  EXPECT_GT(shards.size(), 32U);
}

}  // namespace
}  // namespace weir::relay

#include "libs/common/price_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

std::shared_ptr<const Price> PriceOf(std::int64_t id, const char* provider, const char* model,
                                     std::int64_t from, std::vector<std::string> aliases = {}) {
  auto price = std::make_shared<Price>();
  price->id = id;
  price->provider = provider;
  price->model = ModelPattern(model);
  price->effective_from_unix_ms = from;
  price->aliases = std::move(aliases);
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

PriceTable TableOf(std::initializer_list<std::shared_ptr<const Price>> prices) {
  PriceTable::ById by_id;
  for (const auto& price : prices) by_id[price->id] = price;
  return PriceTable(std::move(by_id));
}

std::int64_t FindId(const PriceTable& table, std::string_view provider, std::string_view model,
                    std::int64_t at) {
  const Price* price = table.Find(provider, model, at);
  return price == nullptr ? 0 : price->id;
}

TEST(PriceTable, AnAliasFollowsThePriceThatNamesIt) {
  const PriceTable table = TableOf({
      PriceOf(1, "x", "model-20260101", 0, {"model", "model-latest"}),
      PriceOf(2, "x", "model-20260101", 1'000, {"model"}),
      PriceOf(3, "x", "model-20260601", 2'000, {"model-latest"}),
  });
  EXPECT_EQ(FindId(table, "x", "model", 999), 1);
  EXPECT_EQ(FindId(table, "x", "model", 1'000), 2) << "the new price, not the one before";
  EXPECT_EQ(FindId(table, "x", "model-latest", 999), 1);
  EXPECT_EQ(FindId(table, "x", "model-latest", 1'000), 0) << "no price names it any more";
  EXPECT_EQ(FindId(table, "x", "model-latest", 2'000), 3) << "another model has it now";
  EXPECT_EQ(FindId(table, "y", "model", 0), 0);
  EXPECT_EQ(table.Models("x"), (std::vector<std::string>{"model", "model-20260101",
                                                         "model-20260601", "model-latest"}));
}

TEST(PriceTable, AnAliasStandsBetweenNamesAndPatterns) {
  const PriceTable table = TableOf({
      PriceOf(1, "x", "a", 0, {"b", "c"}),
      PriceOf(2, "x", "b", 0),
      PriceOf(3, "x", "*", 0),
      PriceOf(4, "", "z*", 0, {"d"}),
  });
  EXPECT_EQ(FindId(table, "x", "b", 0), 2) << "a price of its own";
  EXPECT_EQ(FindId(table, "x", "c", 0), 1);
  EXPECT_EQ(FindId(table, "x", "d", 0), 3) << "its provider's pattern before any provider's alias";
  EXPECT_EQ(FindId(table, "y", "d", 0), 4) << "a pattern may have an alias";
}

}  // namespace
}  // namespace weir

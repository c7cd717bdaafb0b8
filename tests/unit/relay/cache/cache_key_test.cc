#include "services/relay/cache/cache_key.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

using Parts = std::vector<std::string>;

CacheKey KeyOf(const Parts& parts) {
  CacheKeyBuilder builder;
  for (const std::string& part : parts) builder.Add(part);
  return builder.Finish();
}

TEST(CacheKeyTest, EqualPartsGiveEqualKeys) {
  EXPECT_EQ(KeyOf({"a", "b"}), KeyOf({"a", "b"}));
  EXPECT_EQ(KeyOf({}), KeyOf({}));
}

// Every list of up to three parts over a small alphabet, bytes 0 and 1 in it that could be mistaken
// for lengths: no two of them read alike.
TEST(CacheKeyTest, NoTwoListsOfPartsReadAlike) {
  const std::vector<std::string> texts = {"",
                                          "a",
                                          "b",
                                          "aa",
                                          "ab",
                                          std::string(1, '\0'),
                                          std::string(8, '\0'),
                                          std::string("\1\0\0\0\0\0\0\0", 8)};
  std::set<CacheKey> keys;
  std::size_t lists = 0;
  const auto note = [&](const Parts& parts) {
    ++lists;
    keys.insert(KeyOf(parts));
  };
  note({});
  for (const std::string& a : texts) {
    note({a});
    for (const std::string& b : texts) {
      note({a, b});
      for (const std::string& c : texts) note({a, b, c});
    }
  }
  EXPECT_EQ(keys.size(), lists);
}

TEST(CacheKeyTest, NumbersCount) {
  CacheKeyBuilder one;
  CacheKeyBuilder two;
  EXPECT_NE(one.Add(std::int64_t{1}).Finish(), two.Add(std::int64_t{2}).Finish());
}

TEST(CacheControlTest, ReadsTheTwoWishes) {
  const std::vector<std::pair<std::string, std::pair<bool, bool>>> cases = {
      {"", {true, true}},
      {"max-age=0", {true, true}},
      {"no-cache", {false, true}},
      {"No-Store", {true, false}},
      {"no-cache, no-store", {false, false}},
      {"no-cachex", {true, true}},
  };
  for (const auto& [text, wishes] : cases) {
    EXPECT_EQ(ReadCacheControl(text).look, wishes.first) << text;
    EXPECT_EQ(ReadCacheControl(text).keep, wishes.second) << text;
  }
}

}  // namespace
}  // namespace weir::relay

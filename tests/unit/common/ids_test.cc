#include "libs/common/ids.h"

#include <cctype>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(IdsTest, CarriesVersionVariantAndTime) {
  constexpr std::int64_t kTime = 0x0123456789AB;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = NewUuid7Bytes(kTime);
    ASSERT_EQ(id.size(), 16U);
    EXPECT_TRUE(IsUuid7(id));
    EXPECT_EQ(id.substr(0, 6), "\x01\x23\x45\x67\x89\xAB");
    EXPECT_EQ(UuidToText(id)[14], '7');
  }
}

TEST(IdsTest, LaterIdsSortBehindEarlierOnes) {
  std::string before = NewUuid7Bytes(0);
  for (std::int64_t ms = 1; ms < (std::int64_t{1} << 47); ms = ms * 3 + 1) {
    const std::string id = NewUuid7Bytes(ms);
    EXPECT_LT(before, id);
    EXPECT_LT(UuidToText(before), UuidToText(id));
    before = id;
  }
}

TEST(IdsTest, NeverTheSameTwiceFromAnyThread) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;  // more than one stock of random bytes
  std::vector<std::vector<std::string>> made(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (auto& own : made) {
    threads.emplace_back([&own] {
      for (int i = 0; i < kEach; ++i) own.push_back(NewUuid7Bytes(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& own : made) all.insert(own.begin(), own.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kEach));
}

TEST(IdsTest, TextReadsBackTheSame) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = NewUuid7Bytes(i * 1'000'003LL);
    const std::string text = UuidToText(id);
    ASSERT_EQ(text.size(), 36U);
    EXPECT_EQ(UuidFromText(text).value(), id);
  }
  EXPECT_EQ(UuidToText(std::string(16, '\xff')), "ffffffff-ffff-ffff-ffff-ffffffffffff");
  EXPECT_EQ(UuidFromText("FFFFFFFF-FFFF-ffff-FFFF-FFFFFFFFFFFF").value(), std::string(16, '\xff'));
}

TEST(IdsTest, RefusesTextOfAnotherForm) {
  const std::string good = UuidToText(NewUuid7Bytes(1));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(UuidFromText(good.substr(0, cut)).ok()) << cut;
    for (const char bad : {'g', '-', ' ', '\0', 'G'}) {
      std::string text = good;
      if (text[cut] == bad) continue;
      text[cut] = bad;
      EXPECT_FALSE(UuidFromText(text).ok()) << text;
    }
  }
  EXPECT_FALSE(UuidFromText(good + "0").ok());
  EXPECT_FALSE(UuidFromText("{" + good.substr(0, 34) + "}").ok());
  EXPECT_FALSE(UuidFromText("0123456789abcdef0123456789abcdef0123").ok());
}

TEST(IdsTest, KnowsWhatIsNoUuid7) {
  EXPECT_FALSE(IsUuid7(""));
  EXPECT_FALSE(IsUuid7(std::string(16, '\0')));
  EXPECT_FALSE(IsUuid7(std::string(16, '\xff')));
  std::string id = NewUuid7Bytes(1);
  EXPECT_FALSE(IsUuid7(id + "x"));
  id[6] = '\x40';  // version 4
  EXPECT_FALSE(IsUuid7(id));
}

TEST(IdsTest, RandomHexIsHexOfThatLength) {
  EXPECT_EQ(RandomHex(0), "");
  const std::string text = RandomHex(32);
  EXPECT_EQ(text.size(), 64U);
  for (const char c : text) {
    EXPECT_TRUE(std::isxdigit(static_cast<unsigned char>(c)) != 0 && (c < 'A' || c > 'F'));
  }
  EXPECT_NE(text, RandomHex(32));
}

}  // namespace
}  // namespace weir

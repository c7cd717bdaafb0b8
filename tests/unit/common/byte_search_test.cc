#include "libs/common/byte_search.h"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

// Of few letters, so that what is looked for is met in every place of a block.
std::string RandomText(std::mt19937& random, std::string_view letters) {
  std::string text(random() % 300, ' ');
  for (char& letter : text) letter = random() % 8 == 0 ? letters[random() % letters.size()] : 'x';
  return text;
}

std::int64_t Slowly(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

TEST(ByteSearchTest, CountsWhatIsNotAscii) {
  std::mt19937 random(1);
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = RandomText(random, "\x7f\x80\xff");
    ASSERT_EQ(CountNonAscii(text), Slowly(text));
  }
  EXPECT_EQ(CountNonAscii(std::string(1'000, '\xff')), 1'000);
}

TEST(ByteSearchTest, FindsEither) {
  std::mt19937 random(2);
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = RandomText(random, "ab");
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    ASSERT_EQ(FindEither(text, from, 'a', 'b'),
              std::min(text.find_first_of("ab", from), text.size()));
  }
}

TEST(ByteSearchTest, FindsWhereAStringStops) {
  constexpr std::string_view kStops("\"\\\0\n\x1f", 5);
  std::mt19937 random(4);
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = RandomText(random, i % 2 == 0 ? kStops : " \x7f\x80\xff");
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    ASSERT_EQ(FindStringStop(text, from), std::min(text.find_first_of(kStops, from), text.size()));
  }
}

TEST(ByteSearchTest, SkipsNoPairAndCountsWhatItSkips) {
  std::mt19937 random(3);
  for (int i = 0; i < 4'000; ++i) {
    const std::string text = RandomText(random, i % 2 == 0 ? "b\xe9"
                                                           : "b\xe9"
                                                             "4");
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    std::int64_t non_ascii = 0;
    const std::size_t at = SkipWithoutPair(text, from, 'b', 5, '4', non_ascii);
    ASSERT_EQ(at, SkipWithoutPair(text, from, 'b', 5, '4'));
    ASSERT_EQ(non_ascii, Slowly(std::string_view(text).substr(from, at - from)));
    for (std::size_t b = from; b < at; ++b) ASSERT_FALSE(text[b] == 'b' && text[b + 5] == '4') << b;
  }
}

}  // namespace
}  // namespace weir

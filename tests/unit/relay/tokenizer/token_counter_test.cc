#include "services/relay/tokenizer/token_counter.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

// Numbers by the published encoder; tests/tokenizer compares far more with it.
TEST(TokenCounterTest, CountsAsPublished) {
  TokenCounter counter;
  EXPECT_EQ(counter.Count(""), 0);
  EXPECT_EQ(counter.Count("hello world"), 2);
  EXPECT_EQ(counter.Count("Hello, world! It's 12345."), 9);
  EXPECT_EQ(counter.Count("  \n\n  x"), 3);
  EXPECT_EQ(counter.Count("你好，世界"), 3);
  EXPECT_EQ(counter.Count("<|endoftext|>"), 7);
}

TEST(TokenCounterTest, StepsAddUp) {
  TokenCounter counter;
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "Some words, 数字 " + std::to_string(i) + "\n\n\t  and more.";
  const std::int64_t whole = counter.Count(text);
  for (const std::size_t bytes : {1U, 7U, 64U, 4'096U}) {
    std::int64_t tokens = 0;
    for (std::size_t offset = 0; offset < text.size();) {
      const std::size_t before = offset;
      tokens += counter.CountSome(text, offset, bytes);
      ASSERT_GT(offset, before);
    }
    EXPECT_EQ(tokens, whole) << bytes;
  }
}

// One piece as long as the text, which a naive merge would take minutes for.
TEST(TokenCounterTest, LongRunsAreCutAndCounted) {
  TokenCounter counter;
  const std::size_t bytes = 1U << 20U;
  for (const char letter : {'a', 'A', ' ', '-', '\n'}) {
    const std::int64_t tokens = counter.Count(std::string(bytes, letter));
    EXPECT_GT(tokens, static_cast<std::int64_t>(bytes / 200)) << letter;
    EXPECT_LT(tokens, static_cast<std::int64_t>(bytes / 2)) << letter;
  }
}

}  // namespace
}  // namespace weir::relay

#include "libs/common/playground_token.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/api_key_hash.h"

namespace weir {
namespace {

constexpr std::int64_t kEndMs = 1'790'000'000'999;

class PlaygroundTokenTest : public ::testing::Test {
 protected:
  bool IsGood(std::string_view text) {
    const auto token = ReadPlaygroundToken(text);
    return token.has_value() && IsSigned(*token, secret_, hash_);
  }

  const Secret secret_{std::string(kPlaygroundSecretBytes, 's')};
  const std::string hash_ = ApiKeyHash("ck_good");
  const std::string text_ = MakePlaygroundToken(secret_, 42, hash_, kEndMs).Reveal();
};

TEST_F(PlaygroundTokenTest, SaysWhoseItIsAndUntilWhen) {
  EXPECT_TRUE(text_.starts_with("wpt_42.1790000000."));
  const auto token = ReadPlaygroundToken(text_);
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->key_id, 42);
  EXPECT_EQ(token->expires_at_unix_ms, 1'790'000'000'000);
  EXPECT_TRUE(IsSigned(*token, secret_, hash_));
}

TEST_F(PlaygroundTokenTest, AnyOtherCharacterMakesItWorthless) {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    std::string other = text_;
    other[i] = other[i] == '1' ? '2' : '1';
    EXPECT_FALSE(IsGood(other)) << other;
  }
  EXPECT_FALSE(IsGood(text_ + "A"));
  EXPECT_FALSE(IsGood(text_.substr(0, text_.size() - 1)));
  EXPECT_FALSE(IsGood("wpt_42.01790000000" + text_.substr(text_.rfind('.'))));
}

TEST_F(PlaygroundTokenTest, IsBoundToTheSecretAndToTheKeysText) {
  const auto token = ReadPlaygroundToken(text_);
  ASSERT_TRUE(token.has_value());
  EXPECT_FALSE(IsSigned(*token, Secret(std::string(kPlaygroundSecretBytes, 't')), hash_));
  EXPECT_FALSE(IsSigned(*token, secret_, ApiKeyHash("ck_rotated")));
}

TEST_F(PlaygroundTokenTest, WithoutASecretNothingIsGood) {
  const std::string forged = MakePlaygroundToken(Secret(), 42, hash_, kEndMs).Reveal();
  const auto token = ReadPlaygroundToken(forged);
  ASSERT_TRUE(token.has_value());
  EXPECT_FALSE(IsSigned(*token, Secret(), hash_));
}

TEST_F(PlaygroundTokenTest, WhatIsNoTokenIsNone) {
  for (const std::string_view text :
       {"", "wpt_", "wpt_1", "wpt_1.2", "wpt_.2.x", "wpt_1..x", "ck_1.2.x", "wpt_x.2.x",
        "wpt_1.x.x", "wpt_1.-2.x", "wpt_99999999999999999999.2.x", "wpt_1.9223372036854775807.x",
        "WPT_1.2.x"}) {
    EXPECT_FALSE(ReadPlaygroundToken(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace weir

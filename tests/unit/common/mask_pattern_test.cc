#include "libs/common/mask_pattern.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "libs/common/zstd_text.h"

namespace weir {
namespace {

using testing::HasSubstr;

std::string Refusal(std::string_view pattern) {
  return std::string(View(CheckMaskPattern(pattern).message()));
}

TEST(MaskPattern, SaysWhatIsWrong) {
  EXPECT_EQ(Refusal(R"(\d{4}-\d{4})"), "");
  EXPECT_THAT(Refusal("("), HasSubstr("is no regular expression: missing )"));
  EXPECT_THAT(Refusal("a(?=b)"), HasSubstr("is no regular expression"));
  EXPECT_THAT(Refusal(R"((a)\1)"), HasSubstr("is no regular expression"));
  EXPECT_THAT(Refusal("a{1001}"), HasSubstr("is no regular expression"));
  EXPECT_THAT(Refusal("((a{100}){100}){100}"), HasSubstr("is no regular expression"));
  EXPECT_EQ(Refusal("a*"), "must not match the empty text");
  EXPECT_EQ(Refusal(""), "must be 1 to 512 bytes long");
  EXPECT_EQ(Refusal(std::string(513, 'a')), "must be 1 to 512 bytes long");
  EXPECT_EQ(Refusal("\xFF"), "must be UTF-8");
}

TEST(MaskPattern, FindsWhatMatches) {
  const auto pattern = MaskPattern::Compile("[0-9]+");
  ASSERT_TRUE(pattern.ok());
  MaskPattern::Found found;
  ASSERT_TRUE(pattern->Find("ab12cd345", 0, found));
  EXPECT_EQ(found.begin, 2U);
  EXPECT_EQ(found.end, 4U);
  ASSERT_TRUE(pattern->Find("ab12cd345", found.next, found));
  EXPECT_EQ(found.begin, 6U);
  EXPECT_EQ(found.end, 9U);
  EXPECT_FALSE(pattern->Find("ab12cd345", found.next, found));
  EXPECT_FALSE(pattern->Find("", 0, found));
}

TEST(MaskPattern, ItsFirstGroupIfThereIsOne) {
  const auto pattern = MaskPattern::Compile("password=(\\w+)|token:\\w+");
  ASSERT_TRUE(pattern.ok());
  MaskPattern::Found found;
  ASSERT_TRUE(pattern->Find("password=abc token:x", 0, found));
  EXPECT_EQ(found.begin, 9U);
  EXPECT_EQ(found.end, 12U);
  ASSERT_TRUE(pattern->Find("password=abc token:x", found.next, found));
  EXPECT_EQ(found.begin, 13U);
  EXPECT_EQ(found.end, 20U);
}

TEST(MaskPattern, EmptyMatchesAreNone) {
  const auto pattern = MaskPattern::Compile("\\b|xyz");
  ASSERT_TRUE(pattern.ok());
  MaskPattern::Found found;
  EXPECT_FALSE(pattern->Find("ab cd", 0, found));
}

TEST(ZstdText, ComesBackAsItWas) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    const auto frame = ZstdCompress(text);
    ASSERT_TRUE(frame.ok());
    const auto back = ZstdDecompress(*frame, 1 << 20);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, text);
  }
}

TEST(ZstdText, RefusesWhatIsTooLargeOrNoFrame) {
  const auto frame = ZstdCompress(std::string(1'001, 'x'));
  ASSERT_TRUE(frame.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(ZstdDecompress(*frame, 1'000).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ZstdDecompress(std::string_view(*frame).substr(0, frame->size() - 1), 2'000).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ZstdDecompress("no frame", 1'000).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ZstdDecompress("", 1'000).status()));
}

}  // namespace
}  // namespace weir

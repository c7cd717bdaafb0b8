#include "services/relay/bodies/body_text.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(BodyText, JsonAndStreams) {
  const BodyText json = ReadBodyText("application/json; charset=utf-8", "{}", true);
  EXPECT_EQ(json.text, "{}");
  EXPECT_EQ(json.shape, BodyShape::kText);
  EXPECT_FALSE(json.binary);
  EXPECT_EQ(ReadBodyText("Text/Event-Stream", "data: 1\n\n", true).shape, BodyShape::kEvents);
  EXPECT_EQ(ReadBodyText("", "plain", true).text, "plain");
}

TEST(BodyText, NothingOfWhatIsNoText) {
  for (const auto& [type, bytes] :
       {std::pair("image/png", "PNG"), std::pair("audio/mpeg", "ID3"),
        std::pair("application/json", "\xFF\xFE"), std::pair("", "\xC3(")}) {
    const BodyText body = ReadBodyText(type, bytes, true);
    EXPECT_TRUE(body.binary) << type;
    EXPECT_EQ(body.text, "");
  }
  EXPECT_TRUE(ReadBodyText("text/plain", std::string("a\0b", 3), true).binary);
}

TEST(BodyText, ACutCharacterMakesNoBinary) {
  const BodyText body = ReadBodyText("application/json", "{\"a\":\"\xE2\x82", false);
  EXPECT_FALSE(body.binary);
  EXPECT_EQ(body.text, "{\"a\":\"");
  EXPECT_TRUE(ReadBodyText("application/json", "{\"a\":\"\xE2\x82", true).binary);
}

TEST(BodyText, AFormWithoutItsFiles) {
  std::string form =
      "--x y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
      "Content-Type: audio/mpeg\r\n\r\nID3\xFF";
  form += '\0';
  form +=
      "\r\n--x y\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
      "--x y--\r\n";
  const BodyText body = ReadBodyText("multipart/form-data; boundary=\"x y\"", form, true);
  EXPECT_FALSE(body.binary);
  EXPECT_EQ(body.text,
            "--x y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
            "Content-Type: audio/mpeg\r\n\r\n[5 bytes left out]\r\n"
            "--x y\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
            "--x y--\r\n");
}

TEST(BodyText, AFormThatIsCut) {
  const BodyText body = ReadBodyText(
      "multipart/form-data; boundary=b",
      "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabcdef", false);
  EXPECT_EQ(body.text,
            "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n"
            "[more than 6 bytes left out]\r\n");
  EXPECT_TRUE(ReadBodyText("multipart/form-data", "abc", true).binary);
  EXPECT_TRUE(ReadBodyText("multipart/form-data; boundary=z", "abc", true).binary);
}

}  // namespace
}  // namespace weir::relay

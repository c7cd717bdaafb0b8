#include "services/relay/bodies/body_masker.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir::relay {
namespace {

constexpr std::size_t kPlenty = 1 << 20;
constexpr std::string_view kKey = "sk-ant-api03-abcdefghijKLMNOPQRST0123456789";

MaskedBody Mask(std::string_view text, BodyShape shape = BodyShape::kText,
                std::size_t bytes_max = kPlenty) {
  return BodyMasker({}, /*emails=*/false).Mask(text, shape, {}, bytes_max);
}

TEST(BodyMasker, LeavesAPlainBodyAlone) {
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":"Hi \u00e9\n"}]})";
  const MaskedBody masked = Mask(body);
  EXPECT_EQ(masked.text, body);
  EXPECT_EQ(masked.masked, 0);
  EXPECT_FALSE(masked.cut);
}

TEST(BodyMasker, MasksAndCounts) {
  const MaskedBody masked = Mask(StrCat(R"({"a":")", kKey, R"(","b":"AKIAIOSFODNN7EXAMPLE"})"));
  EXPECT_EQ(masked.text, R"({"a":"[masked]","b":"[masked]"})");
  EXPECT_EQ(masked.masked, 2);
}

TEST(BodyMasker, EscapesHideNothing) {
  std::string escaped;
  for (const char c : kKey) {
    constexpr std::string_view kHex = "0123456789abcdef";
    escaped += "\\u00";
    escaped += kHex[static_cast<unsigned char>(c) >> 4];
    escaped += kHex[static_cast<unsigned char>(c) & 15];
  }
  EXPECT_EQ(Mask(StrCat(R"({"a":"x )", escaped, R"( y"})")).text, R"({"a":"x [masked] y"})");
  EXPECT_EQ(Mask(StrCat(R"({"a":"key:\n)", kKey, R"(\n"})")).text, R"({"a":"key:\n[masked]\n"})");
}

TEST(BodyMasker, NorDoesJsonInJson) {
  EXPECT_EQ(Mask(StrCat(R"({"arguments":"{\"key\":\")", kKey, R"(\\n\"}"})")).text,
            R"({"arguments":"{\"key\":\"[masked]\\n\"}"})");
  EXPECT_EQ(Mask(R"({"a":"{\"b\":\"s\\u006b-abcdefghij0123456789\"}"})").text,
            R"({"a":"{\"b\":\"[masked]\"}"})");
  const std::string pem = R"(-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----)";
  EXPECT_EQ(Mask(StrCat(R"({"a":"{\"b\":\")", pem, R"(\"}"})")).text,
            R"({"a":"{\"b\":\"[masked]\"}"})");
}

std::string Streamed(std::string_view secret, std::size_t piece) {
  std::string stream;
  for (std::size_t at = 0; at < secret.size(); at += piece) {
    StrAppend(stream, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",",
              "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"",
              secret.substr(at, piece), "\"}}\n\n");
  }
  return stream;
}

std::string TextsOf(std::string_view stream) {
  constexpr std::string_view kName = "\"text\":\"";
  std::string texts;
  for (std::size_t at = stream.find(kName); at != std::string_view::npos;
       at = stream.find(kName, at)) {
    at += kName.size();
    texts += stream.substr(at, stream.find('"', at) - at);
  }
  return texts;
}

TEST(BodyMasker, ASecretToldBitByBit) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 20U}) {
    const std::string stream = Streamed(StrCat("key ", kKey, " end"), piece);
    const MaskedBody masked = Mask(stream, BodyShape::kEvents);
    EXPECT_EQ(TextsOf(masked.text), "key [masked] end") << piece;
    EXPECT_EQ(masked.masked, 1) << piece;
  }
}

TEST(BodyMasker, AStreamThatBreaksOffLeaksNoHalf) {
  const std::string stream = Streamed(StrCat("key ", kKey), 14);
  const std::string_view first = std::string_view(stream).substr(0, stream.find("\n\n") + 2);
  ASSERT_EQ(TextsOf(first), "key sk-ant-api");
  EXPECT_EQ(TextsOf(Mask(first, BodyShape::kEvents).text), "key [masked]");
  EXPECT_EQ(TextsOf(Mask(stream.substr(0, stream.size() - 3), BodyShape::kEvents).text),
            "key [masked]");
  EXPECT_EQ(TextsOf(Mask(R"([{"parts":[{"text":"key sk-abcdef"}]}])").text), "key [masked]");
}

TEST(BodyMasker, AlsoInArgumentsAndInGeminisArray) {
  const std::string stream =
      R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"k\":\"sk-abcd"}}]}}]})"
      "\n\n"
      R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"efghij0123456789\"}"}}]}}]})"
      "\n\n";
  const std::string masked = Mask(stream, BodyShape::kEvents).text;
  EXPECT_EQ(masked.find("abcd"), std::string::npos) << masked;
  EXPECT_EQ(masked.find("0123456789"), std::string::npos) << masked;
  const std::string array =
      R"([{"candidates":[{"content":{"parts":[{"text":"sk-abcdef"}]}}]}
,
{"candidates":[{"content":{"parts":[{"text":"ghij0123456789 ok"}]}}]}])";
  EXPECT_EQ(TextsOf(Mask(array).text), "[masked] ok");
}

TEST(BodyMasker, FirstMaskedThenCut) {
  const std::string body = StrCat("0123456789 ", kKey, " tail");
  for (std::size_t bytes_max = 0; bytes_max <= body.size(); ++bytes_max) {
    const MaskedBody masked = Mask(body, BodyShape::kText, bytes_max);
    EXPECT_LE(masked.text.size(), bytes_max);
    EXPECT_EQ(masked.text.find("sk-"), std::string::npos) << masked.text;
    EXPECT_EQ(masked.cut, bytes_max < body.size()) << bytes_max;
  }
}

TEST(BodyMasker, ACutBodyLeaksNoHalf) {
  const std::string body = StrCat(R"({"a":"one \u00e9 )", kKey, R"( two"})");
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string cut(WithoutHalfCharacter(std::string_view(body).substr(0, size)));
    const std::string masked = Mask(cut).text;
    EXPECT_EQ(masked.find("sk-"), std::string::npos) << masked;
  }
}

TEST(BodyMasker, StaysUtf8) {
  const std::string body = StrCat("\u20ac\u20ac ", kKey, " \U0001F600\u00e9\u00e9");
  for (std::size_t bytes_max = 0; bytes_max <= body.size(); ++bytes_max) {
    EXPECT_TRUE(IsValidUtf8(Mask(body, BodyShape::kText, bytes_max).text)) << bytes_max;
  }
}

TEST(BodyMasker, OwnPatternsAndEmails) {
  const BodyMasker masker({R"(\b\d{4}-\d{4}\b)", R"((?i)name: (\w+))"}, /*emails=*/true);
  const MaskedBody masked =
      masker.Mask(R"({"a":"1234-5678, Name: Ann ann@example.org"})", BodyShape::kText, {}, kPlenty);
  EXPECT_EQ(masked.text, R"({"a":"[masked], Name: [masked] [masked]"})");
  EXPECT_EQ(masked.masked, 3);
}

TEST(BodyMasker, LeavesNoHalfEscape) {
  const BodyMasker masker({"9+"}, /*emails=*/true);
  EXPECT_EQ(masker.Mask(R"({"a":"x\nann@example.org y"})", BodyShape::kText, {}, kPlenty).text,
            R"({"a":"x[masked] y"})");
  EXPECT_EQ(masker.Mask(R"({"a":"\u00e9\u2099z"})", BodyShape::kText, {}, kPlenty).text,
            R"({"a":"[masked][masked]z"})");
}

TEST(BodyMasker, TheRequestsOwnSecrets) {
  const std::vector<Secret> secrets = {Secret("my/own/key"), Secret("")};
  const MaskedBody masked = BodyMasker({}, false).Mask(
      R"({"error":"bad key my\/own\/key, my/own/key"})", BodyShape::kText, secrets, kPlenty);
  EXPECT_EQ(masked.text, R"({"error":"bad key [masked], [masked]"})");
}

TEST(WithoutHalfCharacter, OfACharacterOrAnEscape) {
  EXPECT_EQ(WithoutHalfCharacter(""), "");
  EXPECT_EQ(WithoutHalfCharacter("abc"), "abc");
  EXPECT_EQ(WithoutHalfCharacter("menu123"), "menu123");
  EXPECT_EQ(WithoutHalfCharacter("a\xE2\x82"), "a");
  EXPECT_EQ(WithoutHalfCharacter("a\xE2\x82\xAC"), "a\xE2\x82\xAC");
  EXPECT_EQ(WithoutHalfCharacter("a\xF0"), "a");
  EXPECT_EQ(WithoutHalfCharacter("a\\"), "a");
  EXPECT_EQ(WithoutHalfCharacter("a\\u"), "a");
  EXPECT_EQ(WithoutHalfCharacter("a\\u00e"), "a");
  EXPECT_EQ(WithoutHalfCharacter("a\\\\u00"), "a");
}

}  // namespace
}  // namespace weir::relay

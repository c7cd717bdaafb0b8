#include "services/relay/metering/delta_envelope.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/metering/answer_meter.h"

namespace weir::relay {
namespace {

std::optional<std::size_t> After(std::string_view learned, std::string_view data) {
  DeltaEnvelope envelope;
  envelope.Learn(learned, DeltaText(learned));
  return envelope.TextBytes(data);
}

TEST(DeltaTextTest, IsTheLongestUnderOneOfItsKeys) {
  EXPECT_EQ(DeltaText(R"({"type":"text_delta","text":"ab"})"), "ab");
  EXPECT_EQ(DeltaText(R"({"content":"","reasoning_content" : "a\"b"})"), R"(a\"b)");
  EXPECT_EQ(DeltaText(R"({"content":null,"arguments":"{\"text\":\"much longer\"}"})"),
            R"({\"text\":\"much longer\"})");
  EXPECT_EQ(DeltaText(R"({"x":"\\","text":"a\\"})"), R"(a\\)");
  EXPECT_EQ(DeltaText(R"({"x":"text","y":["content"],"text":5})").data(), nullptr);
  EXPECT_EQ(DeltaText(R"({"text":"broken off)"), "broken off");
  EXPECT_EQ(DeltaText(R"({"text)").data(), nullptr);
  EXPECT_EQ(DeltaText("").data(), nullptr);
}

TEST(DeltaEnvelopeTest, TakesWhatDiffersInItsTextAlone) {
  const std::string_view first = R"({"i":0,"delta":{"text":"Hello"},"usage":null})";
  EXPECT_EQ(After(first, R"({"i":0,"delta":{"text":"Hello"},"usage":null})"), 5U);
  EXPECT_EQ(After(first, R"({"i":0,"delta":{"text":""},"usage":null})"), 0U);
  EXPECT_EQ(After(first, R"({"i":0,"delta":{"text":"a\"},\"usage\":{\\"},"usage":null})"), 18U);
  for (const std::string_view other :
       {R"({"i":1,"delta":{"text":"Hello"},"usage":null})",
        R"({"i":0,"delta":{"text":"Hello"},"usage":{"output_tokens":1}})",
        R"({"i":0,"delta":{"text":"Hello"},"usage":null} )",
        R"({"i":0,"delta":{"text":"a"},"error":{},"x":{"text":"b"},"usage":null})",
        R"({"i":0,"delta":{"text":"Hello\"},"usage":null})", R"({"i":0,"delta":{"text":"Hel)",
        R"({"i":0,"delta":{"text":")", R"({"i":0)", ""}) {
    EXPECT_EQ(After(first, other), std::nullopt) << other;
  }
  EXPECT_EQ(DeltaEnvelope().TextBytes(first), std::nullopt);
  EXPECT_EQ(After(R"({"type":"ping"})", R"({"type":"ping"})"), std::nullopt);
}

TEST(DeltaEnvelopeTest, PaddingMayDiffer) {
  const std::string_view first = R"({"delta":{"content":"a"},"usage":null,"obfuscation":"xY1"})";
  EXPECT_EQ(After(first, R"({"delta":{"content":"ab"},"usage":null,"obfuscation":"0"})"), 2U);
  EXPECT_EQ(After(first, R"({"delta":{"content":"ab"},"usage":null,"obfuscation":""})"), 2U);
  for (const std::string_view other :
       {R"({"delta":{"content":"ab"},"usage":null,"obfuscation":"a","error":{}})",
        R"({"delta":{"content":"ab"},"usage":null,"obfuscation":"a\"}"}")",
        R"({"delta":{"content":"ab"},"usage":null,"obfuscation":"a")",
        R"({"delta":{"content":"ab"},"usage":null,"obfuscation":")",
        R"({"delta":{"content":"ab"},"usage":{},"obfuscation":"a"})"}) {
    EXPECT_EQ(After(first, other), std::nullopt) << other;
  }
}

// What the envelope lets pass without a look must be what a look would have found.
TEST(DeltaEnvelopeTest, AMeterCountsTheSameWithAndWithoutIt) {
  const std::vector<std::string> before = {R"({"id":"c","choices":[{"delta":{"content":")",
                                           R"({"choices":[{"delta":{"reasoning_content":")"};
  const std::vector<std::string> texts = {
      "", "word", R"(\")", R"(\\)", R"(a\\\"b)", "\\u00e9", R"({\"usage\":{\"prompt_tokens\":1}})"};
  const std::vector<std::string> behind = {
      R"("}}]})",
      R"("}}],"usage":null})",
      R"("}}],"usage":null,"obfuscation":"abc"})",
      R"("}}],"usage":{"prompt_tokens":5,"completion_tokens":7}})",
      R"("}}],"usage":{"prompt_tokens":5,"completion_tokens":8}})",
      R"("}}],"error":null})"};
  std::mt19937 random(4);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[random() % from.size()];
  };
  for (int round = 0; round < 500; ++round) {
    AnswerMeter meter(Dialect::kOpenAiChat, true);
    std::size_t text_bytes = 0;
    TokenCounts told;
    bool reported = false;
    for (int i = 0; i < 20; ++i) {
      const std::string data = pick(before) + pick(texts) + pick(behind);
      text_bytes += DeltaText(data).size();
      AnswerMeter alone(Dialect::kOpenAiChat, true);
      EXPECT_EQ(meter.OnEvent({{}, {}, data}), alone.OnEvent({{}, {}, data}));
      if (alone.source() == UsageSource::kReported) {
        told = alone.Tokens(0);
        reported = true;
      }
    }
    EXPECT_FALSE(meter.failed());
    if (!reported) told.output = static_cast<std::int64_t>((text_bytes + 3) / 4);
    EXPECT_EQ(meter.Tokens(0), told) << "round " << round;
  }
}

}  // namespace
}  // namespace weir::relay

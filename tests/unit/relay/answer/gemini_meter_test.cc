// Gemini's answers, as they are read on the way.
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/metering/answer_filter.h"
#include "services/relay/metering/answer_meter.h"
#include "services/relay/metering/gemini_events.h"
#include "services/relay/metering/usage_parse.h"

namespace weir::relay {
namespace {

constexpr std::string_view kFirst =
    R"(data: {"candidates":[{"content":{"parts":[{"text":"say \"finishReason\":\"STOP\""}]},)"
    R"("index":0}],"usageMetadata":{"promptTokenCount":50,"totalTokenCount":50},)"
    R"("modelVersion":"gemini-x","responseId":"r1"})"
    "\r\n\r\n";
constexpr std::string_view kLast =
    R"(data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{)"
    R"("finishReason":"no"}}}]},"finishReason":"STOP","index":0}],"usageMetadata":{)"
    R"("promptTokenCount":50,"cachedContentTokenCount":40,"toolUsePromptTokenCount":3,)"
    R"("candidatesTokenCount":9,"thoughtsTokenCount":4,"totalTokenCount":66}})"
    "\r\n\r\n";
const TokenCounts kTold{13, 40, 0, 0, 13, 4};

AnswerMeter Read(std::string_view stream) {
  AnswerMeter meter(Dialect::kGemini, /*hide_usage=*/true);
  AnswerFilter filter(/*event_stream=*/true, &meter);
  EXPECT_EQ(filter.Feed(stream), stream) << "all of it passes";
  return meter;
}

TEST(GeminiMeter, EndsWithTheReasonOfItsCandidates) {
  EXPECT_FALSE(Read(kFirst).terminal()) << "what a model says is no reason";
  const AnswerMeter meter = Read(StrCat(kFirst, kLast));
  EXPECT_TRUE(meter.terminal());
  EXPECT_FALSE(meter.failed());
  EXPECT_EQ(meter.Tokens(100), kTold);
  EXPECT_EQ(meter.source(), UsageSource::kReported);
  EXPECT_TRUE(Read("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n").terminal());
  EXPECT_TRUE(Read("data: {\"error\":{\"code\":503}}\n\n").failed());
}

TEST(GeminiMeter, EachCandidateHasToEnd) {
  constexpr std::string_view kBoth = "data: {\"candidates\":[{\"index\":0},{\"index\":1}]}\n\n";
  constexpr std::string_view kOne =
      "data: {\"candidates\":[{\"index\":1,\"finishReason\":\"STOP\"}]}\n\n";
  constexpr std::string_view kOther =
      "data: {\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}\n\n";
  EXPECT_FALSE(Read(StrCat(kBoth, kOne)).terminal());
  EXPECT_TRUE(Read(StrCat(kBoth, kOne, kOther)).terminal());
  const GeminiChunk chunk = ReadGeminiChunk(
      R"({"candidates":[{"index":70,"finishReason":"FINISH_REASON_UNSPECIFIED"},{}]})");
  EXPECT_EQ(chunk.candidates, (std::uint64_t{1} << 63) | 1U);
  EXPECT_EQ(chunk.finished, 0U);
}

TEST(GeminiMeter, AnyCutIsReadAlike) {
  const std::string stream = StrCat(kFirst, kLast);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    AnswerMeter meter(Dialect::kGemini, /*hide_usage=*/false);
    AnswerFilter filter(/*event_stream=*/true, &meter);
    std::string passed(filter.Feed(std::string_view(stream).substr(0, cut)));
    passed += filter.Feed(std::string_view(stream).substr(cut));
    EXPECT_EQ(passed, stream) << cut;
    EXPECT_TRUE(meter.terminal()) << cut;
    EXPECT_EQ(meter.Tokens(100), kTold) << cut;
  }
}

TEST(GeminiMeter, AnArrayTellsInEachOfItsParts) {
  const std::string array =
      R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{)"
      R"("promptTokenCount":5}},)"
      "\r\n"
      R"({"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6}}])";
  for (std::size_t cut = 0; cut <= array.size(); ++cut) {
    AnswerMeter meter(Dialect::kGemini, /*hide_usage=*/false);
    meter.OnBody(std::string_view(array).substr(0, cut));
    EXPECT_EQ(meter.body_complete(), cut == array.size());
    meter.OnBody(std::string_view(array).substr(cut));
    meter.OnBodyEnd();
    EXPECT_TRUE(meter.body_complete());
    EXPECT_EQ(meter.Tokens(100), (TokenCounts{5, 0, 0, 0, 6, 0})) << cut;
  }
}

// Whatever is reported, the classes are disjoint and add up to it.
TEST(GeminiMeter, ClassesAddUpToWhatWasReported) {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same cases each time
  std::uniform_int_distribution<std::int64_t> any(0, 100'000);
  for (int i = 0; i < 2'000; ++i) {
    const std::int64_t cached = any(random);
    const std::int64_t prompt = cached + any(random);
    const std::int64_t tools = any(random);
    const std::int64_t said = any(random) + 1;
    const std::int64_t thought = any(random);
    UsageFigures figures;
    const UsageTold told =
        ParseUsage(Dialect::kGemini,
                   StrCat(R"({"promptTokenCount":)", prompt, R"(,"cachedContentTokenCount":)",
                          cached, R"(,"toolUsePromptTokenCount":)", tools,
                          R"(,"candidatesTokenCount":)", said, R"(,"thoughtsTokenCount":)", thought,
                          R"(,"totalTokenCount":)", prompt + tools + said + thought, "}"),
                   figures);
    EXPECT_TRUE(told.input && told.output);
    const TokenCounts tokens = TokensOf(Dialect::kGemini, figures);
    EXPECT_EQ(TotalInputTokens(tokens) + tokens.output, prompt + tools + said + thought);
    EXPECT_EQ(tokens,
              (TokenCounts{prompt - cached + tools, cached, 0, 0, said + thought, thought}));
  }
  UsageFigures early;
  EXPECT_FALSE(
      ParseUsage(Dialect::kGemini, R"({"promptTokenCount":5,"totalTokenCount":5})", early).output)
      << "what has been said so far is not told";
}

TEST(GeminiMeter, ABudgetEndsWhatIsOpen) {
  AnswerMeter meter(Dialect::kGemini, /*hide_usage=*/false);
  meter.KeepFirstChunk();
  AnswerFilter filter(/*event_stream=*/true, &meter);
  filter.Feed(kFirst);
  EXPECT_EQ(meter.Ending(1, false, {10, 5, 0, 0, 4, 1}),
            R"(data: {"candidates":[{"content":{"parts":[],"role":"model"},"finishReason":)"
            R"("MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":15,)"
            R"("cachedContentTokenCount":5,"candidatesTokenCount":3,"thoughtsTokenCount":1,)"
            R"("totalTokenCount":19},"modelVersion":"gemini-x","responseId":"r1"})"
            "\r\n\r\n");
}

// Zeros are left out.
TEST(GeminiMeter, ABlockedPromptCostsWhatItTells) {
  AnswerMeter meter(Dialect::kGemini, /*hide_usage=*/true);
  meter.OnBody(R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{)"
               R"("promptTokenCount":7,"totalTokenCount":7}})");
  meter.OnBodyEnd();
  EXPECT_EQ(meter.Tokens(100).output, 0);
  EXPECT_EQ(meter.source(), UsageSource::kReported);
}

}  // namespace
}  // namespace weir::relay

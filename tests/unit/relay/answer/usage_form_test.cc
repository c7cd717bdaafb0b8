// The kinds of answers beside text: what they tell, how their streams end, what is estimated.
#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "services/relay/dialects/sse.h"
#include "services/relay/metering/answer_meter.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kEstimatedInput = 100;

AnswerMeter Body(UsageForm form, std::string_view body, bool opaque = false) {
  AnswerMeter meter(Dialect::kOpenAiChat, false, form);
  if (opaque) meter.SetOpaque();
  meter.OnBody(body);
  meter.OnBodyEnd();
  return meter;
}

AnswerMeter Stream(UsageForm form, std::string_view stream) {
  AnswerMeter meter(Dialect::kOpenAiChat, false, form);
  SseEvent event;
  std::string joined;
  while (NextSseEvent(stream, event, joined)) {
    EXPECT_FALSE(meter.terminal()) << "an end before the last event";
    meter.OnEvent(event);
  }
  return meter;
}

TEST(UsageFormTest, EmbeddingsTellTheirInputAndHaveNoOutput) {
  const AnswerMeter meter =
      Body(UsageForm::kEmbeddings,
           R"({"data":[{"embedding":"AAAA"}],"usage":{"prompt_tokens":8,"total_tokens":8}})");
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{8, 0, 0, 0, 0, 0}));
  EXPECT_EQ(meter.source(), UsageSource::kReported);
}

TEST(UsageFormTest, ARerankersTotalIsItsInput) {
  const std::string_view body = R"({"results":[],"usage":{"total_tokens":38}})";
  EXPECT_EQ(Body(UsageForm::kEmbeddings, body).Tokens(1), (TokenCounts{38, 0, 0, 0, 0, 0}));
  EXPECT_EQ(Body(UsageForm::kEmbeddings, body).source(), UsageSource::kReported);
  EXPECT_EQ(Body(UsageForm::kText, body).source(), UsageSource::kEstimated);
}

TEST(UsageFormTest, ModerationsAreEstimatedByWhatWentIn) {
  const AnswerMeter meter =
      Body(UsageForm::kEmbeddings, R"({"id":"modr-1","results":[{"flagged":false}]})");
  EXPECT_TRUE(meter.body_complete());
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{100, 0, 0, 0, 0, 0}));
  EXPECT_EQ(meter.source(), UsageSource::kEstimated);
}

TEST(UsageFormTest, PicturesTellTokensOrAreCounted) {
  const AnswerMeter told =
      Body(UsageForm::kImages,
           R"({"data":[{"b64_json":"AAAA"}],"usage":{"total_tokens":1106,"input_tokens":50,)"
           R"("output_tokens":1056,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}})");
  EXPECT_EQ(told.Tokens(kEstimatedInput), (TokenCounts{50, 0, 0, 0, 1056, 0}));
  EXPECT_EQ(told.source(), UsageSource::kReported);
  const AnswerMeter counted =
      Body(UsageForm::kImages, R"({"created":1,"data":[{"url":"a"},{"url":"b","x":{"y":[{}]}}]})");
  EXPECT_EQ(counted.Tokens(kEstimatedInput), (TokenCounts{100, 0, 0, 0, 2 * kTokensPerPicture, 0}));
  EXPECT_EQ(counted.source(), UsageSource::kEstimated);
}

TEST(UsageFormTest, APictureStreamEndsWithItsCompletedEvent) {
  constexpr std::string_view kPartial =
      "event: image_generation.partial_image\n"
      R"(data: {"type":"image_generation.partial_image","b64_json":"AA"})"
      "\n\n";
  const AnswerMeter cut = Stream(UsageForm::kImages, kPartial);
  EXPECT_FALSE(cut.terminal());
  const std::string whole =
      std::string(kPartial) +
      "event: image_generation.completed\n"
      R"(data: {"usage":{"input_tokens":5,"output_tokens":7},"type":"image_generation.completed"})"
      "\n\n";
  const AnswerMeter meter = Stream(UsageForm::kImages, whole);
  EXPECT_TRUE(meter.terminal());
  EXPECT_EQ(meter.Tokens(1), (TokenCounts{5, 0, 0, 0, 7, 0}));
  // In a chat such a word is a text like any other.
  EXPECT_FALSE(Stream(UsageForm::kText, whole).terminal());
}

constexpr std::string_view kCompleted =
    R"(data: {"type":"image_generation.completed","usage":{"input_tokens":5,"output_tokens":7}})"
    "\n\n";
constexpr std::string_view kUntold = "data: {\"type\":\"image_generation.completed\"}\n\n";

AnswerMeter Pictures(std::int64_t asked, std::initializer_list<std::string_view> events) {
  AnswerMeter meter(Dialect::kOpenAiChat, false, UsageForm::kImages);
  meter.SetAsked(asked);
  SseEvent event;
  std::string joined;
  for (std::string_view text : events) {
    EXPECT_FALSE(meter.terminal()) << "an end before the last picture";
    EXPECT_TRUE(NextSseEvent(text, event, joined));
    meter.OnEvent(event);
  }
  return meter;
}

TEST(UsageFormTest, EachPictureOfAStreamIsMetered) {
  const AnswerMeter three = Pictures(3, {kCompleted, kCompleted, kCompleted});
  EXPECT_TRUE(three.terminal());
  EXPECT_EQ(three.Tokens(1), (TokenCounts{15, 0, 0, 0, 21, 0}));
  EXPECT_EQ(three.source(), UsageSource::kReported);
  EXPECT_TRUE(Pictures(-1, {kCompleted}).terminal()) << "who names no number asks for one";
}

TEST(UsageFormTest, APictureThatTellsNothingIsEstimatedBesideThoseThatDo) {
  for (const AnswerMeter& meter :
       {Pictures(2, {kCompleted, kUntold}), Pictures(2, {kUntold, kCompleted})}) {
    EXPECT_TRUE(meter.terminal());
    EXPECT_EQ(meter.Tokens(1), (TokenCounts{5, 0, 0, 0, 7 + kTokensPerPicture, 0}));
    EXPECT_EQ(meter.source(), UsageSource::kEstimated);
  }
}

TEST(UsageFormTest, FewerPicturesThanAskedAreWholeOnlyWhenTheirSenderHasFinished) {
  AnswerMeter meter = Pictures(3, {kCompleted, kCompleted});
  EXPECT_FALSE(meter.terminal());
  meter.OnStreamEnd();
  EXPECT_TRUE(meter.terminal());
  EXPECT_EQ(meter.Tokens(1), (TokenCounts{10, 0, 0, 0, 14, 0}));
  AnswerMeter none = Pictures(3, {});
  none.OnStreamEnd();
  EXPECT_FALSE(none.terminal());
}

TEST(UsageFormTest, TranscriptsTellTokensOrSeconds) {
  const AnswerMeter tokens =
      Body(UsageForm::kTranscript,
           R"({"text":"hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":45,)"
           R"("input_token_details":{"text_tokens":0,"audio_tokens":14},"total_tokens":59}})");
  EXPECT_EQ(tokens.Tokens(1), (TokenCounts{14, 0, 0, 0, 45, 0}));
  for (const auto& [seconds, counted] :
       {std::pair{"9", 9}, std::pair{"9.01", 10}, std::pair{"0", 0}}) {
    const AnswerMeter meter =
        Body(UsageForm::kTranscript,
             std::string(R"({"text":"hi","usage":{"type":"duration","seconds":)") + seconds + "}}");
    EXPECT_EQ(meter.Tokens(1), (TokenCounts{counted, 0, 0, 0, 0, 0}));
    EXPECT_EQ(meter.source(), UsageSource::kReported);
  }
}

TEST(UsageFormTest, ATranscriptAsTextIsWholeByItsFraming) {
  const AnswerMeter meter =
      Body(UsageForm::kTranscript, "1\n00:00:00,000 --> 00:00:02,000\n{hi\n", /*opaque=*/true);
  EXPECT_TRUE(meter.body_complete());
  EXPECT_EQ(meter.Tokens(60), (TokenCounts{60, 0, 0, 0, 0, 0}));
  EXPECT_EQ(meter.source(), UsageSource::kEstimated);
}

TEST(UsageFormTest, ATranscriptStreamEndsWithItsDoneEvent) {
  const AnswerMeter meter = Stream(
      UsageForm::kTranscript,
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"I said \\\"transcript.text.done\\\"\"}"
      "\n\ndata: {\"type\":\"transcript.text.done\",\"text\":\"x\",\"usage\":{\"type\":\"tokens\","
      "\"input_tokens\":3,\"output_tokens\":2}}\n\n");
  EXPECT_TRUE(meter.terminal());
  EXPECT_EQ(meter.Tokens(1), (TokenCounts{3, 0, 0, 0, 2, 0}));
}

TEST(UsageFormTest, SpeechIsEstimatedByItsText) {
  const AnswerMeter meter = Body(UsageForm::kSpeech, "ID3\x04sound", /*opaque=*/true);
  EXPECT_TRUE(meter.body_complete());
  EXPECT_EQ(meter.Tokens(20), (TokenCounts{20, 0, 0, 0, 20 * kSpokenPerTextToken, 0}));
  EXPECT_EQ(meter.source(), UsageSource::kEstimated);
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/metering/answer_meter.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/dialects/sse.h"

namespace weir::relay {
namespace {

using Verdict = AnswerMeter::Verdict;
constexpr std::int64_t kEstimatedInput = 100;

// Feeds a whole stream; returns how many events were dropped.
int Feed(AnswerMeter& meter, std::string_view stream) {
  int dropped = 0;
  SseEvent event;
  std::string joined;
  while (NextSseEvent(stream, event, joined)) {
    if (meter.OnEvent(event) == Verdict::kDrop) ++dropped;
  }
  EXPECT_TRUE(stream.empty());
  return dropped;
}

constexpr std::string_view kMessageStart =
    "event: message_start\n"
    R"(data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",)"
    R"("model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":25,)"
    R"("cache_creation_input_tokens":50,"cache_read_input_tokens":1000,)"
    R"("cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":30},)"
    R"("output_tokens":1}}})"
    "\n\n";
constexpr std::string_view kDeltas =
    "event: content_block_start\n"
    R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
    "\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n"
    "event: content_block_delta\n"
    R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"12345678"}})"
    "\n\nevent: content_block_delta\n"
    R"(data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta",)"
    R"("partial_json":"{\"usage\":{\"output_tokens\":9}"}})"
    "\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
constexpr std::string_view kMessageDelta =
    "event: message_delta\n"
    R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
    R"("usage":{"output_tokens":15}})"
    "\n\n";
constexpr std::string_view kMessageStop =
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

AnswerMeter Anthropic(std::vector<std::string_view> parts) {
  AnswerMeter meter(Dialect::kAnthropicMessages, /*hide_usage=*/true);
  for (const std::string_view part : parts) EXPECT_EQ(Feed(meter, part), 0);
  return meter;
}

TEST(AnthropicMeterTest, ReadsAWholeStream) {
  const AnswerMeter meter = Anthropic({kMessageStart, kDeltas, kMessageDelta, kMessageStop});
  EXPECT_TRUE(meter.terminal());
  EXPECT_FALSE(meter.failed());
  EXPECT_EQ(meter.source(), UsageSource::kReported);
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{25, 1000, 20, 30, 15, 0}));
}

TEST(AnthropicMeterTest, WhatStandsBehindTheEndIsNobodysAnswer) {
  AnswerMeter meter = Anthropic({kMessageStart, kDeltas, kMessageDelta, kMessageStop});
  const TokenCounts told = meter.Tokens(kEstimatedInput);
  const std::uint64_t text_bytes = meter.text_bytes();
  EXPECT_GT(Feed(meter, kDeltas), 0);
  EXPECT_EQ(Feed(meter, kMessageDelta), 1);
  EXPECT_EQ(meter.Tokens(kEstimatedInput), told);
  EXPECT_EQ(meter.text_bytes(), text_bytes);
  EXPECT_TRUE(meter.terminal());
}

TEST(AnthropicMeterTest, TheDeltaOverwritesTheStart) {
  const AnswerMeter meter = Anthropic(
      {kMessageStart,
       "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":26,"
       "\"cache_read_input_tokens\":1001,\"cache_creation_input_tokens\":null,"
       "\"output_tokens\":3}}\n\n",
       "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":40,"
       "\"output_tokens_details\":{\"thinking_tokens\":12}}}\n\n",
       kMessageStop});
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{26, 1001, 20, 30, 40, 12}));
}

TEST(AnthropicMeterTest, ACutStreamIsEstimatedFromWhatPassed) {
  const AnswerMeter cut = Anthropic({kMessageStart, kDeltas});
  EXPECT_FALSE(cut.terminal());
  EXPECT_EQ(cut.source(), UsageSource::kOutputEstimated);
  const TokenCounts tokens = cut.Tokens(kEstimatedInput);
  EXPECT_EQ(tokens.input, 25);  // that much was told
  EXPECT_EQ(tokens.cache_read, 1000);
  EXPECT_GE(tokens.output, 8 / 4 + 28 / 4);
  EXPECT_LE(tokens.output, 12);

  const AnswerMeter nothing = Anthropic({});
  EXPECT_EQ(nothing.source(), UsageSource::kEstimated);
  EXPECT_EQ(nothing.Tokens(kEstimatedInput), (TokenCounts{100, 0, 0, 0, 0, 0}));
  EXPECT_EQ(Anthropic({kMessageStart}).Tokens(kEstimatedInput).output, 1);  // as promised
}

TEST(AnthropicMeterTest, AnErrorEventIsAFailure) {
  const AnswerMeter meter = Anthropic(
      {kMessageStart,
       "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n"});
  EXPECT_TRUE(meter.failed());
  EXPECT_FALSE(meter.terminal());
}

TEST(AnthropicMeterTest, TextThatLooksLikeUsageIsText) {
  const AnswerMeter meter = Anthropic(
      {kMessageStart,
       "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":"
       "\"event: message_stop\\n\\n\\\"usage\\\":{\\\"output_tokens\\\":1}\"},"
       "\"usage\":{\"output_tokens\":999}}\n\n"});
  EXPECT_FALSE(meter.terminal());
  EXPECT_EQ(meter.source(), UsageSource::kOutputEstimated);
  EXPECT_LT(meter.Tokens(0).output, 100);
}

TEST(AnthropicMeterTest, EachKindOfDeltaCounts) {
  for (const std::string_view delta :
       {R"({"delta":{"type":"text_delta","text":"1234567890123456"}})",
        R"({"delta": {"type": "text_delta", "text": "1234567890123456"}})",
        R"({"delta":{"thinking":"1234567890123456"}})",
        R"({"delta":{"partial_json":"1234567890123456"}})"}) {
    const AnswerMeter meter =
        Anthropic({"event: content_block_delta\ndata: " + std::string(delta) + "\n\n"});
    EXPECT_EQ(meter.Tokens(0).output, 4) << delta;
  }
}

AnswerMeter OpenAi(std::string_view stream, bool hide_usage, int dropped) {
  AnswerMeter meter(Dialect::kOpenAiChat, hide_usage);
  EXPECT_EQ(Feed(meter, stream), dropped) << stream;
  return meter;
}

constexpr std::string_view kChunks =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
    "\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12345678\"}}],"
    "\"usage\":null}\n\n";
constexpr std::string_view kDone = "data: [DONE]\n\n";

std::string UsageChunk(std::string_view choices) {
  return "data: {\"id\":\"c\",\"choices\":" + std::string(choices) +
         ",\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":9,"
         "\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n";
}

TEST(OpenAiMeterTest, TheUsageChunkPassesWhenAskedFor) {
  const std::string stream = std::string(kChunks) + UsageChunk("[]") + std::string(kDone);
  for (const bool hidden : {false, true}) {
    const AnswerMeter meter = OpenAi(stream, hidden, hidden ? 1 : 0);
    EXPECT_TRUE(meter.terminal());
    EXPECT_EQ(meter.source(), UsageSource::kReported);
    EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{16, 4, 0, 0, 9, 0}));
  }
}

TEST(OpenAiMeterTest, OnlyAChunkOfUsageAloneIsDropped) {
  for (const std::string_view none : {"[]", "[ ]", " [] ", "[\t]"}) {
    OpenAi(UsageChunk(none), /*hide_usage=*/true, 1);
  }
  // DeepSeek and others tell usage with the last choice: that is the client's.
  OpenAi(UsageChunk(R"([{"index":0,"delta":{"content":""},"finish_reason":"stop"}])"), true, 0);
  OpenAi(UsageChunk(R"([{"index":0,"delta":{"tool_calls":[]}}])"), true, 0);
  OpenAi(UsageChunk(R"([{"delta":{"content":"\"choices\":[]"}}])"), true, 0);
  // Azure's first chunk has no choices and no usage.
  OpenAi("data: {\"choices\":[],\"prompt_filter_results\":[{}],\"usage\":null}\n\n", true, 0);
  OpenAi("data: {\"choices\":[],\"usage\":{}}\n\n", true, 0);
  OpenAi(kDone, true, 0);
}

TEST(OpenAiMeterTest, FiguresInEachChunkAreCumulative) {
  std::string stream;
  for (int i = 1; i <= 5; ++i) {
    stream +=
        "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":7,"
        "\"completion_tokens\":" +
        std::to_string(i) + "}}\n\n";
  }
  EXPECT_EQ(OpenAi(stream, true, 0).Tokens(0), (TokenCounts{7, 0, 0, 0, 5, 0}));
}

TEST(OpenAiMeterTest, ACutStreamIsEstimatedFromWhatPassed) {
  const AnswerMeter meter = OpenAi(kChunks, true, 0);
  EXPECT_FALSE(meter.terminal());
  EXPECT_EQ(meter.source(), UsageSource::kEstimated);
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{100, 0, 0, 0, 2, 0}));
}

std::string EndOf(int index, std::string_view reason) {
  return StrCat(R"(data: {"choices":[{"index":)", index, R"(,"delta":{},"finish_reason":)", reason,
                "}]}\n\n");
}

TEST(OpenAiMeterTest, AStreamWhoseLastEventIsMissingWasToldWhenItSaidWhyItEnds) {
  const std::string told = StrCat(kChunks, EndOf(0, "\"stop\""));
  const AnswerMeter meter = OpenAi(told, true, 0);
  EXPECT_TRUE(meter.terminal());
  EXPECT_FALSE(meter.over()) << "usage may come yet";
  const AnswerMeter with_usage = OpenAi(StrCat(told, UsageChunk("[]")), true, 1);
  EXPECT_TRUE(with_usage.terminal());
  EXPECT_EQ(with_usage.Tokens(kEstimatedInput), (TokenCounts{16, 4, 0, 0, 9, 0}));
  EXPECT_TRUE(OpenAi(StrCat(told, kDone), true, 0).over());
  // In the chunk of the last text; by servers that name no choice.
  EXPECT_TRUE(OpenAi("data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},"
                     "\"finish_reason\" : \"length\"}]}\n\n",
                     false, 0)
                  .terminal());
  for (const std::string_view none : {"null", "\"\"", "{\"a\":\"b\"}"}) {
    EXPECT_FALSE(OpenAi(StrCat(kChunks, EndOf(0, none)), true, 0).terminal()) << none;
  }
  // Neither is what the model writes, or passes to its tools, a reason.
  EXPECT_FALSE(OpenAi("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                      "\"\\\"finish_reason\\\":\\\"stop\\\"\",\"tool_calls\":[{\"function\":"
                      "{\"arguments\":{\"finish_reason\":\"stop\"}}}]}}]}\n\n",
                      false, 0)
                   .terminal());
}

TEST(OpenAiMeterTest, AllChoicesThatWereAskedForSayWhyTheyEnd) {
  AnswerMeter meter(Dialect::kOpenAiChat, /*hide_usage=*/true);
  meter.SetAsked(3);
  Feed(meter, StrCat(kChunks, EndOf(2, "\"stop\""), EndOf(0, "\"length\"")));
  EXPECT_FALSE(meter.terminal());
  const AnswerMeter::Mark mark = meter.mark();
  Feed(meter, EndOf(1, "\"stop\""));
  EXPECT_TRUE(meter.terminal());
  meter.GoBack(mark);
  EXPECT_FALSE(meter.terminal()) << "the client has not got the last one";
}

TEST(OpenAiMeterTest, EachKindOfDeltaCounts) {
  for (
      const std::string_view delta :
      {R"({"content":"1234567890123456"})", R"({"content" : "1234567890123456"})",
       R"({"content":"","reasoning_content":"1234567890123456"})",
       R"({"content":null,"reasoning_content":"1234567890123456"})",
       R"({"content":"","tool_calls":[{"function":{"name":"f","arguments":"1234567890123456"}}]})"}) {
    const AnswerMeter meter =
        OpenAi("data: {\"choices\":[{\"delta\":" + std::string(delta) + "}]}\n\n", false, 0);
    EXPECT_EQ(meter.Tokens(0).output, 4) << delta;
  }
}

TEST(OpenAiMeterTest, TellsErrorsFromWhatIsNone) {
  EXPECT_TRUE(OpenAi("data: {\"error\":{\"message\":\"x\"}}\n\n", false, 0).failed());
  EXPECT_TRUE(OpenAi("data: {\"id\":1, \"error\" : {\"code\":500}}\n\n", false, 0).failed());
  EXPECT_TRUE(OpenAi("data: {\"error\":\"overloaded\"}\n\n", false, 0).failed());
  for (const std::string_view data :
       {R"({"error":null,"choices":[]})", R"({"choices":[{"delta":{"content":"\"error\":{"}}]})",
        R"({"choices":[{"delta":{"content":"error"}}],"error":null})",
        R"({"choices":[{"error":{"nested":1}}]})"}) {
    EXPECT_FALSE(OpenAi("data: " + std::string(data) + "\n\n", false, 0).failed()) << data;
  }
}

struct Body {
  Dialect dialect;
  std::string json;
  TokenCounts tokens;
};

const std::vector<Body>& Bodies() {
  static const std::vector<Body> bodies = {
      {Dialect::kAnthropicMessages,
       R"({"id":"msg","content":[{"type":"tool_use","input":{"usage":{"input_tokens":9}}}],)"
       R"("usage":{"input_tokens":3,"cache_read_input_tokens":2,"output_tokens":4},"z":"}"})",
       TokenCounts{3, 2, 0, 0, 4, 0}},
      {Dialect::kOpenAiChat,
       R"({"choices":[{"message":{"content":"\"usage\":{}"}}], "usage" : {"prompt_tokens":10,)"
       R"("completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":1}}})",
       TokenCounts{10, 0, 0, 0, 4, 1}},
  };
  return bodies;
}

TEST(AnswerMeterTest, ReadsABodyHoweverItIsCut) {
  for (const Body& body : Bodies()) {
    for (std::size_t cut = 0; cut <= body.json.size(); ++cut) {
      AnswerMeter meter(body.dialect, false);
      meter.OnBody(std::string_view(body.json).substr(0, cut));
      EXPECT_EQ(meter.body_complete(), cut == body.json.size());
      meter.OnBody(std::string_view(body.json).substr(cut));
      meter.OnBodyEnd();
      EXPECT_TRUE(meter.body_complete());
      EXPECT_EQ(meter.Tokens(kEstimatedInput), body.tokens) << cut;
      EXPECT_EQ(meter.source(), UsageSource::kReported);
    }
  }
}

TEST(AnswerMeterTest, ACutBodyIsEstimated) {
  AnswerMeter meter(Dialect::kOpenAiChat, false);
  meter.OnBody(std::string(80, 'x'));
  meter.OnBodyEnd();
  EXPECT_FALSE(meter.body_complete());
  EXPECT_EQ(meter.source(), UsageSource::kEstimated);
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{100, 0, 0, 0, 20, 0}));
}

}  // namespace
// Only the side that was told counts as reported.
TEST(AnswerMeterTest, OneSideAloneLeavesTheOtherEstimated) {
  const AnswerMeter meter =
      Anthropic({"event: message_delta\ndata: {\"usage\":{\"output_tokens\":7}}\n\n"});
  EXPECT_EQ(meter.source(), UsageSource::kInputEstimated);
  EXPECT_EQ(meter.Tokens(kEstimatedInput), (TokenCounts{100, 0, 0, 0, 7, 0}));
}

// As in a stream: the last one of each figure counts, and nothing is added up.
TEST(AnswerMeterTest, UsageThatABodyTellsTwiceIsReadFigureByFigure) {
  AnswerMeter meter(Dialect::kOpenAiChat, false);
  meter.OnBody(R"({"usage":{"prompt_tokens":50,"completion_tokens":20},"z":1,)");
  meter.OnBody(R"("usage":{"completion_tokens":2},"usage":{}})");
  meter.OnBodyEnd();
  EXPECT_EQ(meter.Tokens(0), (TokenCounts{50, 0, 0, 0, 2, 0}));
  EXPECT_EQ(meter.source(), UsageSource::kReported);
  AnswerMeter many(Dialect::kOpenAiChat, false);
  many.OnBody("{");
  for (int i = 1; i <= 1'000; ++i) {
    many.OnBody(R"("usage":{"prompt_tokens":1,"completion_tokens":)" + std::to_string(i) + "},");
  }
  many.OnBody(R"("end":1})");
  many.OnBodyEnd();
  EXPECT_EQ(many.Tokens(0), (TokenCounts{1, 0, 0, 0, 1'000, 0}));
}

TEST(AnswerMeterTest, ABodyThatIsAnErrorUsesNothing) {
  AnswerMeter meter(Dialect::kOpenAiChat, false);
  meter.OnBody(R"({"error":{"message":"no"}})");
  meter.OnBodyEnd();
  EXPECT_TRUE(meter.failed());
  AnswerMeter good(Dialect::kOpenAiChat, false);
  good.OnBody(R"({"error":null,"usage":{"prompt_tokens":3,"completion_tokens":4}})");
  good.OnBodyEnd();
  EXPECT_FALSE(good.failed());
  EXPECT_EQ(good.Tokens(0), (TokenCounts{3, 0, 0, 0, 4, 0}));
}

}  // namespace weir::relay

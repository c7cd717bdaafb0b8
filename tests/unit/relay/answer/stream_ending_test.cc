#include "services/relay/metering/stream_ending.h"

#include <gtest/gtest.h>

#include "services/relay/metering/answer_meter.h"

namespace weir::relay {
namespace {

constexpr TokenCounts kTokens = {.input = 7, .cache_read = 3, .output = 42};

TEST(StreamEndingTest, AnthropicClosesTheOpenBlock) {
  EXPECT_EQ(AnthropicStreamEnding(2, kTokens),
            "event: content_block_stop\n"
            "data: {\"type\":\"content_block_stop\",\"index\":2}\n\n"
            "event: message_delta\n"
            "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\","
            "\"stop_sequence\":null},\"usage\":{\"output_tokens\":42}}\n\n"
            "event: message_stop\n"
            "data: {\"type\":\"message_stop\"}\n\n");
}

TEST(StreamEndingTest, AnthropicBetweenBlocksHasNoneToClose) {
  EXPECT_TRUE(AnthropicStreamEnding(-1, kTokens).starts_with("event: message_delta\n"));
}

TEST(StreamEndingTest, OpenAiRepeatsTheStreamsIdAndModel) {
  constexpr std::string_view kFirst =
      R"({"id":"chatcmpl-\"1","object":"chat.completion.chunk","created":17, "model" : "gpt-x","choices":[]})";
  EXPECT_EQ(OpenAiStreamEnding(kFirst, 1, true, kTokens),
            "data: {\"id\":\"chatcmpl-\\\"1\",\"object\":\"chat.completion.chunk\",\"created\":17,"
            "\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,"
            "\"finish_reason\":\"length\"}]}\n\n"
            "data: {\"id\":\"chatcmpl-\\\"1\",\"object\":\"chat.completion.chunk\",\"created\":17,"
            "\"model\":\"gpt-x\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,"
            "\"completion_tokens\":42,\"total_tokens\":52}}\n\n"
            "data: [DONE]\n\n");
}

TEST(StreamEndingTest, OpenAiEndsEachChoiceAndBearsAnyFirstChunk) {
  const std::string ending = OpenAiStreamEnding("no JSON", 2, false, kTokens);
  EXPECT_NE(ending.find("\"index\":0"), std::string::npos);
  EXPECT_NE(ending.find("\"index\":1"), std::string::npos);
  EXPECT_EQ(ending.find("usage"), std::string::npos);
  EXPECT_TRUE(ending.ends_with("data: [DONE]\n\n"));
  for (const std::string_view broken : {"{\"id\":", "{\"id\":\"a", "{\"id\"", "", "{\"id\":1"}) {
    EXPECT_TRUE(OpenAiStreamEnding(broken, 1, false, kTokens).ends_with("[DONE]\n\n"));
  }
}

// The meter knows what is open, and goes back to what a client has really got.
TEST(StreamEndingTest, TheMeterKnowsTheOpenBlockAndGoesBack) {
  AnswerMeter meter(Dialect::kAnthropicMessages, /*hide_usage=*/false);
  const auto event = [&meter](std::string_view name, std::string_view data) {
    meter.OnEvent({data, name, data});
  };
  event("message_start", R"({"message":{"usage":{"input_tokens":9,"output_tokens":1}}})");
  event("content_block_start", R"({"type":"content_block_start","index":3})");
  event("content_block_delta", R"({"delta":{"type":"text_delta","text":"four"}})");
  const AnswerMeter::Mark mark = meter.mark();
  EXPECT_EQ(mark.open_block, 3);
  event("content_block_stop", R"({"index":3})");
  event("message_delta", R"({"usage":{"output_tokens":500}})");
  event("message_stop", "{}");
  EXPECT_EQ(meter.mark().open_block, -1);
  EXPECT_EQ(meter.Tokens(0).output, 500);
  meter.GoBack(mark);
  EXPECT_FALSE(meter.terminal());
  EXPECT_EQ(meter.Tokens(0).output, 1);
  EXPECT_EQ(meter.Tokens(0).input, 9);
  EXPECT_TRUE(meter.Ending(1, false, kTokens).starts_with("event: content_block_stop"));
}

}  // namespace
}  // namespace weir::relay

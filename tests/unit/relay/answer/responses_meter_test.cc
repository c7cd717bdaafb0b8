// OpenAI Responses, as their answers are read on the way.
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/dialects/sse.h"
#include "services/relay/metering/answer_filter.h"
#include "services/relay/metering/answer_meter.h"
#include "services/relay/metering/stream_ending.h"
#include "services/relay/metering/usage_parse.h"

namespace weir::relay {
namespace {

constexpr std::string_view kCreated =
    "event: response.created\n"
    R"(data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1",)"
    R"("object":"response","created_at":7,"instructions":"say \"id\"","model":"gpt-5","usage":null}})"
    "\n\n";
constexpr std::string_view kDelta =
    "event: response.output_text.delta\n"
    R"(data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1",)"
    R"("output_index":0,"content_index":0,"delta":"1234\"678","logprobs":[]})"
    "\n\n";
constexpr std::string_view kCompleted =
    "event: response.completed\n"
    R"(data: {"type":"response.completed","sequence_number":2,"response":{"id":"resp_1",)"
    R"("status":"completed","error":null,"output":[{"usage":{"input_tokens":999}}],"usage":)"
    R"({"input_tokens":50,"input_tokens_details":{"cached_tokens":40,"cache_write_tokens":3},)"
    R"("output_tokens":9,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":59}}})"
    "\n\n";

AnswerMeter Read(std::string_view stream) {
  AnswerMeter meter(Dialect::kOpenAiResponses, /*hide_usage=*/true);
  AnswerFilter filter(/*event_stream=*/true, &meter);
  EXPECT_EQ(filter.Feed(stream), stream) << "all of it passes";
  return meter;
}

TEST(ResponsesMeter, CountsWhatTheLastEventTells) {
  const AnswerMeter meter = Read(StrCat(kCreated, kDelta, kCompleted));
  EXPECT_TRUE(meter.terminal());
  EXPECT_FALSE(meter.failed());
  EXPECT_EQ(meter.Tokens(100), (TokenCounts{7, 40, 3, 0, 9, 4}));
  EXPECT_EQ(meter.source(), UsageSource::kReported);
  EXPECT_EQ(meter.events(), 3);
}

TEST(ResponsesMeter, TextStandsForWhatNobodyTells) {
  const AnswerMeter meter = Read(StrCat(kCreated, kDelta));
  EXPECT_FALSE(meter.terminal());
  EXPECT_EQ(meter.text_bytes(), 9U);  // with its escape
  EXPECT_EQ(meter.Tokens(100).output, 3);
  EXPECT_EQ(meter.source(), UsageSource::kEstimated);
}

TEST(ResponsesMeter, AnIncompleteAnswerIsAWholeOne) {
  const AnswerMeter meter =
      Read(R"(data: {"type":"response.incomplete","response":{"usage":{"input_tokens":1,)"
           R"("output_tokens":2}}})"
           "\n\n");
  EXPECT_TRUE(meter.terminal());
  EXPECT_FALSE(meter.failed());
}

TEST(ResponsesMeter, AFailedAnswerIsNone) {
  for (const std::string_view event :
       {R"(data: {"type":"response.failed","response":{"error":{"code":"server_error"}}})",
        R"(data: {"type":"error","code":"server_error","message":"m"})",
        "event: error\ndata: {\"code\":\"server_error\"}"}) {
    const AnswerMeter meter = Read(StrCat(kCreated, event, "\n\n"));
    EXPECT_TRUE(meter.failed()) << event;
    EXPECT_FALSE(meter.terminal()) << event;
    EXPECT_EQ(meter.Tokens(100), TokenCounts()) << event;
  }
}

TEST(ResponsesMeter, WhatAModelSaysIsNoEvent) {
  const AnswerMeter meter = Read(StrCat(
      kCreated, R"(data: {"type":"response.output_text.done","text":"{\"type\":\"error\"}"})",
      "\n\n", R"(data: {"item":{"type":"error"},"type":"response.output_item.done"})", "\n\n"));
  EXPECT_FALSE(meter.failed());
  EXPECT_FALSE(meter.terminal());
}

TEST(ResponsesMeter, AnyCutIsReadAlike) {
  const std::string stream = StrCat(kCreated, kDelta, kCompleted);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    AnswerMeter meter(Dialect::kOpenAiResponses, /*hide_usage=*/false);
    AnswerFilter filter(/*event_stream=*/true, &meter);
    std::string passed(filter.Feed(std::string_view(stream).substr(0, cut)));
    passed += filter.Feed(std::string_view(stream).substr(cut));
    EXPECT_EQ(passed, stream) << cut;
    EXPECT_TRUE(meter.terminal()) << cut;
    EXPECT_EQ(meter.Tokens(100), (TokenCounts{7, 40, 3, 0, 9, 4})) << cut;
  }
}

TEST(ResponsesMeter, AWholeAnswerTellsAtItsTop) {
  AnswerMeter meter(Dialect::kOpenAiResponses, /*hide_usage=*/false);
  meter.OnBody(R"({"id":"resp_1","error":null,"output":[],"usage":{"input_tokens":5,)");
  meter.OnBody(R"("output_tokens":6}})");
  meter.OnBodyEnd();
  EXPECT_TRUE(meter.body_complete());
  EXPECT_FALSE(meter.failed());
  EXPECT_EQ(meter.Tokens(100), (TokenCounts{5, 0, 0, 0, 6, 0}));
}

// Whatever a provider reports, the classes are disjoint and add up to it.
TEST(ResponsesMeter, ClassesAddUpToWhatWasReported) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same cases each time
  std::uniform_int_distribution<std::int64_t> any(0, 100'000);
  for (int i = 0; i < 2'000; ++i) {
    const std::int64_t read = any(random);
    const std::int64_t written = any(random);
    const std::int64_t input = read + written + any(random);
    const std::int64_t reasoning = any(random);
    const std::int64_t output = reasoning + any(random);
    UsageFigures figures;
    ParseUsage(Dialect::kOpenAiResponses,
               StrCat(R"({"input_tokens":)", input, R"(,"input_tokens_details":{"cached_tokens":)",
                      read, R"(,"cache_write_tokens":)", written, R"(},"output_tokens":)", output,
                      R"(,"output_tokens_details":{"reasoning_tokens":)", reasoning, "}}"),
               figures);
    const TokenCounts tokens = TokensOf(Dialect::kOpenAiResponses, figures);
    EXPECT_EQ(TotalInputTokens(tokens), input);
    EXPECT_EQ(tokens, (TokenCounts{input - read - written, read, written, 0, output, reasoning}));
  }
}

TEST(ResponsesMeter, ABudgetEndsItAsTheAnswerThatBegan) {
  AnswerMeter meter(Dialect::kOpenAiResponses, /*hide_usage=*/false);
  meter.KeepFirstChunk();
  AnswerFilter filter(/*event_stream=*/true, &meter);
  filter.Feed(StrCat(kCreated, kDelta));
  const AnswerMeter::Mark mark = meter.mark();
  filter.Feed(kCompleted);
  meter.GoBack(mark);
  EXPECT_FALSE(meter.terminal());
  EXPECT_EQ(meter.Ending(1, false, {10, 5, 0, 0, 4, 1}),
            "event: response.incomplete\n"
            R"(data: {"type":"response.incomplete","sequence_number":2,"response":{"id":"resp_1",)"
            R"("object":"response","created_at":7,"status":"incomplete","error":null,)"
            R"("incomplete_details":{"reason":"max_output_tokens"},"model":"gpt-5","output":[],)"
            R"("parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":{)"
            R"("input_tokens":15,"input_tokens_details":{"cached_tokens":5},"output_tokens":4,)"
            R"("output_tokens_details":{"reasoning_tokens":1},"total_tokens":19}}})"
            "\n\n");
}

}  // namespace
}  // namespace weir::relay

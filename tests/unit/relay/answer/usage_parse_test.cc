#include "services/relay/metering/usage_parse.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

// Figures that make up these counts; OpenAI tells no writes of an hour.
UsageFigures FiguresOf(Dialect dialect, const TokenCounts& tokens) {
  const std::int64_t caches = tokens.cache_read + tokens.cache_write_5m;
  if (dialect != Dialect::kAnthropicMessages) {
    return {.input = tokens.input + caches,
            .output = tokens.output,
            .cached = tokens.cache_read,
            .written = tokens.cache_write_5m,
            .reasoning = tokens.reasoning};
  }
  return {.input = tokens.input,
          .output = tokens.output,
          .cached = tokens.cache_read,
          .written = tokens.cache_write_5m + tokens.cache_write_1h,
          .written_5m = tokens.cache_write_5m,
          .written_1h = tokens.cache_write_1h,
          .reasoning = tokens.reasoning};
}

// {input, cache_read, cache_write_5m, cache_write_1h, output, reasoning}
TokenCounts Read(Dialect dialect, std::string_view json, const TokenCounts& before) {
  UsageFigures figures = before == TokenCounts{} ? UsageFigures{} : FiguresOf(dialect, before);
  const UsageTold told = ParseUsage(dialect, json, figures);
  EXPECT_TRUE(told.input || told.output) << json;
  return TokensOf(dialect, figures);
}

TokenCounts Anthropic(std::string_view json, const TokenCounts& before = {}) {
  return Read(Dialect::kAnthropicMessages, json, before);
}

TokenCounts OpenAi(std::string_view json, const TokenCounts& before = {}) {
  return Read(Dialect::kOpenAiChat, json, before);
}

TEST(UsageParseTest, ReadsAnthropicFigures) {
  EXPECT_EQ(Anthropic(R"({"input_tokens":3,"output_tokens":7})"), (TokenCounts{3, 0, 0, 0, 7, 0}));
  EXPECT_EQ(Anthropic(R"({"input_tokens":3,"cache_creation_input_tokens":50,
                          "cache_read_input_tokens":100,"output_tokens":7,
                          "cache_creation":{"ephemeral_5m_input_tokens":20,
                                            "ephemeral_1h_input_tokens":30},
                          "service_tier":"standard"})"),
            (TokenCounts{3, 100, 20, 30, 7, 0}));
  // Without the split, all is of the default lifetime; with a part of it, the rest is.
  EXPECT_EQ(Anthropic(R"({"input_tokens":1,"cache_creation_input_tokens":50})").cache_write_5m, 50);
  EXPECT_EQ(Anthropic(R"({"cache_creation_input_tokens":50,
                          "cache_creation":{"ephemeral_1h_input_tokens":30}})"),
            (TokenCounts{0, 0, 20, 30, 0, 0}));
  EXPECT_EQ(Anthropic(R"({"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}})"),
            (TokenCounts{0, 0, 0, 0, 9, 4}));
}

TEST(UsageParseTest, NullsAndWhatIsLeftOutStay) {
  const TokenCounts before{3, 100, 20, 30, 1, 0};
  EXPECT_EQ(Anthropic(R"({"output_tokens":8})", before), (TokenCounts{3, 100, 20, 30, 8, 0}));
  EXPECT_EQ(Anthropic(R"({"input_tokens":null,"cache_read_input_tokens":null,
                          "cache_creation_input_tokens":null,"cache_creation":null,
                          "output_tokens":8,"output_tokens_details":null})",
                      before),
            (TokenCounts{3, 100, 20, 30, 8, 0}));
}

TEST(UsageParseTest, LaterFiguresReplaceEarlierOnes) {
  const TokenCounts before{3, 100, 20, 30, 1, 0};
  EXPECT_EQ(Anthropic(R"({"input_tokens":4,"cache_read_input_tokens":0,
                          "cache_creation_input_tokens":40,"output_tokens":8})",
                      before),
            (TokenCounts{4, 0, 10, 30, 8, 0}));
  EXPECT_EQ(Anthropic(R"({"cache_creation_input_tokens":0,"output_tokens":8,
                          "cache_creation":{"ephemeral_5m_input_tokens":0,
                                            "ephemeral_1h_input_tokens":0}})",
                      before),
            (TokenCounts{3, 100, 0, 0, 8, 0}));
}

TEST(UsageParseTest, ReadsOpenAiFigures) {
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15})"),
            (TokenCounts{10, 0, 0, 0, 5, 0}));
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":100,"completion_tokens":50,
                       "prompt_tokens_details":{"cached_tokens":60,"audio_tokens":0},
                       "completion_tokens_details":{"reasoning_tokens":20,
                                                    "accepted_prediction_tokens":0}})"),
            (TokenCounts{40, 60, 0, 0, 50, 20}));
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":null,
                       "completion_tokens_details":null})"),
            (TokenCounts{100, 0, 0, 0, 5, 0}));
  // DeepSeek.
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":64,
                       "prompt_cache_miss_tokens":36})"),
            (TokenCounts{36, 64, 0, 0, 5, 0}));
  // OpenRouter.
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":100,"completion_tokens":5,
                       "prompt_tokens_details":{"cached_tokens":30,"cache_write_tokens":50}})"),
            (TokenCounts{20, 30, 50, 0, 5, 0}));
}

TEST(UsageParseTest, PartsNeverExceedTheirWhole) {
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":10,"completion_tokens":5,
                       "prompt_tokens_details":{"cached_tokens":99,"cache_write_tokens":99},
                       "completion_tokens_details":{"reasoning_tokens":99}})"),
            (TokenCounts{0, 10, 0, 0, 5, 5}));
  EXPECT_EQ(Anthropic(R"({"output_tokens":2,"output_tokens_details":{"thinking_tokens":9}})"),
            (TokenCounts{0, 0, 0, 0, 2, 2}));
  EXPECT_EQ(Anthropic(R"({"cache_creation_input_tokens":5,
                          "cache_creation":{"ephemeral_1h_input_tokens":9}})"),
            (TokenCounts{0, 0, 0, 9, 0, 0}));
}

TEST(UsageParseTest, OddFiguresCountAsNoneOrNothing) {
  const TokenCounts before{1, 2, 3, 4, 5, 0};
  EXPECT_EQ(Anthropic(R"({"input_tokens":"many","output_tokens":6})", before).input, 1);
  EXPECT_EQ(Anthropic(R"({"input_tokens":1.5,"output_tokens":6})", before).input, 1);
  EXPECT_EQ(Anthropic(R"({"input_tokens":9223372036854775808,"output_tokens":6})", before).input,
            1);
  // What no request can have used is not believed: the ledger would refuse it.
  EXPECT_EQ(Anthropic(R"({"input_tokens":100000001,"output_tokens":6})", before).input, 1);
  EXPECT_EQ(Anthropic(R"({"input_tokens":100000000,"output_tokens":6})", before).input,
            100'000'000);
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":9223372036854775807,"completion_tokens":1})", before).input,
            1);
}

TEST(UsageParseTest, NegativeFiguresAreNotTold) {
  UsageFigures figures = FiguresOf(Dialect::kAnthropicMessages, {1, 2, 3, 4, 5, 0});
  const auto told = [&figures](Dialect dialect, std::string_view json) {
    const UsageTold sides = ParseUsage(dialect, json, figures);
    return std::pair(sides.input, sides.output);
  };
  const auto anthropic = Dialect::kAnthropicMessages;
  EXPECT_EQ(told(anthropic, R"({"input_tokens":-5,"output_tokens":-7})"), std::pair(false, false));
  EXPECT_EQ(told(anthropic, R"({"input_tokens":-5,"cache_read_input_tokens":2})"),
            std::pair(false, false));
  EXPECT_EQ(told(anthropic, R"({"input_tokens":1,"cache_read_input_tokens":-2,
                                "output_tokens":5})"),
            std::pair(true, true));
  EXPECT_EQ(told(anthropic, R"({"input_tokens":null,"cache_read_input_tokens":2})"),
            std::pair(true, false));
  EXPECT_EQ(told(Dialect::kOpenAiChat, R"({"prompt_tokens":-1,"completion_tokens":-1,
                                           "prompt_tokens_details":{"cached_tokens":-9}})"),
            std::pair(false, false));
  EXPECT_EQ(told(Dialect::kOpenAiChat, R"({"type":"duration","seconds":-4})"),
            std::pair(false, false));
  EXPECT_EQ(TokensOf(anthropic, figures), (TokenCounts{1, 2, 3, 4, 5, 0}));
}

TEST(UsageParseTest, TellsWhenThereIsNothingToTell) {
  const UsageFigures before = FiguresOf(Dialect::kAnthropicMessages, {1, 2, 3, 4, 5, 0});
  UsageFigures figures = before;
  for (const std::string& json :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"), std::string("{"),
        std::string("5"), std::string(R"({"input_tokens":null,"output_tokens":null})"),
        std::string(R"({"total_tokens":5})"), std::string(R"({"prompt_tokens":)"),
        std::string(R"({"input_tokens":99999999999999999999,"prompt_tokens":1})"),
        "{\"prompt_tokens\":5,\"x\":\"" + std::string(64 * 1024, 'x') + "\"}"}) {
    EXPECT_FALSE(ParseUsage(Dialect::kAnthropicMessages, json, figures).input)
        << json.substr(0, 50);
    EXPECT_FALSE(ParseUsage(Dialect::kAnthropicMessages, json, figures).output)
        << json.substr(0, 50);
    EXPECT_FALSE(ParseUsage(Dialect::kOpenAiChat, json, figures).input) << json.substr(0, 50);
    EXPECT_FALSE(ParseUsage(Dialect::kOpenAiChat, json, figures).output) << json.substr(0, 50);
  }
  EXPECT_EQ(figures, before);
}

TEST(UsageParseTest, WholeNumbersMayBeWrittenAsFractions) {
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":5.0,"completion_tokens":2e1})"),
            (TokenCounts{5, 0, 0, 0, 20, 0}));
  UsageFigures figures;
  const UsageTold told = ParseUsage(Dialect::kOpenAiChat,
                                    R"({"prompt_tokens":5.5,"completion_tokens":1e300})", figures);
  EXPECT_FALSE(told.input || told.output);
}

// The output is not told, so it is estimated: the reasoning alone must not stand for it.
TEST(UsageParseTest, ReasoningWithoutAnOutputTellsNone) {
  EXPECT_EQ(OpenAi(R"({"prompt_tokens":50,"completion_tokens_details":{"reasoning_tokens":10},)"
                   R"("total_tokens":60})"),
            (TokenCounts{50, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace weir::relay

// Usage as providers tell it, generated: whatever the shape, the classes are disjoint, each token
// is in one of them, and together they are what the provider said.
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/metering/answer_filter.h"
#include "services/relay/metering/answer_meter.h"

namespace weir::relay {
namespace {

// What a provider really counted.
struct Truth {
  std::int64_t fresh = 0;
  std::int64_t read = 0;
  std::int64_t written_5m = 0;
  std::int64_t written_1h = 0;
  std::int64_t tools = 0;
  std::int64_t said = 0;  // without reasoning
  std::int64_t reasoning = 0;

  std::int64_t written() const { return written_5m + written_1h; }
  std::int64_t prompt() const { return fresh + read + written(); }
  std::int64_t output() const { return said + reasoning; }
};

// One way of telling it. `without` takes out of the truth what the shape cannot say.
struct Shape {
  std::string_view name;
  Dialect dialect;
  std::string (*tell)(const Truth& truth);
  void (*without)(Truth& truth);
};

void NoHours(Truth& truth) { truth.written_1h = truth.tools = 0; }
void NoWrites(Truth& truth) { truth.written_5m = truth.written_1h = truth.tools = 0; }
void NoTools(Truth& truth) { truth.tools = 0; }
// When both parts that may stand beside are equal, no total can tell which one does.
void TellApart(Truth& truth) {
  NoHours(truth);
  truth.reasoning += truth.reasoning == truth.read + truth.written() ? 1 : 0;
}
void NoReasoning(Truth& truth) {
  NoWrites(truth);
  truth.reasoning = 0;
}

std::string Chat(const Truth& t, std::int64_t prompt, std::int64_t completion, std::int64_t total,
                 std::string_view more = "") {
  return StrCat(R"({"prompt_tokens":)", prompt, R"(,"completion_tokens":)", completion,
                R"(,"total_tokens":)", total, R"(,"prompt_tokens_details":{"cached_tokens":)",
                t.read, R"(,"audio_tokens":)", t.fresh / 2, R"(,"cache_write_tokens":)",
                t.written_5m, R"(},"completion_tokens_details":{"reasoning_tokens":)", t.reasoning,
                R"(,"audio_tokens":)", t.said / 3, R"(,"accepted_prediction_tokens":1})", more,
                "}");
}

const std::vector<Shape>& Shapes() {
  static const std::vector<Shape> shapes = {
      {"Anthropic with the split of its writes", Dialect::kAnthropicMessages,
       [](const Truth& t) {
         return StrCat(R"({"input_tokens":)", t.fresh, R"(,"cache_read_input_tokens":)", t.read,
                       R"(,"cache_creation_input_tokens":)", t.written(),
                       R"(,"cache_creation":{"ephemeral_5m_input_tokens":)", t.written_5m,
                       R"(,"ephemeral_1h_input_tokens":)", t.written_1h, R"(},"output_tokens":)",
                       t.output(), R"(,"output_tokens_details":{"thinking_tokens":)", t.reasoning,
                       "}}");
       },
       NoTools},
      {"Anthropic without the split", Dialect::kAnthropicMessages,
       [](const Truth& t) {
         return StrCat(R"({"input_tokens":)", t.fresh, R"(,"cache_read_input_tokens":)", t.read,
                       R"(,"cache_creation_input_tokens":)", t.written(),
                       R"(,"cache_creation":null,"output_tokens":)", t.output(),
                       R"(,"output_tokens_details":{"thinking_tokens":)", t.reasoning, "}}");
       },
       NoHours},
      {"OpenAI Chat", Dialect::kOpenAiChat,
       [](const Truth& t) { return Chat(t, t.prompt(), t.output(), t.prompt() + t.output()); },
       NoHours},
      {"xAI: reasoning beside the completion", Dialect::kOpenAiChat,
       [](const Truth& t) { return Chat(t, t.prompt(), t.said, t.prompt() + t.output()); },
       NoHours},
      {"a gateway: caches beside the prompt", Dialect::kOpenAiChat,
       [](const Truth& t) { return Chat(t, t.fresh, t.output(), t.prompt() + t.output()); },
       TellApart},
      {"a gateway: caches and reasoning beside", Dialect::kOpenAiChat,
       [](const Truth& t) { return Chat(t, t.fresh, t.said, t.prompt() + t.output()); }, TellApart},
      {"DeepSeek: hit and miss", Dialect::kOpenAiChat,
       [](const Truth& t) {
         return StrCat(R"({"prompt_tokens":)", t.prompt(), R"(,"completion_tokens":)", t.output(),
                       R"(,"prompt_cache_hit_tokens":)", t.read, R"(,"prompt_cache_miss_tokens":)",
                       t.fresh, R"(,"completion_tokens_details":{"reasoning_tokens":)", t.reasoning,
                       "}}");
       },
       NoWrites},
      {"hit and miss alone", Dialect::kOpenAiChat,
       [](const Truth& t) {
         return StrCat(R"({"completion_tokens":)", t.output(), R"(,"prompt_cache_hit_tokens":)",
                       t.read, R"(,"prompt_cache_miss_tokens":)", t.fresh, "}");
       },
       NoReasoning},
      {"Moonshot: cached_tokens of its own", Dialect::kOpenAiChat,
       [](const Truth& t) {
         return StrCat(R"({"prompt_tokens":)", t.prompt(), R"(,"completion_tokens":)", t.output(),
                       R"(,"total_tokens":)", t.prompt() + t.output(), R"(,"cached_tokens":)",
                       t.read, "}");
       },
       NoReasoning},
      {"OpenAI Responses", Dialect::kOpenAiResponses,
       [](const Truth& t) {
         return StrCat(R"({"input_tokens":)", t.prompt(),
                       R"(,"input_tokens_details":{"cached_tokens":)", t.read,
                       R"(},"output_tokens":)", t.output(),
                       R"(,"output_tokens_details":{"reasoning_tokens":)", t.reasoning,
                       R"(},"total_tokens":)", t.prompt() + t.output(), "}");
       },
       NoWrites},
      {"Gemini", Dialect::kGemini,
       [](const Truth& t) {
         return StrCat(R"({"promptTokenCount":)", t.prompt(), R"(,"cachedContentTokenCount":)",
                       t.read, R"(,"toolUsePromptTokenCount":)", t.tools,
                       R"(,"candidatesTokenCount":)", t.said, R"(,"thoughtsTokenCount":)",
                       t.reasoning, R"(,"totalTokenCount":)", t.prompt() + t.tools + t.output(),
                       "}");
       },
       [](Truth& t) { t.written_5m = t.written_1h = 0; }},
      {"Gemini: thoughts within the candidates", Dialect::kGemini,
       [](const Truth& t) {
         return StrCat(R"({"promptTokenCount":)", t.prompt(), R"(,"candidatesTokenCount":)",
                       t.output(), R"(,"thoughtsTokenCount":)", t.reasoning,
                       R"(,"totalTokenCount":)", t.prompt() + t.output(), "}");
       },
       [](Truth& t) { t.written_5m = t.written_1h = t.tools = t.read = 0; }},
      {"Gemini: zeros left out", Dialect::kGemini,
       [](const Truth& t) {
         std::string json = StrCat(R"({"promptTokenCount":)", t.prompt());
         if (t.read != 0) StrAppend(json, R"(,"cachedContentTokenCount":)", t.read);
         if (t.said != 0) StrAppend(json, R"(,"candidatesTokenCount":)", t.said);
         if (t.reasoning != 0) StrAppend(json, R"(,"thoughtsTokenCount":)", t.reasoning);
         return json + "}";
       },
       NoWrites},
  };
  return shapes;
}

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::int64_t Upto(std::int64_t max) {
    return std::uniform_int_distribution<std::int64_t>(0, max)(random_);
  }
  // Zeros are frequent: they are where shapes differ.
  std::int64_t Count() { return Upto(2) == 0 ? 0 : Upto(Upto(1) == 0 ? 20 : 1'000'000); }

  Truth Any(const Shape& shape) {
    Truth truth{.fresh = Count(),
                .read = Count(),
                .written_5m = Count(),
                .written_1h = Count(),
                .tools = Count(),
                .said = 1 + Count(),
                .reasoning = Count()};
    shape.without(truth);
    return truth;
  }

 private:
  std::mt19937 random_;
};

TokenCounts Expected(const Truth& t) {
  return {t.fresh + t.tools, t.read, t.written_5m, t.written_1h, t.output(), t.reasoning};
}

TEST(UsageTruth, EachShapeIsReadAsWhatWasCounted) {
  Dice dice(1);
  for (const Shape& shape : Shapes()) {
    for (int i = 0; i < 1'000; ++i) {
      const Truth truth = dice.Any(shape);
      const std::string json = shape.tell(truth);
      UsageFigures figures;
      const UsageTold told = ParseUsage(shape.dialect, json, figures);
      ASSERT_TRUE(told.input && told.output) << shape.name << json;
      const TokenCounts tokens = TokensOf(shape.dialect, figures);
      ASSERT_EQ(tokens, Expected(truth)) << shape.name << ": " << json;
      ASSERT_EQ(TotalInputTokens(tokens) + tokens.output,
                truth.prompt() + truth.tools + truth.output());
      ParseUsage(shape.dialect, json, figures);
      ASSERT_EQ(TokensOf(shape.dialect, figures), tokens) << "told twice: " << json;
    }
  }
}

// A stream in the dialect's words whose events tell what was used so far, the last of them all.
std::string Stream(const Shape& shape, const std::vector<Truth>& so_far) {
  std::string stream;
  const auto event = [&](std::string_view name, const std::string& data) {
    if (!name.empty()) StrAppend(stream, "event: ", name, "\n");
    StrAppend(stream, "data: ", data, "\n\n");
  };
  for (std::size_t i = 0; i < so_far.size(); ++i) {
    const std::string usage = shape.tell(so_far[i]);
    const bool last = i + 1 == so_far.size();
    switch (shape.dialect) {
      case Dialect::kAnthropicMessages:
        if (i == 0) event("message_start", StrCat(R"({"message":{"usage":)", usage, "}}"));
        event("message_delta", StrCat(R"({"type":"message_delta","usage":)", usage, "}"));
        if (last) event("message_stop", R"({"type":"message_stop"})");
        break;
      case Dialect::kOpenAiChat:
        event("", StrCat(R"({"choices":[{"delta":{"content":"x"}}],"usage":)", usage, "}"));
        if (last) event("", "[DONE]");
        break;
      case Dialect::kOpenAiResponses:
        if (last) {
          event(
              "response.completed",
              StrCat(R"({"type":"response.completed","response":{"id":"r","usage":)", usage, "}}"));
        } else {
          event("response.output_text.delta",
                R"({"type":"response.output_text.delta","delta":"x"})");
        }
        break;
      case Dialect::kGemini:
        event("", StrCat(R"({"candidates":[{"index":0,"content":{"parts":[{"text":"x"}]})",
                         last ? R"(,"finishReason":"STOP")" : "", R"(}],"usageMetadata":)", usage,
                         "}"));
        break;
    }
  }
  return stream;
}

TEST(UsageTruth, InStreamsTheLastFigureOfEachKindCounts) {
  Dice dice(2);
  for (const Shape& shape : Shapes()) {
    for (int i = 0; i < 100; ++i) {
      const Truth truth = dice.Any(shape);
      std::vector<Truth> so_far(static_cast<std::size_t>(1 + dice.Upto(4)), truth);
      for (std::size_t at = 0; at + 1 < so_far.size(); ++at) {
        so_far[at].said = 1 + dice.Upto(truth.said - 1);
        so_far[at].reasoning = dice.Upto(truth.reasoning);
      }
      const std::string stream = Stream(shape, so_far);
      AnswerMeter meter(shape.dialect, /*hide_usage=*/false);
      AnswerFilter filter(/*event_stream=*/true, &meter);
      for (std::size_t at = 0; at < stream.size();) {
        const auto bytes = static_cast<std::size_t>(1 + dice.Upto(200));
        filter.Feed(std::string_view(stream).substr(at, bytes));
        at += bytes;
      }
      ASSERT_TRUE(meter.terminal()) << shape.name << stream;
      ASSERT_EQ(meter.source(), UsageSource::kReported) << shape.name << stream;
      ASSERT_EQ(meter.Tokens(/*estimated_input=*/77), Expected(truth)) << shape.name << stream;
    }
  }
}

TEST(UsageTruth, WholeAnswersTellTheSame) {
  Dice dice(3);
  for (const Shape& shape : Shapes()) {
    for (int i = 0; i < 100; ++i) {
      const Truth truth = dice.Any(shape);
      const std::string_view name = shape.dialect == Dialect::kGemini ? "usageMetadata" : "usage";
      const std::string body =
          StrCat(R"({"id":"a","text":"\"usage\":{}",")", name, "\":", shape.tell(truth), "}");
      AnswerMeter meter(shape.dialect, /*hide_usage=*/false);
      const auto cut = static_cast<std::size_t>(dice.Upto(static_cast<std::int64_t>(body.size())));
      meter.OnBody(std::string_view(body).substr(0, cut));
      meter.OnBody(std::string_view(body).substr(cut));
      meter.OnBodyEnd();
      ASSERT_EQ(meter.source(), UsageSource::kReported) << shape.name << body;
      ASSERT_EQ(meter.Tokens(/*estimated_input=*/77), Expected(truth)) << shape.name << body;
    }
  }
}

TEST(UsageTruth, WhatNobodyToldIsEstimatedAndSaysWhichSideItIs) {
  AnswerMeter nothing(Dialect::kOpenAiChat, /*hide_usage=*/false);
  nothing.OnBody(R"({"choices":[]})");
  nothing.OnBodyEnd();
  EXPECT_EQ(nothing.source(), UsageSource::kEstimated);
  EXPECT_EQ(nothing.Tokens(77).input, 77);

  AnswerMeter input(Dialect::kOpenAiChat, /*hide_usage=*/false);
  input.OnBody(R"({"usage":{"prompt_tokens":5}})");
  input.OnBodyEnd();
  EXPECT_EQ(input.source(), UsageSource::kOutputEstimated);
  EXPECT_EQ(input.Tokens(77).input, 5);

  AnswerMeter output(Dialect::kOpenAiChat, /*hide_usage=*/false);
  output.OnBody(
      R"({"usage":{"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":30}}})");
  output.OnBodyEnd();
  EXPECT_EQ(output.source(), UsageSource::kInputEstimated);
  EXPECT_EQ(output.Tokens(77), (TokenCounts{47, 30, 0, 0, 5, 0}))
      << "what a cache gave is a part of what was estimated";
}

}  // namespace
}  // namespace weir::relay

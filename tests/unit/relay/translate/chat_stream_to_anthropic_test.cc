// What OpenAI-compatible servers really send, as Anthropic's events.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::MakeTranslation;
using testing::Parsed;

std::string Chunk(std::string_view choice) {
  return StrCat(R"(data: {"id":"c","object":"chat.completion.chunk","model":"up","choices":[)",
                choice, "]}\n\n");
}
std::string Delta(std::string_view delta) {
  return Chunk(StrCat(R"({"index":0,"delta":{)", delta, R"(},"finish_reason":null})"));
}
std::string Finish(std::string_view reason) {
  return Chunk(StrCat(R"({"index":0,"delta":{},"finish_reason":")", reason, R"("})"));
}
std::string Call(std::string_view call) { return Delta(StrCat(R"("tool_calls":[{)", call, "}]")); }
constexpr std::string_view kDone = "data: [DONE]\n\n";

struct Told {
  std::vector<std::string> blocks;  // "text:…", "tool NAME:…", "thinking:…"
  std::string stop;
  std::string error;
  bool finished = false;
  bool failed = false;
};

std::string Text(const boost::json::value& value) {
  return std::string(value.as_string().data(), value.as_string().size());
}

void ReadDelta(const boost::json::object& delta, std::string& block) {
  for (const char* name : {"text", "thinking", "partial_json"}) {
    if (delta.contains(name)) block += Text(delta.at(name));
  }
}

void ReadEvent(std::string_view data, Told& told) {
  const boost::json::object event = Parsed(data).as_object();
  const std::string type = Text(event.at("type"));
  if (type == "content_block_start") {
    const boost::json::object& block = event.at("content_block").as_object();
    const std::string kind = Text(block.at("type"));
    EXPECT_EQ(event.at("index").as_int64(), static_cast<std::int64_t>(told.blocks.size()));
    told.blocks.push_back(
        kind == "tool_use" ? StrCat("tool ", Text(block.at("id")), " ", Text(block.at("name")), ":")
                           : kind + ":");
  } else if (type == "content_block_delta") {
    EXPECT_EQ(event.at("index").as_int64(), static_cast<std::int64_t>(told.blocks.size()) - 1);
    ReadDelta(event.at("delta").as_object(), told.blocks.back());
  } else if (type == "message_delta") {
    told.stop = Text(event.at("delta").at("stop_reason"));
  } else if (type == "error") {
    told.error = Text(event.at("error").at("type"));
  } else if (type == "message_stop") {
    told.finished = true;
  }
}

Told Translate(std::string_view stream) {
  const auto translation = MakeTranslation(testing::kAnthropic, testing::kChat);
  const std::string made = testing::TranslatedStream(*translation, stream, stream.size());
  Told told;
  told.failed = translation->failed();
  std::string_view rest = made;
  SseEvent event;
  std::string joined;
  while (NextSseEvent(rest, event, joined)) {
    EXPECT_FALSE(event.name.empty());
    ReadEvent(event.data, told);
  }
  return told;
}

using Blocks = std::vector<std::string>;

TEST(ChatStreamToAnthropic, InterleavedCallsBecomeBlocksOneAfterTheOther) {
  const Told told = Translate(
      Call(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":""})") +
      Call(R"("index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{\"x\""})") +
      Call(R"("index":0,"function":{"arguments":"{\"y\":"})") +
      Call(R"("index":1,"function":{"arguments":":1}"})") +
      Call(R"("index":0,"function":{"arguments":"2}"})") + Finish("tool_calls") +
      std::string(kDone));
  EXPECT_EQ(told.blocks, (Blocks{R"(tool b g:{"x":1})", R"(tool a f:{"y":2})"}));
  EXPECT_EQ(told.stop, "tool_use");
  EXPECT_TRUE(told.finished);
  EXPECT_FALSE(told.failed);
}

TEST(ChatStreamToAnthropic, ACallBehindAWholeOneIsNotHeldBack) {
  const auto translation = MakeTranslation(testing::kAnthropic, testing::kChat);
  const std::string made = testing::TranslatedStream(
      *translation,
      Call(R"("index":0,"id":"a","function":{"name":"f","arguments":"{}"})") +
          Call(R"("index":1,"id":"b","function":{"name":"g","arguments":"{\"x"})"),
      0);
  EXPECT_NE(made.find(R"("id":"b")"), std::string::npos);
  EXPECT_NE(made.find(R"("partial_json":"{\"x")"), std::string::npos);
}

TEST(ChatStreamToAnthropic, ACallBehindOneWithoutArgumentsIsNotHeldBack) {
  const auto translation = MakeTranslation(testing::kAnthropic, testing::kChat);
  const std::string made = testing::TranslatedStream(
      *translation,
      Call(R"("index":0,"id":"a","function":{"name":"f","arguments":""})") +
          Call(R"("index":1,"id":"b","function":{"name":"g","arguments":"{\"x"})"),
      0);
  EXPECT_NE(made.find(R"("partial_json":"{\"x")"), std::string::npos);
}

TEST(ChatStreamToAnthropic, WhatIsSaidBetweenPiecesOfACallStandsBehindIt) {
  const Told told =
      Translate(Call(R"("index":0,"id":"a","function":{"name":"f","arguments":"{\"y\":"})") +
                Delta(R"("content":"say")") + Delta(R"("reasoning_content":"hm")") +
                Delta(R"("content":" it")") + Call(R"("index":0,"function":{"arguments":"2}"})") +
                Delta(R"("content":"!")") + Finish("tool_calls") + std::string(kDone));
  EXPECT_EQ(told.blocks, (Blocks{R"(tool a f:{"y":2})", "text:say", "thinking:hm", "text: it!"}));
  EXPECT_TRUE(told.finished);
  EXPECT_FALSE(told.failed);
}

TEST(ChatStreamToAnthropic, WhatFailsNeverEndsInSuccess) {
  const Told told =
      Translate(Call(R"("index":0,"id":"a","function":{"name":"f","arguments":"{}"})") +
                Call(R"("index":1,"id":"b","function":{"name":"g","arguments":"{}"})") +
                Call(R"("index":0,"function":{"arguments":"more"})") + Finish("tool_calls") +
                std::string(kDone));
  EXPECT_TRUE(told.failed);
  EXPECT_FALSE(told.finished);
}

TEST(ChatStreamToAnthropic, CallsWithoutNumbers) {
  const Told told =
      Translate(Call(R"("id":"a","function":{"name":"f","arguments":"{}"})") +
                Call(R"("id":"b","function":{"name":"f","arguments":"{\"z\""})") +
                Call(R"("function":{"arguments":":3}"})") + Finish("stop") + std::string(kDone));
  EXPECT_EQ(told.blocks, (Blocks{"tool a f:{}", R"(tool b f:{"z":3})"}));
  EXPECT_EQ(told.stop, "tool_use") << "a call was made, whatever word its end has";
}

TEST(ChatStreamToAnthropic, CallsWithoutArguments) {
  const Told told = Translate(Call(R"("index":0,"id":"a","function":{"name":"f","arguments":""})") +
                              Call(R"("index":1,"id":"b","function":{"name":"g"})") +
                              Finish("tool_calls") + std::string(kDone));
  EXPECT_EQ(told.blocks, (Blocks{"tool a f:", "tool b g:"}));
}

TEST(ChatStreamToAnthropic, ThinkingUnderBothNames) {
  for (const std::string_view name : {"reasoning_content", "reasoning"}) {
    const Told told = Translate(Delta(StrCat("\"", name, R"(":"hm")")) +
                                Delta(R"("content":"yes")") + Finish("stop") + std::string(kDone));
    EXPECT_EQ(told.blocks, (Blocks{"thinking:hm", "text:yes"}));
  }
}

TEST(ChatStreamToAnthropic, StopReasons) {
  EXPECT_EQ(Translate(Finish("stop") + std::string(kDone)).stop, "end_turn");
  EXPECT_EQ(Translate(Finish("length") + std::string(kDone)).stop, "max_tokens");
  EXPECT_EQ(Translate(Finish("content_filter") + std::string(kDone)).stop, "refusal");
  // The reason comes in a chunk of its own, behind the words.
  const std::string refused = StrCat(Delta(R"("refusal":"No")"), Delta(R"("refusal":".")"));
  EXPECT_EQ(Translate(StrCat(refused, Finish("stop"), kDone)).stop, "refusal");
  EXPECT_EQ(Translate(Finish("whatever") + std::string(kDone)).stop, "end_turn");
}

TEST(ChatStreamToAnthropic, AnErrorEndsItWithoutSuccess) {
  const Told told = Translate(Delta(R"("content":"a")") +
                              "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\","
                              "\"code\":\"rate_limit_exceeded\"}}\n\n" +
                              std::string(kDone));
  EXPECT_EQ(told.error, "rate_limit_error");
  EXPECT_FALSE(told.finished);
}

TEST(ChatStreamToAnthropic, WhatIsNoJsonFails) {
  EXPECT_TRUE(Translate("data: {\"choices\":[{\"delta\":\n\n").failed);
  EXPECT_TRUE(Translate("data: 1\n\n").failed);
  EXPECT_TRUE(Translate(Delta("\"content\":\"a\nb\"")).failed) << "a line end inside a text";
}

TEST(ChatStreamToAnthropic, SurrogatesThatComeApartPassUnharmed) {
  const auto translation = MakeTranslation(testing::kAnthropic, testing::kChat);
  const std::string made = testing::TranslatedStream(
      *translation, Delta(R"("content":"\ud83d")") + Delta(R"("content":"\ude00")"), 0);
  EXPECT_NE(made.find(R"("text":"\ud83d")"), std::string::npos);
  EXPECT_NE(made.find(R"("text":"\ude00")"), std::string::npos);
}

TEST(ChatStreamToAnthropic, WhatWaitsIsBounded) {
  std::string stream = Call(R"("index":0,"id":"a","function":{"name":"f","arguments":"{"})") +
                       Call(R"("index":1,"id":"b","function":{"name":"g","arguments":""})");
  const std::string piece(512 * 1024, 'x');
  for (int i = 0; i < 3; ++i) {
    stream += Call(StrCat(R"("index":1,"function":{"arguments":")", piece, R"("})"));
  }
  EXPECT_TRUE(Translate(stream).failed);
}

TEST(ChatStreamToAnthropic, NamesThatWaitAreBounded) {
  const std::string name(512 * 1024, 'x');
  std::string stream;
  for (int i = 0; i < 3; ++i) {
    stream += Call(StrCat(R"("index":)", i, R"(,"id":"c)", i, R"(","function":{"name":")", name,
                          R"(","arguments":""})"));
  }
  EXPECT_TRUE(Translate(stream).failed);
}

TEST(ChatStream, LinesMayEndInAnyWayCutAnywhere) {
  const std::string plain =
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
  for (const std::string_view line_end : {"\r", "\r\n", "\r\r\n"}) {
    std::string stream;
    for (const char c : plain) stream += c == '\n' ? std::string(line_end) : std::string(1, c);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      const auto translation = testing::MakeTranslation(testing::kAnthropic, testing::kChat);
      const std::string out = testing::TranslatedStream(*translation, stream + "\n", cut);
      ASSERT_FALSE(translation->failed()) << cut;
      ASSERT_NE(out.find("message_stop"), std::string::npos) << cut;
    }
  }
}

}  // namespace
}  // namespace weir::relay

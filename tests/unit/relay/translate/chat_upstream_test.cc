// What OpenAI-compatible servers make of tool calls and thoughts, in whole answers and in streams.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::MakeTranslation;
using testing::Parsed;

constexpr std::string_view kDone = "data: [DONE]\n\n";

std::string Chunk(std::string_view delta, std::string_view finish = "null") {
  return StrCat(R"(data: {"model":"up","choices":[{"index":0,"delta":{)", delta,
                R"(},"finish_reason":)", finish, "}]}\n\n");
}

// The content of the Anthropic message that an answer with this message becomes.
boost::json::object Message(std::string_view message, std::string_view finish = "stop") {
  const auto translation = MakeTranslation(testing::kAnthropic, testing::kChat);
  const std::string out = testing::TranslatedAnswer(
      *translation, StrCat(R"({"model":"up","choices":[{"index":0,"message":{)", message,
                           R"(},"finish_reason":")", finish, R"("}]})"));
  EXPECT_FALSE(translation->failed());
  return Parsed(out).as_object();
}

// The message of the completion that a stream becomes for a client of Responses: its output.
boost::json::array Output(std::string_view stream) {
  const auto translation = MakeTranslation(testing::kResponses, testing::kChat);
  const std::string out = testing::TranslatedStream(*translation, stream, 0);
  EXPECT_FALSE(translation->failed());
  constexpr std::string_view kHead = "event: response.completed\ndata: ";
  const std::size_t at = out.find(kHead);
  if (at == std::string::npos) return {};
  return Parsed(std::string_view(out).substr(at + kHead.size()))
      .at("response")
      .at("output")
      .as_array();
}

TEST(ChatUpstream, CallsThatAllHaveTheSameNumberAreCalls) {
  const boost::json::array output = Output(
      Chunk(
          R"("tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a\":1}"}}])") +
      Chunk(
          R"("tool_calls":[{"index":0,"id":"c2","function":{"name":"f","arguments":"{\"a\":"}}])") +
      Chunk(R"("tool_calls":[{"index":0,"function":{"arguments":"2}"}}])") +
      Chunk("", R"("tool_calls")") + std::string(kDone));
  ASSERT_EQ(output.size(), 2U);
  EXPECT_EQ(output[0].at("call_id"), "c1");
  EXPECT_EQ(output[0].at("arguments"), R"({"a":1})");
  EXPECT_EQ(output[1].at("call_id"), "c2");
  EXPECT_EQ(output[1].at("arguments"), R"({"a":2})");
}

TEST(ChatUpstream, AnIdThatIsRepeatedIsTheSameCall) {
  for (const std::string_view number : {R"("index":0,)", ""}) {
    const std::string head =
        StrCat(R"("tool_calls":[{)", number, R"("id":"c1","function":{"name":"f","arguments":")");
    const boost::json::array output =
        Output(StrCat(Chunk(StrCat(head, R"({\"a\":"}}])")), Chunk(StrCat(head, R"(1}"}}])")),
                      Chunk("", R"("tool_calls")"), kDone));
    ASSERT_EQ(output.size(), 1U);
    EXPECT_EQ(output[0].at("arguments"), R"({"a":1})");
  }
}

TEST(ChatUpstream, ACallWithoutIdGetsOne) {
  const boost::json::object message =
      Message(R"("content":null,"tool_calls":[{"function":{"name":"f","arguments":"{}"}},
              {"function":{"name":"g","arguments":"{}"}}])");
  const boost::json::array& content = message.at("content").as_array();
  ASSERT_EQ(content.size(), 2U);
  EXPECT_TRUE(content[0].at("id").as_string().starts_with("call_"));
  EXPECT_TRUE(content[1].at("id").as_string().starts_with("call_"));
  EXPECT_NE(content[0].at("id"), content[1].at("id"));
}

TEST(ChatUpstream, ArgumentsMayBeAnObject) {
  const boost::json::object message =
      Message(R"("tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":"x\"\u00e9"}}}])");
  EXPECT_EQ(message.at("content").at(0).at("input"), Parsed(R"({"a":"x\"\u00e9"})"));
}

TEST(ChatUpstream, AnEndForCallsWithoutACallIsAnEnd) {
  EXPECT_EQ(Message(R"("content":"hm")", "tool_calls").at("stop_reason"), "end_turn");
  EXPECT_EQ(Message(R"("content":"hm")", "function_call").at("stop_reason"), "end_turn");
}

TEST(ChatUpstream, TheOldFunctionCallIsACall) {
  const boost::json::object message = Message(
      R"("content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"})", "function_call");
  EXPECT_EQ(message.at("stop_reason"), "tool_use");
  EXPECT_EQ(message.at("content").at(0).at("name"), "f");
  EXPECT_EQ(message.at("content").at(0).at("input"), Parsed(R"({"a":1})"));

  const boost::json::array output = Output(StrCat(
      Chunk(R"("function_call":{"name":"f","arguments":""})"),
      Chunk(R"("function_call":{"arguments":"{\"a\""})"),
      Chunk(R"("function_call":{"arguments":":1}"})"), Chunk("", R"("function_call")"), kDone));
  ASSERT_EQ(output.size(), 1U);
  EXPECT_EQ(output[0].at("arguments"), R"({"a":1})");
}

TEST(ChatUpstream, ThoughtsMayStandInTheContent) {
  const boost::json::object message =
      Message(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"why"}]},
              {"type":"text","text":"so"}])");
  EXPECT_EQ(message.at("content").at(0).at("thinking"), "why");
  EXPECT_EQ(message.at("content").at(1).at("text"), "so");
}

}  // namespace
}  // namespace weir::relay

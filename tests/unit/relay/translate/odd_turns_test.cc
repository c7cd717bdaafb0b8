// Conversations that no provider takes as they are: media where only words are read, blocks in
// another's turn, words between calls and their results, choices among no tools.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::kAnthropic;
using testing::kChat;
using testing::kGemini;
using testing::kResponses;

constexpr Dialect kDialects[] = {kAnthropic, kChat, kResponses, kGemini};

struct Made {
  std::string refusal;  // empty: it was not refused
  std::string body;
  std::string dropped;
};

Made Translate(Dialect client, Dialect upstream, std::string_view body) {
  const auto translation = testing::MakeTranslation(client, upstream);
  const absl::Status status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("m"));
  if (!status.ok()) return {{status.message().data(), status.message().size()}, {}, {}};
  testing::Parsed(translation->request());
  return {{}, translation->request(), translation->dropped()};
}

void ExpectRefusal(Dialect client, std::string_view body, std::string_view refusal) {
  for (const Dialect upstream : kDialects) {
    if (upstream == client) continue;
    EXPECT_EQ(Translate(client, upstream, body).refusal, refusal) << DialectName(upstream);
  }
}

boost::json::value Member(const Made& made, std::string_view name) {
  EXPECT_EQ(made.refusal, "");
  if (!made.refusal.empty()) return {};
  return testing::Parsed(made.body).as_object().at({name.data(), name.size()});
}

std::string Chat(std::string_view messages) {
  return StrCat(R"({"model":"x","messages":)", messages, "}");
}
std::string Anthropic(std::string_view messages) {
  return StrCat(R"({"model":"x","max_tokens":9,"messages":)", messages, "}");
}

// A mark stands where they were, and the client is told.
void ExpectMarked(Dialect client, std::string_view body, std::string_view mark,
                  std::string_view place) {
  for (const Dialect upstream : kDialects) {
    if (upstream == client) continue;
    const Made made = Translate(client, upstream, body);
    EXPECT_EQ(made.refusal, "") << DialectName(upstream);
    EXPECT_NE(made.body.find(mark), std::string::npos) << made.body;
    EXPECT_EQ(made.body.find("QUJD"), std::string::npos) << made.body;
    EXPECT_EQ(made.dropped, place) << DialectName(upstream);
  }
}

TEST(OddTurns, MediaThatOnlyTheUserCanSendAreMarkedAndNamed) {
  ExpectMarked(kChat, Chat(R"([{"role":"system","content":[{"type":"text","text":"like this"},
      {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]},
      {"role":"user","content":"a"}])"),
               "[image]", "messages[0].content[1]");
  ExpectMarked(kAnthropic, Anthropic(R"([{"role":"user","content":"a"},{"role":"assistant",
      "content":[{"type":"image","source":{"type":"base64","media_type":"image/png",
      "data":"QUJD"}}]},{"role":"user","content":"b"}])"),
               "[image]", "messages[1].content[0]");
  ExpectMarked(kResponses, R"({"model":"x","input":[{"role":"user","content":"a"},
      {"role":"assistant","content":[{"type":"input_file","filename":"f.pdf",
      "file_data":"data:application/pdf;base64,QUJD"}]},{"role":"user","content":"b"}]})",
               "[document]", "input[1].content[0]");
  ExpectMarked(kGemini, R"({"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model",
      "parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}}]},
      {"role":"user","parts":[{"text":"b"}]}]})",
               "[image]", "contents[1].parts[0]");
}

TEST(OddTurns, TextFilesOfTheModelStayItsWords) {
  const Made made = Translate(kAnthropic, kChat, Anthropic(R"([{"role":"user","content":"a"},
      {"role":"assistant","content":[{"type":"document","title":"t","source":{"type":"text",
      "media_type":"text/plain","data":"words"}}]},{"role":"user","content":"b"}])"));
  EXPECT_EQ(Member(made, "messages").at(1),
            testing::Parsed(R"({"role":"assistant","content":"t\n\nwords"})"));
}

TEST(OddTurns, BlocksOfAnothersTurnAreRefused) {
  ExpectRefusal(kAnthropic, Anthropic(R"([{"role":"user","content":"a"},{"role":"assistant",
      "content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}])"),
                "'messages[1]' holds the result of a tool, which only the user gives");
  ExpectRefusal(kAnthropic, Anthropic(R"([{"content":[{"type":"tool_use","id":"t","name":"f",
      "input":{}}],"role":"user"}])"),
                "'messages[0]' holds a call of a tool, which only the model makes");
  ExpectRefusal(kAnthropic, Anthropic(R"([{"role":"user","content":[{"type":"thinking",
      "thinking":"hm","signature":"s"}]}])"),
                "'messages[0]' holds thinking, which is only the model's");
  ExpectRefusal(kAnthropic, Anthropic(R"([{"role":"user","content":[{"type":"tool_result",
      "tool_use_id":"t","content":[{"type":"tool_use","id":"u","name":"f","input":{}}]}]}])"),
                "'messages[0].content[0]' holds a block that stands in messages alone");
  ExpectRefusal(kChat, Chat(R"([{"role":"user","content":"a","tool_calls":[{"id":"t",
      "type":"function","function":{"name":"f","arguments":"{}"}}]}])"),
                "'messages[0]' holds tool_calls, which only the assistant makes");
  ExpectRefusal(kGemini, R"({"contents":[{"role":"user","parts":[{"text":"a"}]},
      {"role":"model","parts":[{"functionResponse":{"name":"f","response":{}}}]}]})",
                "'contents[1]' holds the result of a tool, which only the user gives");
  ExpectRefusal(kGemini,
                R"({"contents":[{"role":"user","parts":[{"functionCall":{"name":"f"}}]}]})",
                "'contents[0]' holds a call of a tool, which only the model makes");
}

TEST(OddTurns, AnErrorThatNobodyAskedForStaysOne) {
  const Made made = Translate(kAnthropic, kChat, Anthropic(R"([{"role":"user","content":[
      {"type":"tool_result","tool_use_id":"t","is_error":true,"content":"no such file"}]}])"));
  EXPECT_EQ(Member(made, "messages"),
            testing::Parsed(R"({"m":[{"role":"user","content":"Error:\n\nno such file"}]})")
                .as_object()
                .at("m"));
}

TEST(OddTurns, ChoicesAmongNoToolsAreRefused) {
  const auto with = [](std::string_view members) {
    return StrCat(R"({"model":"x","messages":[{"role":"user","content":"a"}],)", members, "}");
  };
  ExpectRefusal(kChat, with(R"("tool_choice":"required")"),
                "'tool_choice' wants a call, but there are no 'tools'");
  ExpectRefusal(kChat, with(R"("tools":[{"type":"function","function":{"name":"f"}}],
      "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[
      {"type":"function","function":{"name":"g"}}]}})"),
                "'tool_choice' allows none of 'tools', or only such as run at their provider");
  ExpectRefusal(kResponses, R"({"model":"x","input":"a","tools":[{"type":"function","name":"f"}],
      "tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"web_search"}]}})",
                "'tool_choice' allows none of 'tools', or only such as run at their provider");
  ExpectRefusal(kChat, R"({"model":"x","tool_choice":{"type":"function","function":{"name":"f"}},
      "messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"t",
      "type":"function","function":{"name":"f","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"t","content":"r"}]})",
                "'tool_choice' names a tool that is not among 'tools', or runs at its provider");
  ExpectRefusal(kGemini, R"({"contents":[{"parts":[{"text":"a"}]}],
      "toolConfig":{"functionCallingConfig":{"mode":"ANY"}}})",
                "'toolConfig.functionCallingConfig' wants a call, but there are no 'tools'");
}

TEST(OddTurns, WhatHasNoPlaceIsNamedOrRefused) {
  const Made documents = Translate(kAnthropic, kChat, Anthropic(R"([{"role":"user","content":[
      {"type":"document","context":"why","source":{"type":"text","media_type":"text/plain",
      "data":"d"}},{"type":"search_result","source":"https://a.example","title":"t",
      "content":[{"type":"text","text":"found"}]}]}])"));
  EXPECT_EQ(documents.refusal, "");
  EXPECT_EQ(documents.dropped, "messages[0].content[0].context, messages[0].content[1].source");
  const Made audio = Translate(kChat, kAnthropic, Chat(R"([{"role":"user","content":"a"},
      {"role":"assistant","content":"b","audio":{"id":"x"}},{"role":"user","content":"c"}])"));
  EXPECT_EQ(audio.refusal, "");
  EXPECT_EQ(audio.dropped, "messages[1].audio");
  ExpectRefusal(kChat, R"({"model":"x","messages":[{"role":"user","content":"a"}],
      "response_format":{"type":"grammar","grammar":"g"}})",
                "'response_format.type' must be text, json_object or json_schema for this model");
}

constexpr std::string_view kInterrupted = R"({"model":"x","input":[{"role":"user","content":"a"},
    {"type":"function_call","call_id":"t1","name":"f","arguments":"{}"},
    {"type":"function_call","call_id":"t2","name":"f","arguments":"{}"},
    {"role":"developer","content":"one"},
    {"type":"function_call_output","call_id":"t1","output":"r1"},
    {"role":"developer","content":"two"},
    {"type":"function_call_output","call_id":"t2","output":"r2"},
    {"role":"user","content":"b"}]})";

TEST(OddTurns, ResultsStandRightBehindTheirCalls) {
  const boost::json::value messages =
      Member(Translate(kResponses, kChat, kInterrupted), "messages");
  std::string order;
  for (const boost::json::value& message : messages.as_array()) {
    StrAppend(order, std::string_view(message.at("role").as_string()), " ");
  }
  EXPECT_EQ(order, "user assistant tool tool system system user ");
  EXPECT_EQ(messages.at(2).at("content"), "r1");
  EXPECT_EQ(messages.at(3).at("content"), "r2");
  const boost::json::value turns =
      Member(Translate(kResponses, kAnthropic, kInterrupted), "messages");
  ASSERT_EQ(turns.as_array().size(), 3U);
  EXPECT_EQ(turns.at(2).at("content").as_array().size(), 5U);
}

TEST(OddTurns, NeighboursOfAnEmptyTurnBecomeOne) {
  constexpr std::string_view kMessages = R"([{"role":"user","content":"a"},
      {"role":"assistant","content":""},{"role":"user","content":"b"},
      {"role":"assistant","content":"c"}])";
  EXPECT_EQ(Member(Translate(kChat, kAnthropic, Chat(kMessages)), "messages"),
            testing::Parsed(R"({"m":[{"role":"user","content":[{"type":"text","text":"a"},
                {"type":"text","text":"b"}]},
                {"role":"assistant","content":[{"type":"text","text":"c"}]}]})")
                .as_object()
                .at("m"));
  EXPECT_EQ(Member(Translate(kChat, kGemini, Chat(kMessages)), "contents").as_array().size(), 2U);
  // Nor does "Go on." stand before an answer that says nothing.
  EXPECT_EQ(Member(Translate(kChat, kAnthropic, Chat(R"([{"role":"assistant","content":""},
                {"role":"user","content":"b"}])")),
                   "messages")
                .as_array()
                .size(),
            1U);
}

}  // namespace
}  // namespace weir::relay

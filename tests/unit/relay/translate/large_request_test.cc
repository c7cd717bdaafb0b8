// Requests of a shape that nobody means: nested without end, with thousands of calls, with a member
// twice. They are refused, or translated in time that grows with their size alone.
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

constexpr int kLevels = 30'000;

std::string Repeated(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

std::string Nested(std::string_view head, std::string_view open, std::string_view inside,
                   std::string_view close, std::string_view end) {
  return StrCat(head, Repeated(open, kLevels), inside, Repeated(close, kLevels), end);
}

// Why it was refused; empty where it was not.
std::string Refusal(Dialect client, Dialect upstream, std::string_view body) {
  const auto translation = testing::MakeTranslation(client, upstream);
  const absl::Status status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("m"));
  return std::string(status.message().data(), status.message().size());
}

void ExpectTooDeep(Dialect client, Dialect upstream, std::string_view place,
                   std::string_view body) {
  const std::string refusal = Refusal(client, upstream, body);
  EXPECT_TRUE(refusal.starts_with(StrCat("'", place))) << refusal;
  EXPECT_NE(refusal.find("is nested deeper than 512 levels"), std::string::npos) << refusal;
  EXPECT_LT(refusal.size(), 512U);
}

TEST(LargeRequest, NestingIsBounded) {
  constexpr std::string_view kHead =
      R"({"model":"x","max_tokens":9,"messages":[{"role":"user","content":[)";
  ExpectTooDeep(
      kAnthropic, kChat, "messages[0].content[0].content[0]",
      Nested(kHead, R"({"type":"tool_result","tool_use_id":"t","content":[)", "", "]}", "]}]}"));
  ExpectTooDeep(kAnthropic, kResponses, "messages[0].content[0].source.content[0]",
                Nested(kHead, R"({"type":"document","source":{"type":"content","content":[)", "",
                       "]}}", "]}]}"));
  ExpectTooDeep(kResponses, kAnthropic, "tools[0].tools[0].tools[0]",
                Nested(R"({"model":"x","input":"hi","tools":[)",
                       R"({"type":"namespace","name":"n","tools":[)", "", "]}", "]}"));
  ExpectTooDeep(kResponses, kChat, "tool_choice.tools[0].tools[0]",
                Nested(R"({"model":"x","input":"hi","tool_choice":)",
                       R"({"type":"allowed_tools","mode":"auto","tools":[)", "", "]}", "}"));
}

TEST(LargeRequest, WhatIsNotReadMayNotBeDeepEither) {
  EXPECT_NE(Refusal(kGemini, kChat,
                    Nested(R"({"contents":[{"parts":[{"text":"a"}]}],"tools":[)"
                           R"({"functionDeclarations":[{"name":"f","parameters":)",
                           R"({"items":)", "{}", "}", "}]}]}")),
            "");
  EXPECT_NE(Refusal(kChat, kAnthropic,
                    Nested(R"({"model":"x","messages":[{"role":"user","content":"a"}],"tools":[)"
                           R"({"type":"function","function":{"name":"f","parameters":)",
                           R"({"items":)", "{}", "}", "}}]}")),
            "");
}

// With a search in a list for each it would be ten thousand million steps: minutes, not a moment.
TEST(LargeRequest, ManyCallsAndTools) {
  constexpr int kMany = 100'000;
  std::string calls;
  std::string results;
  std::string parts;
  std::string answers;
  std::string tools;
  for (int i = 0; i < kMany; ++i) {
    const std::string_view comma = i == 0 ? "" : ",";
    StrAppend(calls, comma, R"({"id":"c)", i, R"(","function":{"name":"f)", i,
              R"(","arguments":"{}"}})");
    StrAppend(results, R"(,{"role":"tool","tool_call_id":"c)", kMany - 1 - i,
              R"(","content":"r"})");
    StrAppend(parts, comma, R"({"functionCall":{"name":"f)", i, R"("}})");
    StrAppend(answers, comma, R"({"functionResponse":{"name":"f)", i, R"(","response":{}}})");
    StrAppend(tools, comma, R"({"type":"function","name":"f)", i, R"("})");
  }
  const std::string chat = StrCat(R"({"model":"x","messages":[{"role":"user","content":"a"},)"
                                  R"({"role":"assistant","tool_calls":[)",
                                  calls, "]}", results, "]}");
  EXPECT_EQ(Refusal(kChat, kAnthropic, chat), "");
  const std::string gemini = StrCat(R"({"contents":[{"role":"model","parts":[)", parts,
                                    R"(]},{"role":"user","parts":[)", answers, "]}]}");
  EXPECT_EQ(Refusal(kGemini, kAnthropic, gemini), "");
  const std::string responses =
      StrCat(R"({"model":"x","input":"hi","tools":[{"type":"namespace","name":"n","tools":[)",
             tools, "]}]}");
  EXPECT_EQ(Refusal(kResponses, kChat, responses), "");
}

// Names that are made shorter, and tools that come back as a group's: each call looks its own up.
TEST(LargeRequest, ManyToolsThatAreCalled) {
  constexpr int kMany = 20'000;
  const std::string head = Repeated("n", 70);
  std::string declared;
  std::string grouped;
  std::string calls;
  for (int i = 0; i < kMany; ++i) {
    const std::string_view comma = i == 0 ? "" : ",";
    StrAppend(declared, comma, R"({"name":")", head, i, R"("})");
    StrAppend(grouped, comma, R"({"type":"function","name":"f)", i, R"("})");
    StrAppend(calls, comma, R"({"id":"c)", i, R"(","function":{"name":"g__f)", i,
              R"(","arguments":"{}"}})");
  }
  const auto gemini = testing::MakeTranslation(kGemini, kChat);
  ASSERT_TRUE(testing::TranslateRequest(*gemini,
                                        StrCat(R"({"contents":[{"parts":[{"text":"a"}]}],"tools":[)"
                                               R"({"functionDeclarations":[)",
                                               declared, "]}]}"),
                                        testing::ChangesTo("m"))
                  .ok());
  const boost::json::value sent = testing::Parsed(gemini->request());
  const std::string name =
      sent.at("tools").at(kMany - 1).at("function").at("name").as_string().c_str();
  EXPECT_EQ(name.size(), 64U);
  EXPECT_EQ(gemini->context().tool_names.Original(name), StrCat(head, kMany - 1));

  const auto responses = testing::MakeTranslation(kResponses, kChat);
  ASSERT_TRUE(testing::TranslateRequest(
                  *responses,
                  StrCat(R"({"model":"x","input":"hi","tools":[{"type":"namespace","name":"g",)"
                         R"("tools":[)",
                         grouped, "]}]}"),
                  testing::ChangesTo("m"))
                  .ok());
  const boost::json::value answer = testing::Parsed(testing::TranslatedAnswer(
      *responses, StrCat(R"({"choices":[{"message":{"tool_calls":[)", calls, "]}}]}")));
  const boost::json::value& last = answer.at("output").at(kMany - 1);
  EXPECT_EQ(last.at("name"), boost::json::value(StrCat("f", kMany - 1)));
  EXPECT_EQ(last.at("namespace"), "g");
}

TEST(LargeRequest, AMemberThatStandsThereTwice) {
  EXPECT_EQ(Refusal(kAnthropic, kChat,
                    R"({"model":"x","messages":[{"role":"user","content":"a","content":"b"}]})"),
            "'messages[0].content' stands there twice");
  EXPECT_EQ(Refusal(kChat, kGemini,
                    R"({"model":"x","tools":[],"messages":[{"role":"user","content":"a"}],)"
                    R"("tools":[]})"),
            "'tools' stands there twice");
  EXPECT_EQ(Refusal(kResponses, kChat,
                    R"({"model":"x","input":[{"role":"user","role":"user","content":"a"}]})"),
            "'input[0].role' stands there twice");
  EXPECT_EQ(Refusal(kGemini, kChat, R"({"contents":[{"parts":[{"text":"a","text":"b"}]}]})"),
            "'contents[0].parts[0].text' stands there twice");
}

}  // namespace
}  // namespace weir::relay

// Clients of OpenAI Responses: what of their requests and of their tools no other dialect has.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

namespace json = boost::json;

using testing::kAnthropic;
using testing::kChat;
using testing::kResponses;
using testing::MakeTranslation;
using testing::Parsed;

constexpr Dialect kUpstreams[] = {kChat, kAnthropic};

// What goes upstream for a request with these members; or what is wrong with it.
std::string Sent(Dialect upstream, std::string_view members, std::string* dropped = nullptr) {
  const auto translation = MakeTranslation(kResponses, upstream);
  const std::string body = StrCat(R"({"model":"m",)", members, "}");
  const absl::Status status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("up"));
  if (dropped != nullptr) *dropped = translation->dropped();
  return status.ok() ? translation->request() : std::string(View(status.message()));
}

json::value Messages(Dialect upstream, std::string_view input) {
  const json::value sent = Parsed(Sent(upstream, StrCat(R"("input":)", input)));
  return sent.at("messages");
}

TEST(ResponsesRequest, InstructionsComeFirstWhereverTheyStand) {
  const std::string_view members =
      R"("input":[{"role":"developer","content":"b"},{"role":"user","content":"hi"}],)"
      R"("instructions":"a")";
  EXPECT_EQ(Parsed(Sent(kChat, members)).at("messages"),
            Parsed(R"([{"role":"system","content":"a\n\nb"},{"role":"user","content":"hi"}])"));
  EXPECT_EQ(Parsed(Sent(kAnthropic, members)).at("system"), json::value("a\n\nb"));
}

TEST(ResponsesRequest, TextAloneIsTheUsers) {
  EXPECT_EQ(Messages(kChat, R"("h\u00e9")"), Parsed(R"([{"role":"user","content":"hé"}])"));
}

TEST(ResponsesRequest, PicturesAndFiles) {
  const std::string_view input =
      R"([{"role":"user","content":[{"type":"input_text","text":"see"},)"
      R"({"type":"input_image","detail":"auto","image_url":"data:image/png;base64,AAAA"},)"
      R"({"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}]}])";
  EXPECT_EQ(
      Messages(kAnthropic, input),
      Parsed(
          R"([{"role":"user","content":[{"type":"text","text":"see"},{"type":"image","source":)"
          R"({"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"document","source":)"
          R"({"type":"base64","media_type":"application/pdf","data":"BBBB"},"title":"a.pdf"}]}])"));
  EXPECT_NE(Sent(kChat, R"("input":[{"role":"user","content":[{"type":"input_image",)"
                        R"("file_id":"file-1"}]}])")
                .find("'input[0].content[0]' needs image_url"),
            std::string::npos);
}

TEST(ResponsesRequest, ReasoningGoesBackToItsMakerAlone) {
  const auto input = [](std::string_view signature) {
    return StrCat(R"([{"role":"user","content":"q"},{"type":"reasoning","id":"rs_1",)",
                  R"("summary":[{"type":"summary_text","text":"h"},{"type":"summary_text",)",
                  R"("text":"m"}],"encrypted_content":")", signature,
                  R"("},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},)",
                  R"({"type":"function_call_output","call_id":"c","output":"r"}])");
  };
  const json::value own = Messages(kAnthropic, input("gw1.anthropic_messages.0.SIG"));
  EXPECT_EQ(own.at(1).at("content").at(0),
            Parsed(R"({"type":"thinking","thinking":"h\n\nm","signature":"SIG"})"));
  for (const std::string_view foreign :
       {"gAAAA", "gw1.openai_chat.", "gw1.anthropic_messages.1.SIG"}) {
    const json::value sent = Messages(kAnthropic, input(foreign));
    EXPECT_EQ(sent.at(1).at("content").as_array().size(), 1U) << foreign;
  }
  const json::value chat = Messages(kChat, input("gw1.openai_chat."));
  EXPECT_EQ(chat.at(1).at("reasoning_content"), json::value("h\n\nm"));
}

TEST(ResponsesRequest, AnswersOfToolsMayHoldPictures) {
  const json::value sent = Messages(
      kAnthropic, R"([{"role":"user","content":"q"},)"
                  R"({"type":"custom_tool_call","call_id":"c","name":"p","input":"a\n\"b\""},)"
                  R"({"type":"custom_tool_call_output","call_id":"c","output":[)"
                  R"({"type":"input_text","text":"r"},)"
                  R"({"type":"input_image","image_url":"https://a/b.png"}]}])");
  EXPECT_EQ(sent.at(1).at("content").at(0).at("input"), Parsed(R"({"input":"a\n\"b\""})"));
  EXPECT_EQ(sent.at(2).at("content").at(0),
            Parsed(R"({"type":"tool_result","tool_use_id":"c","content":[)"
                   R"({"type":"text","text":"r"},)"
                   R"({"type":"image","source":{"type":"url","url":"https://a/b.png"}}]})"));
}

constexpr std::string_view kTools =
    R"("tools":[{"type":"namespace","name":"ns","description":"d","tools":[)"
    R"({"type":"function","name":"f","parameters":{"type":"object"}},)"
    R"({"type":"custom","name":"t"}]},)"
    R"({"type":"custom","name":"patch","description":"edits","format":{"type":"grammar",)"
    R"("syntax":"lark","definition":"start: \"a\""}},{"type":"web_search"},)"
    R"({"type":"tool_search","execution":"client"}])";

TEST(ResponsesRequest, GroupsAndTextToolsBecomeFunctions) {
  std::string dropped;
  const std::string members = StrCat(R"("input":"q",)", kTools);
  const json::value sent = Parsed(Sent(kChat, members, &dropped));
  std::vector<std::string> names;
  for (const json::value& tool : sent.at("tools").as_array()) {
    names.emplace_back(tool.at("function").at("name").as_string());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"ns__f", "ns__t", "patch"}));
  const json::value patch = sent.at("tools").at(2).at("function");
  EXPECT_EQ(patch.at("parameters").at("required"), Parsed(R"(["input"])"));
  EXPECT_NE(patch.at("description").as_string().find("start: \"a\""), std::string::npos);
  EXPECT_EQ(dropped, "tools[2], tools[3]");
}

// As Codex sends them for models that it has no list of tools for.
TEST(ResponsesRequest, ToolsThatTheConversationBringsAlong) {
  std::string dropped;
  const std::string members =
      R"("input":[{"tools":[{"type":"namespace","name":"functions","tools":[)"
      R"({"type":"function","name":"exec","parameters":{"type":"object"}},)"
      R"({"type":"custom","name":"apply_patch"}]},{"type":"web_search"}],)"
      R"("type":"additional_tools","role":"developer"},{"role":"user","content":"q"}],)"
      R"("tools":[{"type":"tool_search"}],"tool_choice":{"type":"function",)"
      R"("namespace":"functions","name":"exec"})";
  const json::value sent = Parsed(Sent(kChat, members, &dropped));
  const json::array& tools = sent.at("tools").as_array();
  ASSERT_EQ(tools.size(), 2U);
  EXPECT_EQ(tools[0].at("function").at("name"), json::value("functions__exec"));
  EXPECT_EQ(tools[1].at("function").at("name"), json::value("functions__apply_patch"));
  EXPECT_EQ(sent.at("tool_choice").at("function").at("name"), json::value("functions__exec"));
  EXPECT_EQ(sent.at("messages"), Parsed(R"([{"role":"user","content":"q"}])"));
  EXPECT_EQ(dropped, "input[0].tools[1], tools[0]");
  // What a search found can be called by nobody who was not searched for.
  const std::string found =
      R"("input":[{"type":"tool_search_output","call_id":"s","tools":[{"type":"function",)"
      R"("name":"late"}]},{"role":"user","content":"q"}])";
  EXPECT_EQ(Parsed(Sent(kChat, found, &dropped)).as_object().if_contains("tools"), nullptr);
  EXPECT_EQ(dropped, "input[0]");
}

TEST(ResponsesRequest, WhatCannotBeSaidIsNamed) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {R"("input":"a","previous_response_id":"resp_1")", "'previous_response_id' stands for"},
      {R"("input":"a","conversation":"conv_1")", "'conversation' stands for"},
      {R"("input":"a","prompt":{"id":"p"})", "'prompt' stands for"},
      {R"("input":[{"type":"item_reference","id":"x"}])", "'input[0]' stands for"},
      {R"("input":[{"type":"computer_call","id":"x"}])", "'input[0]' is of a type"},
      {R"("input":[{"role":"user","content":[{"type":"input_audio"}]}])",
       "'input[0].content[0]' is of a type"},
      {R"("input":[{"role":"tool","content":"a"}])", "'input[0]' has a role"},
      {R"("input":[{"type":"function_call_output","output":"a"}])", "'input[0]' has no call_id"},
      {R"("input":[{"type":"function_call","call_id":"a"}])", "'input[0]' needs a call_id"},
      {R"("input":[{"role":"user","content":7}])", "'input[0].content' must be an array"},
      {R"("input":7)", "'input' must be an array"},
      {R"("input":[])", "'input' must hold"},
      {R"("input":"a","tools":[{"type":"web_search"}])", "'tools' holds only tools that run at"},
      {R"("input":"a","tools":[{"type":"function"}])", "'tools[0]' has no name"},
      {R"("input":"a","tool_choice":{"type":"web_search"})", "'tool_choice' must be auto"},
      {R"("input":"a","tool_choice":"sometimes")", "'tool_choice' must be auto"},
  };
  for (const Dialect upstream : kUpstreams) {
    for (const auto& [members, problem] : kCases) {
      EXPECT_EQ(Sent(upstream, members).find(problem), 0U) << members << "\n"
                                                           << Sent(upstream, members);
    }
  }
}

TEST(ResponsesRequest, WhatIsLeftOutIsNamed) {
  std::string dropped;
  Sent(kChat,
       R"("input":"a","store":true,"truncation":"auto","prompt_cache_key":"k","include":)"
       R"(["reasoning.encrypted_content","x"],"text":{"verbosity":"low"})",
       &dropped);
  EXPECT_EQ(dropped, "store, truncation, prompt_cache_key, include[1], text.verbosity");
}

TEST(ResponsesRequest, ToolsThatMayBeCalled) {
  const json::value sent = Parsed(
      Sent(kChat, StrCat(R"("input":"q","tool_choice":{"type":"allowed_tools","mode":"required",)",
                         R"("tools":[{"type":"custom","name":"patch"}]},)", kTools)));
  EXPECT_EQ(sent.at("tools").as_array().size(), 1U);
  EXPECT_EQ(sent.at("tool_choice"), json::value("required"));
  const json::value forced =
      Parsed(Sent(kChat, StrCat(R"("input":"q","tool_choice":{"type":"function","namespace":"ns",)",
                                R"("name":"f"},)", kTools)));
  EXPECT_EQ(forced.at("tool_choice").at("function").at("name"), json::value("ns__f"));
}

// The answer of a Chat upstream with calls of these tools, an event for each of their pieces.
struct Piece {
  int index;
  std::string_view name;  // empty = more of it
  std::string arguments;
};

std::string ChatStream(const std::vector<Piece>& pieces, std::string_view finish) {
  std::string out;
  const auto add = [&out](const json::value& choice) {
    StrAppend(out, "data: ",
              json::serialize(json::value{{"model", "up"}, {"choices", json::array{choice}}}),
              "\n\n");
  };
  for (const Piece& piece : pieces) {
    json::object function = {{"arguments", piece.arguments}};
    json::object call = {{"index", piece.index}};
    if (!piece.name.empty()) {
      function["name"] = json::string_view(piece.name.data(), piece.name.size());
      call["id"] = StrCat("call_", piece.index);
    }
    call["function"] = function;
    add({{"index", 0}, {"delta", {{"tool_calls", json::array{call}}}}});
  }
  add({{"index", 0},
       {"delta", json::object()},
       {"finish_reason", json::string_view(finish.data(), finish.size())}});
  return out + "data: [DONE]\n\n";
}

struct Event {
  std::string name;
  json::value data;
};

std::vector<Event> EventsOf(std::string_view stream) {
  std::vector<Event> events;
  std::string joined;
  SseEvent event;
  while (NextSseEvent(stream, event, joined)) {
    events.push_back({std::string(event.name), Parsed(event.data)});
    EXPECT_EQ(events.back().data.at("type"), json::value(events.back().name));
    EXPECT_EQ(events.back().data.at("sequence_number"), json::value(events.size() - 1));
  }
  EXPECT_TRUE(stream.empty());
  return events;
}

std::vector<Event> Answered(const std::vector<Piece>& pieces,
                            std::string_view finish = "tool_calls") {
  const auto translation = MakeTranslation(kResponses, kChat);
  const std::string body = StrCat(R"({"model":"m","input":"q",)", kTools, "}");
  EXPECT_TRUE(testing::TranslateRequest(*translation, body, testing::ChangesTo("up")).ok());
  const std::string stream = ChatStream(pieces, finish);
  const std::string made = testing::TranslatedStream(*translation, stream, stream.size());
  EXPECT_FALSE(translation->failed());
  EXPECT_EQ(translation->events(), static_cast<std::int64_t>(EventsOf(made).size()));
  return EventsOf(made);
}

std::string Deltas(const std::vector<Event>& events, std::string_view type, int output_index) {
  std::string out;
  for (const Event& event : events) {
    if (event.name != type || event.data.at("output_index").to_number<int>() != output_index)
      continue;
    out += std::string(event.data.at("delta").as_string());
  }
  return out;
}

TEST(ResponsesTools, TextComesBackAsTextHoweverItIsCut) {
  const std::string said = "*** Begin\n\"a\"\\ ü \xF0\x9F\x98\x80\ttab";
  const std::string plain = json::serialize(json::value{{"input", said}});
  const std::string escaped = R"({"input":"*** Begin\n\"a\"\\ \u00fc \ud83d\uDE00\ttab"})";
  for (std::size_t at = 0; at <= plain.size() + escaped.size() + 1; ++at) {
    const std::string& arguments = at <= plain.size() ? plain : escaped;
    const std::size_t cut = at <= plain.size() ? at : at - plain.size() - 1;
    const bool in_a_letter =
        cut < arguments.size() && (static_cast<unsigned char>(arguments[cut]) & 0xC0) == 0x80;
    if (in_a_letter) continue;  // no event can be cut there
    const std::vector<Event> events = Answered(
        {{0, "patch", ""}, {0, "", arguments.substr(0, cut)}, {0, "", arguments.substr(cut)}});
    EXPECT_EQ(Deltas(events, "response.custom_tool_call_input.delta", 0), said) << cut;
    const json::value& item = events.back().data.at("response").at("output").at(0);
    EXPECT_EQ(item.at("type"), json::value("custom_tool_call"));
    EXPECT_EQ(item.at("name"), json::value("patch"));
    EXPECT_EQ(item.at("input"), json::value(said)) << cut;
  }
}

TEST(ResponsesTools, ArgumentsThatHoldNoTextAreTheText) {
  const std::vector<Event> events = Answered({{0, "patch", "*** Begin"}, {0, "", " Patch"}});
  const json::value& item = events.back().data.at("response").at("output").at(0);
  EXPECT_EQ(item.at("input"), json::value("*** Begin Patch"));
  EXPECT_EQ(Deltas(events, "response.custom_tool_call_input.delta", 0), "*** Begin Patch");
}

TEST(ResponsesTools, GroupsComeBackAsGroups) {
  const std::vector<Event> events =
      Answered({{0, "ns__f", "{\"a\":1}"}, {1, "ns__t", "{\"input\":\"x\"}"}});
  const json::value& output = events.back().data.at("response").at("output");
  EXPECT_EQ(output.at(0).at("type"), json::value("function_call"));
  EXPECT_EQ(output.at(0).at("name"), json::value("f"));
  EXPECT_EQ(output.at(0).at("namespace"), json::value("ns"));
  EXPECT_EQ(output.at(1).at("type"), json::value("custom_tool_call"));
  EXPECT_EQ(output.at(1).at("name"), json::value("t"));
  EXPECT_EQ(output.at(1).at("namespace"), json::value("ns"));
  EXPECT_EQ(output.at(1).at("input"), json::value("x"));
}

TEST(ResponsesTools, CallsMayComeInterleaved) {
  const std::vector<Event> events =
      Answered({{0, "a", "{"}, {1, "b", "{\"x\""}, {0, "", "}"}, {1, "", ":1}"}});
  EXPECT_EQ(Deltas(events, "response.function_call_arguments.delta", 0), "{}");
  EXPECT_EQ(Deltas(events, "response.function_call_arguments.delta", 1), "{\"x\":1}");
  const json::value& output = events.back().data.at("response").at("output");
  EXPECT_EQ(output.at(0).at("arguments"), json::value("{}"));
  EXPECT_EQ(output.at(1).at("arguments"), json::value("{\"x\":1}"));
}

TEST(ResponsesTools, ACallThatWasCutOffSaysSo) {
  const std::vector<Event> events = Answered({{0, "a", "{}"}, {1, "b", "{\"x\""}}, "length");
  EXPECT_EQ(events.back().name, "response.incomplete");
  const json::value& response = events.back().data.at("response");
  EXPECT_EQ(response.at("incomplete_details").at("reason"), json::value("max_output_tokens"));
  EXPECT_EQ(response.at("output").at(0).at("status"), json::value("completed"));
  EXPECT_EQ(response.at("output").at(1).at("status"), json::value("incomplete"));
}

TEST(ResponsesTools, MoreArgumentsThanWereToComeAreAnError) {
  const auto translation = MakeTranslation(kResponses, kChat);
  const std::string stream =
      ChatStream({{0, "a", "{}"}, {1, "b", "{}"}, {0, "", " "}, {0, "", "x"}}, "tool_calls");
  testing::TranslatedStream(*translation, stream, stream.size());
  EXPECT_TRUE(translation->failed());
}

// Of `delta` many times over, up to `bytes`; the end is still to come.
std::string ManyDeltas(const json::object& delta, std::size_t bytes) {
  const std::string event = StrCat(
      "data: ",
      json::serialize(json::value{{"choices", json::array{{{"index", 0}, {"delta", delta}}}}}),
      "\n\n");
  std::string out;
  while (out.size() < bytes) out += event;
  return out;
}

TEST(ResponsesAnswer, AStreamHoldsItsAnswerOnceAndNoMore) {
  constexpr std::size_t kMiB = 1024 * 1024;
  const json::object delta = {{"content", std::string(10'000, 'x')}};
  const auto translation = MakeTranslation(kResponses, kChat);
  const std::string some = ManyDeltas(delta, 2 * kMiB);
  testing::TranslatedStream(*translation, some, some.size());
  EXPECT_FALSE(translation->failed());
  EXPECT_GE(translation->held_bytes(), some.size() - kMiB / 8);
  EXPECT_LE(translation->held_bytes(), 2 * some.size() + some.capacity());
  const auto endless = MakeTranslation(kResponses, kChat);
  const std::string too_much = ManyDeltas(delta, 5 * kMiB);
  testing::TranslatedStream(*endless, too_much, too_much.size());
  EXPECT_TRUE(endless->failed());
}

// Their arguments hold the text, so one of the two is enough.
TEST(ResponsesAnswer, ToolsThatTakeTextAreHeldOnce) {
  const auto translation = MakeTranslation(kResponses, kChat);
  const std::string body = StrCat(R"({"model":"m","input":"q",)", kTools, "}");
  ASSERT_TRUE(testing::TranslateRequest(*translation, body, testing::ChangesTo("up")).ok());
  translation->BeginAnswer(Translation::AnswerForm::kStream, /*wants_stream=*/true, 200);
  const auto feed = [&](const std::vector<Piece>& pieces) {
    std::string stream = ChatStream(pieces, "tool_calls");
    stream.resize(stream.rfind("data: [DONE]"));
    stream.resize(stream.rfind("data: "));  // that it stops
    translation->Feed(stream, /*last=*/false);
  };
  feed({{0, "patch", R"({"input":")"}});
  for (int i = 0; i < 100; ++i) feed({{0, "", std::string(10'000, 'x')}});
  feed({{0, "", "\"}"}});
  EXPECT_FALSE(translation->failed());
  EXPECT_GE(translation->held_bytes(), 1'000'000U);
  EXPECT_LE(translation->held_bytes(), 2'000'000U);
}

TEST(ResponsesAnswer, WholeAnswersKnowTheToolsToo) {
  const auto translation = MakeTranslation(kResponses, kChat);
  const std::string body = StrCat(R"({"model":"m","input":"q",)", kTools, "}");
  ASSERT_TRUE(testing::TranslateRequest(*translation, body, testing::ChangesTo("up")).ok());
  const std::string made = testing::TranslatedAnswer(
      *translation,
      R"({"model":"up","choices":[{"index":0,"finish_reason":"tool_calls","message":{"tool_calls":[)"
      R"({"id":"c","function":{"name":"patch","arguments":"{\"input\":\"a\\nb\"}"}},)"
      R"({"id":"d","function":{"name":"ns__f","arguments":"{}"}}]}}],"usage":{"prompt_tokens":3,)"
      R"("completion_tokens":2}})");
  const json::value response = Parsed(made);
  EXPECT_EQ(response.at("output").at(0).at("input"), json::value("a\nb"));
  EXPECT_EQ(response.at("output").at(1).at("namespace"), json::value("ns"));
  EXPECT_EQ(response.at("usage").at("total_tokens"), json::value(5));
}

// The text that a tool which takes text gets of these arguments; in a stream and as a whole.
std::string InputOf(const std::vector<std::string_view>& pieces) {
  const auto ask = [](Translation& translation) {
    ASSERT_TRUE(testing::TranslateRequest(
                    translation,
                    R"({"model":"m","input":"q","tools":[{"type":"custom","name":"patch"}]})",
                    testing::ChangesTo("up"))
                    .ok());
  };
  std::string stream;
  std::string whole;
  std::string_view head = R"("id":"c","function":{"name":"patch","arguments":")";
  for (const std::string_view piece : pieces) {
    StrAppend(stream, R"(data: {"choices":[{"delta":{"tool_calls":[{"index":0,)", head, piece,
              "\"}}]}}]}\n\n");
    head = R"("function":{"arguments":")";
    whole += piece;
  }
  stream += "data: [DONE]\n\n";
  const auto in_stream = MakeTranslation(kResponses, kChat);
  ask(*in_stream);
  const std::string events = testing::TranslatedStream(*in_stream, stream, 0);
  const std::size_t last = events.rfind("data: ");
  const json::value end = Parsed(std::string_view(events).substr(last + 6));
  const auto at_once = MakeTranslation(kResponses, kChat);
  ask(*at_once);
  const json::value answer = Parsed(testing::TranslatedAnswer(
      *at_once, StrCat(R"({"choices":[{"message":{"tool_calls":[{"id":"c","function":)",
                       R"({"name":"patch","arguments":")", whole,
                       R"("}}]},"finish_reason":"tool_calls"}]})")));
  const json::value input = end.at("response").at("output").at(0).at("input");
  EXPECT_EQ(input, answer.at("output").at(0).at("input"));
  return std::string(input.as_string());
}

TEST(ResponsesAnswer, OnlyTheOutermostInputThatIsTextIsTheText) {
  EXPECT_EQ(InputOf({R"({\"input\":)", R"( \"a\\nb\"})"}), "a\nb");
  EXPECT_EQ(InputOf({R"({\"x\":{\"input\":\"inner\"},\"input\":\"outer\"})"}), "outer");
  EXPECT_EQ(InputOf({R"({\"x\":\"input\",\"input\":\"y\"})"}), "y");
  EXPECT_EQ(InputOf({R"({\"x\\\"\":\"\\\\\",\"input\":\"y\"})"}), "y");
  for (const std::string_view other :
       {R"({\"input\":[\"a\",\"b\"]})", R"({\"input\":{\"text\":\"deep\"}})",
        R"({\"input\":{\"input\":\"deep\"}})", R"({\"x\":\"input\"})"}) {
    std::string plain(other);
    plain.erase(std::remove(plain.begin(), plain.end(), '\\'), plain.end());
    EXPECT_EQ(InputOf({other}), plain);
  }
}

TEST(ResponsesAnswer, PairsOfSurrogatesMayComeApart) {
  EXPECT_EQ(InputOf({R"({\"input\":\"a\ud83d)", R"(\ude00b\"})"}),
            "a\xF0\x9F\x98\x80"
            "b");
  EXPECT_EQ(InputOf({R"({\"input\":\"a\\\\ud83d)", R"(b\"})"}), "a\\ud83db");
}

TEST(ResponsesRequest, ArgumentsThatAreNoTextAreRefused) {
  for (const Dialect upstream : kUpstreams) {
    EXPECT_EQ(Sent(upstream, R"("input":[{"role":"user","content":"q"},{"type":"function_call",)"
                             R"("call_id":"c","name":"f","arguments":{"a":1}}])"),
              "'input[1]' has 'arguments' that is no text");
    EXPECT_EQ(Sent(upstream, R"("input":[{"type":"custom_tool_call","call_id":"c","name":"f",)"
                             R"("input":{"x":1}}])"),
              "'input[0]' has 'input' that is no text");
  }
}

TEST(ResponsesAnswer, AnEndOfTheGatewaysOwnIsToldAsAFailedResponse) {
  const auto translation = MakeTranslation(kResponses, kChat);
  translation->BeginAnswer(Translation::AnswerForm::kStream, /*wants_stream=*/true, 200);
  translation->Feed("data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n", false);
  const std::int64_t sequence = translation->events();
  const std::string event(translation->BreakOff("it \"broke\""));
  ASSERT_TRUE(event.starts_with("event: response.failed\ndata: ")) << event;
  const json::value failed = Parsed(std::string_view(event).substr(event.find('{')));
  EXPECT_EQ(failed.at("sequence_number"), json::value(sequence + 1)) << "behind the error";
  EXPECT_EQ(failed.at("response").at("status"), json::value("failed"));
  EXPECT_EQ(failed.at("response").at("error").at("message"), json::value("it \"broke\""));
  EXPECT_EQ(failed.at("response").at("output").at(0).at("content").at(0).at("text"),
            json::value("one"));
  EXPECT_TRUE(translation->BreakOff("again").empty());
}

}  // namespace
}  // namespace weir::relay

// What targets cannot take, through whole translations: what is sent instead, and what is refused.
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using namespace testing;

struct Sent {
  boost::json::object body;
  std::string dropped;
  std::string refusal;
};

Sent Send(Dialect client, Dialect upstream, std::string_view body, const Target& target,
          bool stream = false) {
  const auto translation = MakeTranslation(client, upstream);
  const absl::Status status = TranslateRequest(*translation, body, ChangesTo("m"), stream, target);
  if (!status.ok()) return {{}, {}, std::string(View(status.message()))};
  return {Parsed(translation->request()).as_object(), translation->dropped(), {}};
}

Sent ToChat(std::string_view body, const Target& target, bool stream = false) {
  return Send(kAnthropic, kChat, body, target, stream);
}

std::string_view RoleOf(const Sent& sent, std::size_t i) {
  const auto& role = sent.body.at("messages").as_array().at(i).at("role").as_string();
  return {role.data(), role.size()};
}

std::string Text(const boost::json::value& value) {
  return boost::json::value_to<std::string>(value);
}

constexpr std::string_view kAsk = R"("max_tokens":64,"messages":[{"role":"user","content":"Hi"}])";
constexpr std::string_view kTools =
    R"("tools":[{"name":"f","input_schema":{"type":"object"},"strict":true}])";

std::string WithImage(std::string_view type) {
  return StrCat(
      R"({"max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"x"},)",
      R"({"type":"image","source":{"type":"base64","media_type":")", type,
      R"(","data":"AAAA"}}]}]})");
}

TEST(TargetFitTest, PicturesThatAreNotReadAreNamedByTheirPlace) {
  const Target none{.takes_images = false};
  EXPECT_EQ(ToChat(WithImage("image/png"), none).refusal,
            "'messages[0].content[1]' holds an image, which this model's provider does not read");
  const Target few{.takes_gif = false, .takes_webp = false, .takes_other_images = false};
  for (const std::string_view type : {"image/gif", "image/webp", "image/tiff", "application/pdf"}) {
    EXPECT_TRUE(ToChat(WithImage(type), few).refusal.starts_with("'messages[0].content[1]' holds"))
        << type;
    EXPECT_EQ(ToChat(WithImage(type), {}).refusal, "") << type;
  }
  const Sent jpg = ToChat(WithImage("image/jpg"), few);
  const auto& part = jpg.body.at("messages").at(0).at("content").at(1);
  EXPECT_EQ(Text(part.at("image_url").at("url")), "data:image/jpeg;base64,AAAA");
}

TEST(TargetFitTest, PicturesOfPhonesAreAKindOfTheirOwn) {
  const Target gemini{.takes_gif = false, .takes_other_images = false};
  const Target openai{.takes_heic = false, .takes_other_images = false};
  for (const std::string_view type : {"image/heic", "image/heif"}) {
    EXPECT_EQ(Send(kAnthropic, kGemini, WithImage(type), gemini).refusal, "") << type;
    EXPECT_TRUE(ToChat(WithImage(type), openai).refusal.starts_with("'messages[0].content[1]'"))
        << type;
  }
}

std::string WithTextFile(std::string_view data) {
  return StrCat(
      R"({"contents":[{"parts":[{"text":"x"},{"inlineData":{"mimeType":"text/csv","data":")", data,
      R"("}}]}]})");
}

TEST(TargetFitTest, TextsThatAreFilesAreSaid) {
  // "a,\"b\"\n" and an umlaut, with what JSON may make of base64.
  for (const std::string_view data : {"YSwiYiIKw7w=", "YSwiYiIKw7w", R"(YSwi\nYiIK\r\nw7w=)"}) {
    const Sent sent = Send(kGemini, kAnthropic, WithTextFile(data), {});
    EXPECT_EQ(sent.refusal, "");
    const auto& block = sent.body.at("messages").at(0).at("content").at(1);
    EXPECT_EQ(Text(block.at("type")), "text");
    EXPECT_EQ(Text(block.at("text")), "a,\"b\"\n\u00fc");
  }
  // Nobody who reads no documents is asked to.
  const Sent chat = Send(kGemini, kChat, WithTextFile("YQ=="), {.takes_documents = false});
  EXPECT_EQ(Text(chat.body.at("messages").at(0).at("content")), "x\n\na");
  const Sent file =
      Send(kChat, kAnthropic,
           R"({"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"f.txt",)"
           R"("file_data":"data:text\/plain;base64,Pz8\/"}}]}]})",
           {});
  EXPECT_EQ(Text(file.body.at("messages").at(0).at("content").at(1).at("text")), "???");
}

TEST(TargetFitTest, SlashesMayBeEscaped) {
  const Target few{.takes_gif = false, .takes_other_images = false};
  EXPECT_EQ(ToChat(WithImage(R"(image\/png)"), few).refusal, "");
  EXPECT_TRUE(ToChat(WithImage(R"(image\/gif)"), few).refusal.starts_with("'messages[0]"));
  const Sent url = Send(
      kGemini, kAnthropic,
      R"({"contents":[{"parts":[{"fileData":{"mimeType":"image\/png","fileUri":"https:\/\/a\/b"}}]}]})",
      few);
  EXPECT_EQ(Text(url.body.at("messages").at(0).at("content").at(0).at("source").at("url")),
            "https://a/b");
}

TEST(TargetFitTest, TextsThatAreNoTextsAreNamedByTheirPlace) {
  for (const std::string_view data : {"iVBORw0KGgo=", "a$b", R"(YQ\u003d)"}) {
    EXPECT_EQ(Send(kGemini, kAnthropic, WithTextFile(data), {}).refusal,
              "'contents[0].parts[1]' holds a text that is not UTF-8 in base64")
        << data;
  }
}

TEST(TargetFitTest, PicturesByAddressAndDocuments) {
  const std::string_view image =
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y"}}]}]})";
  EXPECT_EQ(Send(kChat, kAnthropic, image, {}).refusal, "");
  EXPECT_TRUE(Send(kChat, kAnthropic, image, {.takes_image_urls = false})
                  .refusal.starts_with("'messages[0].content[0]' holds an image by its address"));
  const std::string_view file =
      R"({"input":[{"role":"user","content":[{"type":"input_file","file_data":"data:application/pdf;base64,AA=="}]}]})";
  EXPECT_EQ(Send(kResponses, kAnthropic, file, {}).refusal, "");
  EXPECT_TRUE(Send(kResponses, kAnthropic, file, {.takes_documents = false})
                  .refusal.starts_with("'input[0].content[0]' holds a document"));
}

TEST(TargetFitTest, FieldsThatAreNotTakenAreLeftOutAndNamed) {
  const std::string body = StrCat(
      "{", kAsk, ",", kTools, R"(,"tool_choice":{"type":"auto","disable_parallel_tool_use":true},)",
      R"("metadata":{"user_id":"u"},"stop_sequences":["a"]})");
  const Sent all = ToChat(body, {});
  EXPECT_TRUE(all.body.contains("parallel_tool_calls") && all.body.contains("user"));
  EXPECT_TRUE(all.body.at("tools").at(0).at("function").as_object().contains("strict"));
  const Sent sent = ToChat(body, {.takes_parallel_tool_calls = false,
                                  .takes_strict_tools = false,
                                  .takes_user = false,
                                  .stops_max = 0});
  for (const std::string_view gone : {"parallel_tool_calls", "user", "stop"}) {
    EXPECT_FALSE(sent.body.contains(gone)) << gone;
  }
  EXPECT_FALSE(sent.body.at("tools").at(0).at("function").as_object().contains("strict"));
  EXPECT_EQ(sent.dropped, "parallel_tool_calls, user, stop_sequences");
  EXPECT_TRUE(ToChat(body, {}, true).body.contains("stream_options"));
  EXPECT_FALSE(ToChat(body, {.takes_stream_options = false}, true).body.contains("stream_options"));
}

TEST(TargetFitTest, ASchemaBecomesAnInstruction) {
  const std::string body = StrCat(
      R"({"system":"Be brief",)", kAsk,
      R"(,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","x":"\"q\""}}}})");
  const Sent object = ToChat(body, {.takes_json_schema = false});
  EXPECT_EQ(Text(object.body.at("response_format").at("type")), "json_object");
  const std::string system = Text(object.body.at("messages").at(0).at("content"));
  EXPECT_TRUE(system.starts_with("Be brief\n\nAnswer with one JSON object")) << system;
  EXPECT_TRUE(system.ends_with(R"(JSON schema: {"type":"object","x":"\"q\""})")) << system;
  const Sent text = ToChat(body, {.takes_json_schema = false, .takes_json_object = false});
  EXPECT_FALSE(text.body.contains("response_format"));
  EXPECT_EQ(Text(text.body.at("messages").at(0).at("content")), system);
  const Sent messages = Send(
      kChat, kAnthropic,
      R"({"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}})",
      {.takes_json_schema = false});
  EXPECT_FALSE(messages.body.contains("output_config"));
  EXPECT_NE(Text(messages.body.at("system")).find(R"({"type":"object"})"), std::string::npos);
}

TEST(TargetFitTest, TheSystemWhereItMayNotSpeak) {
  const std::string_view body =
      R"({"max_tokens":9,"system":"S","messages":[{"role":"user","content":"a"},
       {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
       {"role":"system","content":"later"},
       {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]})";
  const Sent developer = ToChat(body, {.developer_role = true});
  EXPECT_EQ(RoleOf(developer, 0), "developer");
  const Sent first = ToChat(body, {.takes_later_system = false});
  ASSERT_EQ(first.body.at("messages").as_array().size(), 5u);
  EXPECT_EQ(RoleOf(first, 0), "system");
  EXPECT_EQ(RoleOf(first, 3), "tool") << "results come right behind their calls";
  EXPECT_EQ(RoleOf(first, 4), "user");
  EXPECT_EQ(Text(first.body.at("messages").at(4).at("content")),
            "<system-reminder>\nlater\n</system-reminder>");
  const Sent never = ToChat(body, {.takes_system = false});
  EXPECT_EQ(RoleOf(never, 0), "user");
  EXPECT_EQ(Text(never.body.at("messages").at(0).at("content")), "S");
}

TEST(TargetFitTest, ToolsAsMistralWantsThem) {
  const std::string_view body =
      R"({"max_tokens":9,"messages":[{"role":"user","content":"a"},
       {"role":"assistant","content":[{"type":"tool_use","id":"toolu_01","name":"f","input":{}},
                                      {"type":"tool_use","id":"abcDEF123","name":"f","input":{}}]},
       {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_01","content":"r"},
                                 {"type":"text","text":"and?"}]}]})";
  const Sent sent = ToChat(body, {.assistant_after_tool = true, .short_tool_ids = true});
  const auto& messages = sent.body.at("messages").as_array();
  ASSERT_EQ(messages.size(), 6u);
  const std::string id = Text(messages[1].at("tool_calls").at(0).at("id"));
  EXPECT_EQ(id.size(), 9u);
  EXPECT_EQ(Text(messages[1].at("tool_calls").at(1).at("id")), "abcDEF123") << "its own";
  std::vector<std::string> answered;
  for (const std::size_t i : {2U, 3U}) answered.push_back(Text(messages[i].at("tool_call_id")));
  std::sort(answered.begin(), answered.end());
  std::vector<std::string> asked = {id, "abcDEF123"};
  std::sort(asked.begin(), asked.end());
  EXPECT_EQ(answered, asked);
  EXPECT_EQ(RoleOf(sent, 4), "assistant");
  EXPECT_EQ(RoleOf(sent, 5), "user");
  EXPECT_EQ(ToChat(body, {}).body.at("messages").as_array().size(), 5u);
}

TEST(TargetFitTest, HowToThinkInAProvidersOwnWords) {
  const std::string on =
      StrCat("{", kAsk, R"(,"thinking":{"type":"enabled","budget_tokens":2000}})");
  const std::string off = StrCat("{", kAsk, R"(,"thinking":{"type":"disabled"}})");
  const std::string unsaid = StrCat("{", kAsk, "}");
  const Target type{.thinking_as_type = true};
  EXPECT_EQ(Text(ToChat(on, type).body.at("thinking").at("type")), "enabled");
  EXPECT_EQ(Text(ToChat(on, type).body.at("reasoning_effort")), "low");
  EXPECT_EQ(Text(ToChat(off, type).body.at("thinking").at("type")), "disabled");
  EXPECT_FALSE(ToChat(unsaid, type).body.contains("thinking"));
  const Target flag{.takes_effort = false, .thinking_as_flag = true};
  const Sent streamed = ToChat(on, flag, true);
  EXPECT_TRUE(streamed.body.at("enable_thinking").as_bool());
  EXPECT_EQ(streamed.body.at("thinking_budget").as_int64(), 2000);
  EXPECT_EQ(streamed.dropped, "");
  const Sent whole = ToChat(on, flag);
  EXPECT_FALSE(whole.body.at("enable_thinking").as_bool());
  EXPECT_EQ(whole.dropped, "thinking");
  EXPECT_FALSE(ToChat(unsaid, flag).body.contains("enable_thinking"));
  const std::string_view effort =
      R"({"messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"high"})";
  EXPECT_TRUE(Send(kChat, kAnthropic, effort, {}).body.contains("thinking"));
  EXPECT_FALSE(
      Send(kChat, kAnthropic, effort, {.takes_thinking = false}).body.contains("thinking"));
}

TEST(TargetFitTest, ReasoningTextOnEveryAnswer) {
  const std::string_view body =
      R"({"max_tokens":9,"messages":[{"role":"user","content":"a"},
       {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"of Claude"},
                                      {"type":"text","text":"b"}]},
       {"role":"assistant","content":"c"},{"role":"user","content":"d"}]})";
  const Sent sent = ToChat(body, {.wants_reasoning_text = true});
  EXPECT_EQ(Text(sent.body.at("messages").at(1).at("reasoning_content")), "");
  EXPECT_FALSE(
      ToChat(body, {}).body.at("messages").at(1).as_object().contains("reasoning_content"));
}

}  // namespace
}  // namespace weir::relay

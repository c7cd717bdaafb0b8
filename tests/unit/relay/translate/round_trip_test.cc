// There and back: what the table of docs/protocols.md keeps is kept, over made-up conversations and
// answers.
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/translate/anthropic/answer_reader.h"
#include "services/relay/translate/anthropic/stream_writer.h"
#include "services/relay/translate/gemini/answer_reader.h"
#include "services/relay/translate/gemini/stream_writer.h"
#include "services/relay/translate/openai_chat/answer_reader.h"
#include "services/relay/translate/openai_chat/stream_writer.h"
#include "services/relay/translate/openai_responses/answer_reader.h"
#include "services/relay/translate/openai_responses/stream_writer.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::Parsed;

constexpr int kRounds = 400;

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::size_t Below(std::size_t count) { return random_() % count; }
  bool Maybe() { return Below(2) == 0; }
  // Escaped text, never empty.
  std::string Text() {
    static constexpr std::string_view kPieces[] = {
        "word",           " ",  "\\n",  "\\\"q\\\"", "\xC3\xA9",  "\\u00e9",
        "\\ud83d\\ude00", "{}", "\\\\", "data: ",    "</system>", "\\t"};
    std::string text = "t";
    for (std::size_t i = Below(6); i > 0; --i) text += kPieces[Below(std::size(kPieces))];
    return text;
  }

 private:
  std::mt19937 random_;
};

// An Anthropic request of what both protocols can say.
class Conversation {
 public:
  explicit Conversation(Maker& make, bool pictures_by_url = true)
      : make_(make), pictures_by_url_(pictures_by_url) {
    for (std::size_t turns = 1 + make_.Below(4); turns > 0; --turns) AddTurns();
    AddUser({});
  }

  std::string Body() {
    std::string body = R"({"model":"m","max_tokens":50000,"messages":[)" + messages_ + "]";
    if (make_.Maybe()) StrAppend(body, R"(,"system":")", make_.Text(), '"');
    if (make_.Maybe()) body += R"(,"stop_sequences":["a","b\n"])";
    if (make_.Maybe()) body += R"(,"metadata":{"user_id":"u"})";
    const bool thinks = make_.Maybe();
    if (thinks) body += R"(,"thinking":{"type":"enabled","budget_tokens":8192})";
    if (!thinks && make_.Maybe()) body += R"(,"temperature":0.25)";
    body += R"(,"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}},)"
            R"({"name":"g","strict":true,"input_schema":{"a":[1,{"b":null}]}}])";
    if (make_.Maybe()) body += R"(,"tool_choice":{"type":"auto","disable_parallel_tool_use":true})";
    return body + "}";
  }

 private:
  void Add(std::string_view role, std::string_view content) {
    StrAppend(messages_, messages_.empty() ? "" : ",", R"({"role":")", role, R"(","content":[)",
              content, "]}");
  }
  void AddUser(std::string_view results) {
    std::string content(results);
    const auto add = [&content](std::string_view block) {
      StrAppend(content, content.empty() ? "" : ",", block);
    };
    for (std::size_t blocks = 1 + make_.Below(2); blocks > 0; --blocks) {
      add(StrCat(R"({"type":"text","text":")", make_.Text(), "\"}"));
    }
    if (make_.Maybe()) {
      add(R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}})");
    }
    if (make_.Maybe() && pictures_by_url_) {
      add(R"({"type":"image","source":{"type":"url","url":"https://a/b"}})");
    }
    Add("user", content);
  }
  void AddTurns() {
    AddUser(results_);
    results_.clear();
    std::string content = StrCat(R"({"type":"text","text":")", make_.Text(), "\"}");
    for (std::size_t calls = make_.Below(3); calls > 0; --calls) {
      const std::string id = StrCat("call_", ++ids_);
      StrAppend(content, R"(,{"type":"tool_use","id":")", id, R"(","name":"f","input":{"x":")",
                make_.Text(), "\"}}");
      StrAppend(results_, results_.empty() ? "" : ",", R"({"type":"tool_result","tool_use_id":")",
                id, R"(","content":")", make_.Text(), "\"}");
    }
    Add("assistant", content);
    if (results_.empty()) return;
    AddUser(results_);
    results_.clear();
    Add("assistant", StrCat(R"({"type":"text","text":")", make_.Text(), "\"}"));
  }

  Maker& make_;
  bool pictures_by_url_;
  std::string messages_;
  std::string results_;
  int ids_ = 0;
};

std::string Sent(Dialect client, Dialect upstream, std::string_view body) {
  const auto translation = testing::MakeTranslation(client, upstream);
  const absl::Status status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("m"));
  EXPECT_TRUE(status.ok()) << status << "\n" << body;
  return translation->request();
}

TEST(RoundTrip, ConversationsSayTheSameThereAndBack) {
  for (const Dialect other : {testing::kChat, testing::kResponses}) {
    for (int round = 0; round < kRounds; ++round) {
      Maker make(static_cast<unsigned>(round));
      Conversation conversation(make);
      const std::string body = conversation.Body();
      const std::string sent = Sent(testing::kAnthropic, other, body);
      const std::string back = Sent(other, testing::kAnthropic, sent);
      const std::string again = Sent(testing::kAnthropic, other, back);
      ASSERT_EQ(Parsed(sent), Parsed(again)) << body << "\n"
                                             << sent << "\n"
                                             << back << "\n"
                                             << again;
    }
  }
}

// Events as text, pieces of one kind joined.
class Told : public AnswerSink {
 public:
  void On(const AnswerEvent& event) override {
    if (event.kind == AnswerEventKind::kSignature) return;  // Chat has no place for it
    const bool piece = event.kind == AnswerEventKind::kText ||
                       event.kind == AnswerEventKind::kThinking ||
                       event.kind == AnswerEventKind::kToolArguments;
    const std::string head =
        StrCat("\n", static_cast<int>(event.kind), " ", piece ? "" : event.id, event.name,
               event.model, event.kind == AnswerEventKind::kStop ? static_cast<int>(event.stop) : 0,
               " ", event.kind == AnswerEventKind::kToolArguments ? event.call : 0, ":");
    if (!piece || head != last_) text += head;
    last_ = head;
    text += event.text;
  }

  std::string text;

 private:
  std::string last_;
};

void Play(Maker make, AnswerSink& sink) {
  const auto say = [&sink](AnswerEvent event) { sink.On(event); };
  say({.kind = AnswerEventKind::kBegin, .model = "m"});
  if (make.Maybe()) say({.kind = AnswerEventKind::kThinking, .text = make.Text()});
  for (std::size_t pieces = make.Below(4); pieces > 0; --pieces) {
    const std::string text = make.Text();
    say({.kind = AnswerEventKind::kText, .text = text});
  }
  const std::size_t calls = make.Below(4);
  for (std::size_t call = 0; call < calls; ++call) {
    const std::string id = StrCat("call_", call);
    say({.kind = AnswerEventKind::kToolCall, .id = id, .name = "f", .call = call});
    const std::string text = make.Text();
    say({.kind = AnswerEventKind::kToolArguments, .text = R"({\"x\":)", .call = call});
    say({.kind = AnswerEventKind::kToolArguments, .text = "1}", .call = call});
  }
  const StopReason stop = calls > 0      ? StopReason::kToolUse
                          : make.Maybe() ? StopReason::kEnd
                                         : StopReason::kMaxTokens;
  say({.kind = AnswerEventKind::kStop, .stop = stop});
  say({.kind = AnswerEventKind::kEnd});
}

template <typename Reader>
std::unique_ptr<Reader> MakeReader([[maybe_unused]] const AnswerContext& context) {
  if constexpr (std::is_default_constructible_v<Reader>) {
    return std::make_unique<Reader>();
  } else {
    return std::make_unique<Reader>(context);
  }
}

template <typename Writer, typename Reader>
void Pass(const std::string& seed_name, unsigned seed) {
  AnswerContext context;
  Writer writer(context);
  Play(Maker(seed), writer);
  Told expected;
  Play(Maker(seed), expected);
  const std::unique_ptr<Reader> reader = MakeReader<Reader>(context);
  Told told;
  std::string_view rest = writer.out();
  SseEvent event;
  std::string joined;
  while (NextSseEvent(rest, event, joined)) ASSERT_TRUE(reader->ReadEvent(event, told));
  reader->ReadEnd(told);
  ASSERT_EQ(told.text, expected.text) << seed_name << seed << "\n" << writer.out();
}

// Gemini carries no users, and counts on names and order beside ids.
TEST(RoundTrip, ConversationsGoOverGeminiAndBack) {
  for (int round = 0; round < kRounds; ++round) {
    Maker make(static_cast<unsigned>(round));
    Conversation conversation(make, /*pictures_by_url=*/false);
    const std::string body = conversation.Body();
    const std::string gemini = Sent(testing::kAnthropic, testing::kGemini, body);
    const std::string back = Sent(testing::kGemini, testing::kAnthropic, gemini);
    const std::string again = Sent(testing::kAnthropic, testing::kGemini, back);
    ASSERT_EQ(Parsed(gemini), Parsed(again)) << body << "\n" << gemini << "\n" << back;
  }
}

TEST(RoundTrip, StreamsSayWhatTheyWereToldToSay) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Pass<openai_chat::StreamWriter, openai_chat::ChatAnswerReader>("chat ", seed);
    Pass<anthropic::StreamWriter, anthropic::MessageReader>("anthropic ", seed);
    Pass<openai_responses::StreamWriter, openai_responses::ResponseReader>("responses ", seed);
    Pass<gemini::StreamWriter, gemini::GeminiAnswerReader>("gemini ", seed);
  }
}

}  // namespace
}  // namespace weir::relay

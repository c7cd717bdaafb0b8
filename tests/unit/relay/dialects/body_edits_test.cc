#include "services/relay/dialects/body_edits.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::Changed;
using testing::Edited;
using testing::kAnthropic;
using testing::kOpenAi;
using testing::Parsed;

TEST(BodyEditsTest, LeaveABodyAloneThatNeedsNone) {
  for (const char* body :
       {R"({"model":"m","stream":true})", R"({ "stream" : false , "model" : "m" })"}) {
    EXPECT_EQ(Edited(kAnthropic, body, "m"), body);
  }
  EXPECT_EQ(Edited(kOpenAi, R"({"model":"m"})", "m"), R"({"model":"m"})");
  const char* asked = R"({"stream":true,"stream_options":{"include_usage":true},"model":"m"})";
  EXPECT_EQ(Edited(kOpenAi, asked, "m"), asked);
}

TEST(BodyEditsTest, NameTheUpstreamsModel) {
  EXPECT_EQ(Edited(kAnthropic, R"({ "a":1, "model" : "m" , "b":2})", "up \"x\""),
            R"({ "a":1, "model" : "up \"x\"" , "b":2})");
}

TEST(BodyEditsTest, AskForUsageInEachForm) {
  const std::vector<std::string> options = {
      R"()",
      R"("stream_options":null,)",
      R"("stream_options":{},)",
      R"("stream_options":{ },)",
      R"("stream_options" : { "include_usage" : false } ,)",
      R"("stream_options":{"other":false},)",
      R"("stream_options":{"a":"include_usage","b":false},)",
      R"("stream_options":{"include_obfuscation":false,"include_usage":false,"c":false},)",
      R"("stream_options":{"include\u005fusage":false},)",
      R"("stream_options":{"x":{"include_usage":false},"include_usage":false},)",
      R"("stream_options":{"x":{"include_usage":true}},)",
      R"("stream_options":{"x":"}\"","include_usage":false},)",
      R"("stream_options":{"include_usage":true},"stream_options":{"include_usage":false},)",
      R"("stream_options":{"include_usage":true},"stream_options":null,)",
      R"("stream_options":{"include_usage":true,"include_usage":false},)",
  };
  for (const std::string& option : options) {
    for (const bool model_first : {true, false}) {
      const std::string body = model_first ? R"({"model":"m",)" + option + R"("stream":true})"
                                           : R"({"stream":true,)" + option + R"("model":"m"})";
      const std::string edited = Edited(kOpenAi, body, "up");
      boost::json::object object = Parsed(edited).as_object();
      EXPECT_EQ(object.at("model"), "up") << edited;
      ASSERT_TRUE(object.at("stream_options").is_object()) << edited;
      EXPECT_EQ(object["stream_options"].as_object().at("include_usage"), true) << edited;
    }
  }
}

// Bodies of all shapes, with what matters at random places among what does not.
class BodyMaker {
 public:
  explicit BodyMaker(unsigned seed) : random_(seed) {}

  std::string Body() {
    std::vector<std::string> fields = {R"("model")" + Colon() + R"("claude-\u00fc")"};
    if (Coin()) fields.push_back(R"("stream")" + Colon() + "true");
    if (Coin()) fields.push_back(R"("stream_options")" + Colon() + Options());
    const std::size_t more = random_() % 4;
    for (std::size_t i = 0; i < more; ++i) {
      fields.push_back("\"f" + std::to_string(i) + "\"" + Colon() + Value(3));
    }
    std::shuffle(fields.begin(), fields.end(), random_);
    return Space() + "{" + Joined(fields) + "}" + Space();
  }

 private:
  bool Coin() { return random_() % 2 == 0; }
  std::string Space() { return std::vector<std::string>{"", " ", "\n", "\t ", ""}[random_() % 5]; }
  std::string Colon() { return Space() + ":" + Space(); }

  std::string Joined(const std::vector<std::string>& items) {
    std::string text = Space();
    for (std::size_t i = 0; i < items.size(); ++i) {
      text += (i == 0 ? "" : ",") + Space() + items[i] + Space();
    }
    return text;
  }

  std::string Options() {
    std::vector<std::string> fields;
    if (Coin()) fields.push_back(R"("include_usage")" + Colon() + (Coin() ? "true" : "false"));
    if (Coin()) fields.push_back(R"("include_obfuscation")" + Colon() + "false");
    if (Coin()) fields.push_back(R"("x")" + Colon() + Value(1));
    std::shuffle(fields.begin(), fields.end(), random_);
    return random_() % 6 == 0 ? "null" : "{" + Joined(fields) + "}";
  }

  std::string Value(int depth) {
    static const std::vector<std::string> kScalars = {"null",
                                                      "true",
                                                      "-1.5e-7",
                                                      "12345678901234567890",
                                                      R"("")",
                                                      R"("model")",
                                                      R"("\"model\":\"no\"}")",
                                                      R"("\\")",
                                                      "\"\xC3\xBC\"",
                                                      R"("include_usage")"};
    const std::size_t kind = depth == 0 ? 0 : random_() % 3;
    if (kind == 0) return kScalars[random_() % kScalars.size()];
    std::vector<std::string> items;
    const std::size_t count = random_() % 3;
    for (std::size_t i = 0; i < count; ++i) {
      items.push_back(kind == 1
                          ? Value(depth - 1)
                          : "\"model" + std::to_string(i) + "\"" + Colon() + Value(depth - 1));
    }
    return kind == 1 ? "[" + Joined(items) + "]" : "{" + Joined(items) + "}";
  }

  std::mt19937 random_;
};

TEST(BodyEditsTest, ChangeOnlyWhatTheyShould) {
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    const std::string body = BodyMaker(seed).Body();
    const std::string upstream = seed % 3 == 0 ? "claude-\xC3\xBC" : "up\"\\\n";
    for (const Dialect dialect : {kAnthropic, kOpenAi}) {
      boost::json::object wanted = Parsed(body).as_object();
      wanted["model"] = boost::json::string_view(upstream.data(), upstream.size());
      const bool streams = wanted.contains("stream");
      if (dialect == kOpenAi && streams) {
        boost::json::value& options = wanted["stream_options"];
        if (!options.is_object()) options.emplace_object();
        options.as_object()["include_usage"] = true;
      }
      EXPECT_EQ(Parsed(Edited(dialect, body, upstream)), boost::json::value(wanted))
          << "seed " << seed << ": " << body;
    }
  }
}

TEST(TokenEdits, ClampAndDefaultInEachDialect) {
  struct Case {
    Dialect dialect;
    const char* before;
    const char* after;
  };
  BodyChanges changes;
  changes.max_tokens.min = 100;
  changes.max_tokens.max = 4'000;
  changes.max_tokens.standard = 500;
  for (const Case& c : std::vector<Case>{
           {kAnthropic, R"({"model":"m","max_tokens": 9000 ,"messages":[]})",
            R"({"model":"m","max_tokens": 4000 ,"messages":[]})"},
           {kAnthropic, R"({"model":"m","max_tokens":5,"messages":[]})",
            R"({"model":"m","max_tokens":100,"messages":[]})"},
           {kAnthropic, R"({"model":"m","max_tokens":700,"messages":[]})",
            R"({"model":"m","max_tokens":700,"messages":[]})"},
           {kAnthropic, R"({"model":"m","max_tokens":0,"messages":[]})",
            R"({"model":"m","max_tokens":0,"messages":[]})"},
           {kAnthropic, R"({"model":"m","messages":[]})",
            R"({"max_tokens":500,"model":"m","messages":[]})"},
           {kOpenAi, R"({"model":"m","max_tokens":null,"messages":[]})",
            R"({"model":"m","max_tokens":500,"messages":[]})"},
           {kOpenAi, R"({"model":"m","max_tokens":9000,"max_completion_tokens":1,"messages":[]})",
            R"({"model":"m","max_tokens":4000,"max_completion_tokens":100,"messages":[]})"},
           {kOpenAi, R"({"model":"m","messages":[]})",
            R"({"max_tokens":500,"model":"m","messages":[]})"},
           // No conversation: an embedding has no tokens to bound.
           {kOpenAi, R"({"model":"m","input":"x"})", R"({"model":"m","input":"x"})"},
       }) {
    EXPECT_EQ(Changed(c.dialect, c.before, changes), c.after);
  }
  changes.names_completion_tokens = true;
  EXPECT_EQ(Changed(kOpenAi, R"({"model":"m","messages":[]})", changes),
            R"({"max_completion_tokens":500,"model":"m","messages":[]})");
  changes.max_tokens.standard = 0;  // then the most there may be
  EXPECT_EQ(Changed(kOpenAi, R"({"model":"m","messages":[]})", changes),
            R"({"max_completion_tokens":4000,"model":"m","messages":[]})");
}

TEST(TokenEdits, ThinkingFitsIntoWhatIsLeft) {
  BodyChanges changes;
  changes.max_tokens.max = 4'000;
  const char* thinking =
      R"({"model":"m","max_tokens":9000,"messages":[],"thinking":{"type":"enabled","budget_tokens":8000}})";
  EXPECT_EQ(
      Changed(kAnthropic, thinking, changes),
      R"({"model":"m","max_tokens":4000,"messages":[],"thinking":{"type":"enabled","budget_tokens":3999}})");
  changes.max_tokens.max = 1'000;  // less than thinking needs
  EXPECT_EQ(Changed(kAnthropic, thinking, changes),
            R"({"model":"m","max_tokens":1000,"messages":[],"thinking":{"type":"disabled"}})");
  changes.temperature_milli = 500;  // then nothing forbids it
  EXPECT_EQ(
      Changed(kAnthropic, thinking, changes),
      R"({"temperature":0.500,"model":"m","max_tokens":1000,"messages":[],"thinking":{"type":"disabled"}})");
  changes.max_tokens.max = 10'000;
  EXPECT_EQ(Changed(kAnthropic, thinking, changes), thinking);
  BodyChanges off;
  off.disable_thinking = true;
  EXPECT_EQ(Changed(kAnthropic, thinking, off),
            R"({"model":"m","max_tokens":9000,"messages":[],"thinking":{"type":"disabled"}})");
}

TEST(TemperatureEdits, OnlyWhereNoneWasNamedAndNobodyThinks) {
  BodyChanges changes;
  changes.temperature_milli = 70;
  EXPECT_EQ(Changed(kOpenAi, R"({"model":"m","messages":[]})", changes),
            R"({"temperature":0.070,"model":"m","messages":[]})");
  EXPECT_EQ(Changed(kOpenAi, R"({"model":"m","messages":[],"temperature":null})", changes),
            R"({"model":"m","messages":[],"temperature":0.070})");
  for (const char* same :
       {R"({"model":"m","messages":[],"temperature":0})", R"({"model":"m","input":"x"})",
        R"({"model":"m","messages":[],"reasoning_effort":"low"})"}) {
    EXPECT_EQ(Changed(kOpenAi, same, changes), same);
  }
}

TEST(StreamEdits, ForceTheMemberAndWhatHangsOnIt) {
  BodyChanges on;
  on.ask_for_usage = true;
  on.stream = true;
  EXPECT_EQ(Changed(kAnthropic, R"({"model":"m","stream":false})", on),
            R"({"model":"m","stream":true})");
  EXPECT_EQ(Changed(kAnthropic, R"({"model":"m"})", on), R"({"stream":true,"model":"m"})");
  EXPECT_EQ(Changed(kOpenAi, R"({"model":"m","stream":null})", on),
            R"({"stream_options":{"include_usage":true},"model":"m","stream":true})");
  BodyChanges off;
  off.ask_for_usage = true;
  off.stream = false;
  EXPECT_EQ(Changed(kOpenAi,
                    R"({"stream":true,"stream_options":{"include_usage":true},"model":"m"})", off),
            R"({"stream":false,"stream_options":null,"model":"m"})");
  EXPECT_EQ(Changed(kOpenAi, R"({"model":"m"})", off), R"({"model":"m"})");
}

// Whatever is asked for, all other members keep their bytes, and the same request gives the same.
TEST(RoutedEdits, LeaveAllOtherMembersAlone) {
  BodyChanges changes;
  changes.upstream_model = "other";
  changes.ask_for_usage = true;
  changes.max_tokens.max = 64;
  changes.temperature_milli = 1'000;
  changes.stream = true;
  changes.system_prompt = "Be brief.";
  for (unsigned seed = 0; seed < 1'000; ++seed) {
    std::string body = BodyMaker(seed).Body();
    body.insert(body.find('{') + 1, R"("messages":[{"role":"user","content":"hi"}],)");
    for (const Dialect dialect : {kAnthropic, kOpenAi}) {
      const std::string edited = Changed(dialect, body, changes);
      EXPECT_EQ(edited, Changed(dialect, body, changes));
      boost::json::object after = Parsed(edited).as_object();
      const boost::json::value before = Parsed(body);
      for (const auto& member : before.as_object()) {
        if (member.key() == "model" || member.key().starts_with("stream") ||
            member.key() == "messages") {
          continue;
        }
        EXPECT_EQ(after[member.key()], member.value()) << seed << ": " << body;
      }
      EXPECT_EQ(after["model"], "other");
      EXPECT_EQ(after["stream"], true);
      EXPECT_EQ(after["max_tokens"], 64);
      EXPECT_EQ(after["temperature"], 1.0);
    }
  }
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/dialects/request_scan.h"

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::relay {
namespace {

using ::testing::HasSubstr;

constexpr Dialect kAnthropic = Dialect::kAnthropicMessages;
constexpr Dialect kOpenAi = Dialect::kOpenAiChat;

// Scans `body` in memory that is readable for just the 64 bytes behind it that are promised, filled
// with what would continue the body.
absl::StatusOr<RequestFacts> Scan(Dialect dialect, std::string_view body, char padding = '}') {
  const std::unique_ptr<char[]> padded(new char[body.size() + 64]);
  std::memcpy(padded.get(), body.data(), body.size());
  std::memset(padded.get() + body.size(), padding, 64);
  return ScanRequest(dialect, {padded.get(), body.size()});
}

std::string Applied(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    EXPECT_GE(edit.erased.begin, at) << "edits overlap or are out of order";
    out += body.substr(at, edit.erased.begin - at);
    out += edit.text;
    at = edit.erased.begin + edit.erased.size;
  }
  return out + std::string(body.substr(at));
}

// What goes upstream for `body`.
std::string Edited(Dialect dialect, std::string_view body, std::string_view upstream_model) {
  const absl::StatusOr<RequestFacts> facts = Scan(dialect, body);
  EXPECT_TRUE(facts.ok()) << facts.status() << " " << body;
  if (!facts.ok()) return "";
  return Applied(body, PlanBodyEdits(dialect, *facts, body, upstream_model));
}

boost::json::value Parsed(std::string_view json) {
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 1'000;
  boost::json::value value = boost::json::parse({json.data(), json.size()}, error, {}, options);
  EXPECT_FALSE(error) << json;
  return value;
}

TEST(RequestScanTest, FindsWhatMatters) {
  const std::string body =
      R"({"max_tokens":5, "model" : "claude-x" ,"stream":true,"metadata":{"a":[1],"user_id":"u1"}})";
  const RequestFacts facts = Scan(kAnthropic, body).value();
  EXPECT_EQ(facts.model, "claude-x");
  EXPECT_EQ(body.substr(facts.model_token.begin, facts.model_token.size), "\"claude-x\"");
  EXPECT_TRUE(facts.stream);
  EXPECT_EQ(facts.affinity, "u1");
  EXPECT_EQ(body.substr(facts.object.begin, facts.object.size), body);

  const RequestFacts chat =
      Scan(kOpenAi,
           R"({"model":"m","prompt_cache_key":"k","stream_options":{"include_usage":true}})")
          .value();
  EXPECT_EQ(chat.affinity, "k");
  EXPECT_TRUE(chat.include_usage);
  EXPECT_FALSE(chat.stream);
}

TEST(RequestScanTest, NestedFieldsAreNotTheRequests) {
  const RequestFacts facts =
      Scan(kOpenAi, R"({"messages":[{"model":"no","stream":true}],"x":{"model":1},"model":"yes"})")
          .value();
  EXPECT_EQ(facts.model, "yes");
  EXPECT_FALSE(facts.stream);
}

TEST(RequestScanTest, TakesNullsThatSayNothing) {
  EXPECT_FALSE(Scan(kOpenAi, R"({"model":"m","stream":null})").value().stream);
  EXPECT_TRUE(Scan(kOpenAi, R"({"model":"m","stream_options":null})").ok());
  EXPECT_TRUE(Scan(kAnthropic, R"({"model":"m","metadata":null})").ok());
  EXPECT_TRUE(Scan(kAnthropic, R"({"model":"m","metadata":{"user_id":null}})").ok());
  EXPECT_TRUE(Scan(kAnthropic, R"({"metadata":{"user_id":{"deep":[1,{}]}},"model":"m"})").ok());
  EXPECT_TRUE(Scan(kAnthropic, R"({"metadata":"text","model":"m"})").ok());
  EXPECT_TRUE(Scan(kOpenAi, R"({"prompt_cache_key":null,"model":"m"})").ok());
  EXPECT_TRUE(Scan(kOpenAi, R"({"prompt_cache_key":["x",{"y":1}],"model":"m"})").ok());
}

TEST(RequestScanTest, RefusesWrongTypes) {
  for (const char* body :
       {R"({"model":5})", R"({"model":null})", R"({"model":""})", R"({"model":["m"]})",
        R"({"model":{"a":1}})", R"({"model":true})", R"({"stream":true})", R"({})",
        R"({"model":"m","stream":"yes"})", R"({"model":"m","stream":1})",
        R"({"model":"m","stream":[]})", R"({"model":"m","stream":nul})",
        R"({"model":"m","stream_options":[]})", R"({"model":"m","stream_options":"x"})",
        R"({"model":"m","stream_options":{"include_usage":"x"}})"}) {
    const absl::Status status = Scan(kOpenAi, body).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << body;
    EXPECT_THAT(std::string(status.message()), HasSubstr("'")) << body;
  }
}

TEST(RequestScanTest, RefusesASecondModel) {
  EXPECT_FALSE(Scan(kOpenAi, R"({"model":"a","model":"b"})").ok());
  EXPECT_FALSE(Scan(kOpenAi, R"({"model":"a","model":"a"})").ok());
  EXPECT_FALSE(Scan(kOpenAi, R"({"model":"a","x":1,"mod\u0065l":"b"})").ok());
  EXPECT_FALSE(Scan(kOpenAi, R"({"\u006dodel":"a","model":"b"})").ok());
}

TEST(RequestScanTest, RefusesWhatIsNoJsonObject) {
  for (const std::string_view body : {std::string_view(""),
                                      std::string_view(" \n"),
                                      std::string_view("null"),
                                      std::string_view("[]"),
                                      std::string_view("\"model\""),
                                      std::string_view("5"),
                                      std::string_view("{"),
                                      std::string_view("{\"model\""),
                                      std::string_view("{\"model\":"),
                                      std::string_view("{\"model\":\"m\""),
                                      std::string_view("{\"model\":\"m"),
                                      std::string_view("{\"model\":\"m\","),
                                      std::string_view("{\"model\":\"m\" \"x\":1}"),
                                      std::string_view("{model:\"m\"}"),
                                      std::string_view("{'model':'m'}"),
                                      std::string_view("{\"model\":\"m\"}}"),
                                      std::string_view("{\"model\":\"m\"}]"),
                                      std::string_view("{\"model\":\"m\"} x"),
                                      std::string_view("{\"model\":\"m\"}{\"model\":\"n\"}"),
                                      std::string_view("{\"model\":\"m\"}\n{\"model\":\"n\"}"),
                                      std::string_view("{\"model\":\"m\"},"),
                                      std::string_view("x{\"model\":\"m\"}"),
                                      std::string_view("{\"model\":\"m\"}\0", 14),
                                      std::string_view("{\"model\":\"m\nn\"}"),
                                      std::string_view("{\"model\":\"\\x\"}"),
                                      std::string_view("{\"model\":\"\\ud800\"}"),
                                      std::string_view("{\"model\":\"\xff\"}"),
                                      std::string_view("{\"model\":\"\xed\xa0\x80\"}"),
                                      std::string_view("{\"x\":\"\xc0\xaf\",\"model\":\"m\"}"),
                                      std::string_view("{\"a\":[1,2,\"model\":\"m\"}"),
                                      std::string_view("model=m&stream=true")}) {
    EXPECT_FALSE(Scan(kOpenAi, body).ok()) << body;
    EXPECT_FALSE(Scan(kAnthropic, body, ' ').ok()) << body;
  }
}

TEST(RequestScanTest, NeverReadsOnIntoThePadding) {
  // A body that ends early must not be completed by what stands behind it.
  EXPECT_FALSE(Scan(kOpenAi, R"({"model":"m")", '}').ok());
  EXPECT_FALSE(Scan(kOpenAi, R"({"model":"m)", '"').ok());
  EXPECT_TRUE(Scan(kOpenAi, R"({"model":"m"})", '}').ok());
  EXPECT_TRUE(Scan(kOpenAi, R"({"model":"m"})", '{').ok());
}

TEST(RequestScanTest, ReadsEscapesInTheModel) {
  const std::string body = R"({"model":"cl\u0061ude\/\"x\"\ud83d\ude00"})";
  EXPECT_EQ(Scan(kAnthropic, body).value().model, "claude/\"x\"\xF0\x9F\x98\x80");
  EXPECT_EQ(Edited(kAnthropic, body, "plain"), R"({"model":"plain"})");
  // The same name in other words stays as it was sent.
  EXPECT_EQ(Edited(kAnthropic, body, "claude/\"x\"\xF0\x9F\x98\x80"), body);
}

TEST(RequestScanTest, TakesDeepAndLargeBodies) {
  std::string deep = R"({"a":)";
  for (int i = 0; i < 500; ++i) deep += "[";
  for (int i = 0; i < 500; ++i) deep += "]";
  deep += R"(,"model":"m"})";
  EXPECT_TRUE(Scan(kOpenAi, deep).ok());
  // However deep, an answer and no crash.
  std::string abyss = R"({"model":"m","a":)" + std::string(1'000'000, '[');
  EXPECT_FALSE(Scan(kOpenAi, abyss).ok());

  std::string large = R"({"messages":[{"content":")" + std::string(8 << 20, 'x');
  large += R"("}],"model":"last"})";
  EXPECT_EQ(Scan(kOpenAi, large).value().model, "last");
  EXPECT_EQ(Scan(kOpenAi, R"({"model":"small again"})").value().model, "small again");
}

TEST(RequestScanTest, BoundsTheAffinity) {
  const std::string body =
      R"({"model":"m","metadata":{"user_id":")" + std::string(100'000, 'u') + R"("}})";
  EXPECT_LE(Scan(kAnthropic, body).value().affinity.size(), 512U);
}

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

}  // namespace
TEST(EstimateInputTokensTest, PicturesAreNotCountedByTheirBytes) {
  EXPECT_EQ(EstimateInputTokens(std::string(400, 'x')), 100);
  const std::string media(1 << 20, 'A');
  const std::string url = R"({"url":"data:image/png;base64,)" + media + R"("})";
  const std::string block =
      R"({"source":{"type":"base64","media_type":"image/png","data":")" + media + R"("}})";
  for (const std::string& body : {url, block}) {
    EXPECT_GE(EstimateInputTokens(body), 1600);
    EXPECT_LE(EstimateInputTokens(body), 1650);
    EXPECT_LE(EstimateInputTokens(body + "," + body), 3300);
  }
  EXPECT_EQ(EstimateInputTokens("base64"), 2);
}

}  // namespace weir::relay

#include "services/relay/dialects/request_scan.h"

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::Edited;
using ::testing::HasSubstr;
using testing::kAnthropic;
using testing::kOpenAi;
using testing::Scan;

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

// Go's encoding/json, for one, takes a name in any capitals, and two letters of Unicode's too.
TEST(RequestScanTest, RefusesOurNamesInOtherCapitals) {
  for (const auto& [dialect, member, written] :
       std::vector<std::tuple<Dialect, std::string, std::string>>{
           {kOpenAi, R"("MODEL":"dear")", "model"},
           {kAnthropic, R"("Max_Tokens":9)", "max_tokens"},
           {kAnthropic, R"("\u0053tream":true)", "stream"},
           {kAnthropic, "\"\u017fystem\":1", "system"},
           {kOpenAi, "\"max_to\u212Aens\":9", "max_tokens"},
           {kOpenAi, R"("N":2)", "n"},
           {kOpenAi, R"("stream_options":{"Include_usage":true})", "include_usage"},
           {kAnthropic, R"("thinking":{"budget_tokens":1,"Budget_Tokens":9})", "budget_tokens"}}) {
    for (const std::string& body : {StrCat(R"({"model":"cheap",)", member, "}"),
                                    StrCat("{", member, R"(,"model":"cheap"})")}) {
      const absl::Status status = Scan(dialect, body).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << body;
      EXPECT_THAT(std::string(status.message()), HasSubstr(StrCat("'", written, "'"))) << body;
    }
  }
  for (const char* body : {R"({"model":"m","Other":1,"modelS":2,"MODE":3,"xModel":4,"модель":5})",
                           R"({"model":"m","tool":{"MODEL":1},"metadata":{"User_Id":"x"}})"}) {
    EXPECT_TRUE(Scan(kOpenAi, body).ok()) << body;
    EXPECT_TRUE(Scan(kAnthropic, body).ok()) << body;
  }
}

TEST(RequestScanTest, TellsWhatIsNoJsonFromWhatIsWrong) {
  for (const char* body : {"{", R"({"model")", R"({"model":"m",})", R"({"model":"m" "a":1})",
                           "{nope}", R"({"model":"m","stream_options":{"a")"}) {
    EXPECT_EQ(Scan(kOpenAi, body).status().code(), absl::StatusCode::kDataLoss) << body;
  }
  // A caller's own text that looks like our words changes nothing.
  EXPECT_EQ(Scan(kOpenAi, R"({"model":"m","STREAM":"not valid JSON"})").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RequestScanTest, RefusesANameOfAModelThatIsTooLong) {
  const auto body = [](std::size_t bytes) {
    return StrCat(R"({"model":")", std::string(bytes, 'm'), R"("})");
  };
  for (const Dialect dialect : {kAnthropic, kOpenAi}) {
    const absl::StatusOr<RequestFacts> longest = Scan(dialect, body(256));
    ASSERT_TRUE(longest.ok()) << longest.status();
    EXPECT_EQ(longest->model.size(), 256U);
    for (const std::size_t bytes : {257U, 1U << 20}) {
      const absl::Status status = Scan(dialect, body(bytes)).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bytes;
      EXPECT_EQ(std::string(status.message()), "'model' is longer than 256 bytes");
    }
  }
  // What counts is the name, not how it is written.
  std::string escaped;
  for (int i = 0; i < 256; ++i) escaped += R"(\u006d)";
  EXPECT_TRUE(Scan(kOpenAi, StrCat(R"({"model":")", escaped, R"("})")).ok());
  EXPECT_FALSE(Scan(kOpenAi, StrCat(R"({"model":"m)", escaped, R"("})")).ok());
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

// Options that are no JSON once sent the parser back into what it had read, so that braces were
// counted twice, and a long body's keys ran over the end of their buffer.
TEST(RequestScanTest, RefusesBrokenOptions) {
  const std::string head = R"({"model":"m","stream":true,"stream_options":)";
  for (const std::string_view broken :
       {R"({"include_":"a":b}}})", R"({"include_":1:2}}})", R"({"include_usage":true:}}})",
        R"({"x":1]})", R"({"x")", "{}}}"}) {
    for (const char padding : {'}', '\0'}) {
      EXPECT_FALSE(Scan(kOpenAi, head + std::string(broken), padding).ok()) << broken;
      const std::string thinking = R"({"model":"m","thinking":)" + std::string(broken);
      EXPECT_FALSE(Scan(kAnthropic, thinking, padding).ok()) << broken;
    }
  }
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

std::string_view At(const std::string& body, const Span& place) {
  return std::string_view(body).substr(place.begin, place.size);
}

TEST(RequestScanTest, FindsWhatRoutesLookAt) {
  const std::string body =
      R"({"system" : [ {"type":"text","text":"]}"} ] ,"max_tokens": 4096 ,"stream":false,)"
      R"("tools":[{"name":"t"}],"thinking":{"type":"enabled", "budget_tokens": 2048 } ,)"
      R"("temperature":0.5,"messages":[{"role":"user","content":"hi"}],"model":"m"})";
  const RequestFacts facts = Scan(kAnthropic, body).value();
  EXPECT_EQ(At(body, facts.system), R"([ {"type":"text","text":"]}"} ])");
  EXPECT_EQ(At(body, facts.max_tokens.value), "4096");
  EXPECT_EQ(facts.max_output_tokens(), 4096);
  EXPECT_EQ(At(body, facts.stream_token), "false");
  EXPECT_TRUE(facts.has_tools);
  EXPECT_TRUE(facts.thinks);
  EXPECT_EQ(At(body, facts.thinking), R"({"type":"enabled", "budget_tokens": 2048 })");
  EXPECT_EQ(At(body, facts.thinking_budget.value), "2048");
  EXPECT_EQ(facts.thinking_budget.number, 2048);
  EXPECT_TRUE(facts.has_temperature);
  EXPECT_EQ(At(body, facts.temperature), "0.5");
  EXPECT_EQ(At(body, facts.messages), R"([{"role":"user","content":"hi"}])");
}

TEST(RequestScanTest, NothingThereIsNothingFound) {
  for (const Dialect dialect : {kAnthropic, kOpenAi}) {
    const RequestFacts facts = Scan(dialect, R"({"model":"m"})").value();
    EXPECT_EQ(facts.max_output_tokens(), -1);
    EXPECT_FALSE(facts.has_tools || facts.thinks || facts.has_temperature);
    for (const Span& place : {facts.system, facts.messages, facts.stream_token, facts.temperature,
                              facts.thinking, facts.max_tokens.value}) {
      EXPECT_EQ(place.size, 0U);
    }
  }
}

TEST(RequestScanTest, ReadsTokensAsAskedInEachDialect) {
  EXPECT_EQ(Scan(kOpenAi, R"({"model":"m","max_tokens":5,"max_completion_tokens":7})")
                .value()
                .max_output_tokens(),
            7);
  EXPECT_EQ(Scan(kOpenAi, R"({"model":"m","max_tokens":9,"max_completion_tokens":7})")
                .value()
                .max_output_tokens(),
            9)
      << "nobody knows which of them a provider goes by";
  EXPECT_EQ(Scan(kOpenAi, R"({"model":"m","max_tokens":5})").value().max_output_tokens(), 5);
  EXPECT_EQ(Scan(kAnthropic, R"({"model":"m","max_tokens":0})").value().max_output_tokens(), 0);
  const std::string none = R"({"model":"m","max_tokens":null})";
  EXPECT_EQ(Scan(kAnthropic, none).value().max_output_tokens(), -1);
  EXPECT_EQ(At(none, Scan(kAnthropic, none).value().max_tokens.value), "null");
}

// A provider that can read them would be asked for more than anybody has reserved.
TEST(RequestScanTest, RefusesCountsThatAreNone) {
  for (const char* field : {"max_tokens", "max_completion_tokens", "n"}) {
    for (const char* odd : {"\"5\"", "1.5", "1e3", "-1", "[5]", "{}", "99999999999999999999"}) {
      const std::string body = StrCat(R"({"model":"m",")", field, "\":", odd, "}");
      const absl::Status status = Scan(kOpenAi, body).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << body;
      EXPECT_EQ(View(status.message()),
                StrCat("'", field, "' must be a whole number, not negative"));
    }
  }
}

TEST(RequestScanTest, TellsWhetherItThinksAndHasTools) {
  const auto anthropic = [](std::string_view more) {
    return Scan(kAnthropic, StrCat(R"({"model":"m",)", more, "}")).value();
  };
  const auto openai = [](std::string_view more) {
    return Scan(kOpenAi, StrCat(R"({"model":"m",)", more, "}")).value();
  };
  EXPECT_TRUE(anthropic(R"("thinking":{"type":"adaptive","display":"omitted"})").thinks);
  EXPECT_FALSE(anthropic(R"("thinking":{"type":"disabled"})").thinks);
  EXPECT_FALSE(anthropic(R"("thinking":null)").thinks);
  EXPECT_FALSE(anthropic(R"("thinking":{"budget_tokens":[1],"type":5})").thinks);
  EXPECT_TRUE(openai(R"("reasoning_effort":"low")").thinks);
  EXPECT_FALSE(openai(R"("reasoning_effort":"none")").thinks);
  EXPECT_FALSE(openai(R"("reasoning_effort":null)").thinks);
  EXPECT_FALSE(anthropic(R"("tools":[ ])").has_tools);
  EXPECT_FALSE(anthropic(R"("tools":null)").has_tools);
  EXPECT_TRUE(openai(R"("functions":[{}],"tools":[])").has_tools);
  EXPECT_FALSE(anthropic(R"("temperature":null)").has_temperature);
  EXPECT_TRUE(anthropic(R"("temperature":0)").has_temperature);
}

TEST(RequestScanTest, RefusesASecondOfWhatItReads) {
  for (const char* field : {R"("stream":true)", R"("max_tokens":1)", R"("temperature":1)",
                            R"("messages":[])", R"("system":"s")", R"("thinking":{})"}) {
    const std::string body = StrCat(R"({"model":"m",)", field, ",", field, "}");
    EXPECT_FALSE(Scan(kAnthropic, body).ok()) << body;
  }
}

}  // namespace
}  // namespace weir::relay

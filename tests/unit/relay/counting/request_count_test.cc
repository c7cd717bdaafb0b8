// Whole requests: what is counted of them, by which rule, and in what steps.
#include "services/relay/counting/request_count.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/translate/anthropic/request_reader.h"

namespace weir::relay {
namespace {

constexpr std::size_t kPaddingBytes = 64;

struct Counted {
  std::int64_t tokens = 0;
  bool exact = false;
  int steps = 0;
  std::int64_t slowest_ns = 0;
};

// What other processes do meanwhile is no part of it.
std::int64_t ThreadCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Counted CountBody(std::string body, std::string_view model) {
  body.reserve(body.size() + kPaddingBytes);
  ChatRequest request;
  const absl::Status read = anthropic::ReadRequest(body, request);
  EXPECT_TRUE(read.ok()) << read;
  RequestCount count(std::move(request), model);
  TokenCounter counter;
  Counted counted;
  while (!count.done()) {
    const std::int64_t before_ns = ThreadCpuNs();
    count.Step(counter);
    counted.slowest_ns = std::max(counted.slowest_ns, ThreadCpuNs() - before_ns);
    ++counted.steps;
  }
  counted.tokens = count.tokens();
  counted.exact = count.exact();
  return counted;
}

// One message of the user's, with these members beside it.
Counted CountText(std::string_view text, std::string_view more = "",
                  std::string_view model = "gpt-4o") {
  return CountBody(
      StrCat(R"({"model":"m","messages":[{"role":"user","content":")", text, "\"}]", more, "}"),
      model);
}

std::int64_t TextTokens(std::string_view text) { return TokenCounter().Count(text); }

constexpr std::int64_t kFrame = kTokensAMessage + kTokensForAnswer;

// Each term as OpenAI's cookbook publishes it ("How to count tokens with tiktoken").
TEST(RequestCountTest, MessagesAreFramedAsPublished) {
  const Counted one = CountText("hello world");
  EXPECT_EQ(one.tokens, 2 + kFrame);
  EXPECT_TRUE(one.exact);
  const Counted more = CountBody(
      R"({"model":"m","system":"Be brief","messages":[{"role":"user","content":"hello world"},)"
      R"({"role":"assistant","content":"hello world"},{"role":"user","content":"x"}]})",
      "gpt-4o-mini");
  EXPECT_EQ(more.tokens,
            TextTokens("Be brief") + 2 + 2 + 1 + 4 * kTokensAMessage + kTokensForAnswer);
  EXPECT_TRUE(more.exact);
}

TEST(RequestCountTest, TextsAreCountedAsTheyMean) {
  EXPECT_EQ(CountText(R"(a\n\"b\" \u4f60\u597d)").tokens, TextTokens("a\n\"b\" 你好") + kFrame);
  EXPECT_EQ(CountText(R"(\ud83d\ude00)").tokens, TextTokens("😀") + kFrame);
  // Half of a pair is no character: it counts as what stands for such.
  EXPECT_EQ(CountText(R"(a\ud83d b\ude00)").tokens,
            TextTokens("a\xEF\xBF\xBD b\xEF\xBF\xBD") + kFrame);
}

TEST(RequestCountTest, FamiliesHaveTheirFactor) {
  const std::int64_t exact = CountText("hello world").tokens;
  const auto tokens = [](std::string_view model) { return CountText("hello world", "", model); };
  EXPECT_EQ(tokens("openai/gpt-4o").tokens, exact);
  EXPECT_TRUE(tokens("openai/gpt-4o").exact);
  EXPECT_EQ(tokens("claude-sonnet-4-5").tokens, (exact * 125 + 99) / 100);
  EXPECT_FALSE(tokens("claude-sonnet-4-5").exact);
  EXPECT_EQ(tokens("gpt-4-turbo").tokens, (exact * 105 + 99) / 100);
  EXPECT_FALSE(tokens("gpt-4-turbo").exact);
  EXPECT_EQ(tokens("somebodys-model").tokens, (exact * 115 + 99) / 100);
}

TEST(RequestCountTest, ToolsAreCountedByTheirProperties) {
  const Counted counted =
      CountText("hi", R"(,"tools":[{"name":"get_weather","description":"Weather",)"
                      R"("input_schema":{"type":"object","properties":{)"
                      R"("city":{"type":"string","description":"Which"},)"
                      R"("unit":{"type":"string","enum":["c","f"]}}}}])");
  const std::int64_t texts = TextTokens("get_weather") + TextTokens("Weather") +
                             TextTokens("object") + TextTokens("city") + 2 * TextTokens("string") +
                             TextTokens("Which") + TextTokens("unit") + TextTokens("\"c\"") +
                             TextTokens("\"f\"");
  const std::int64_t framing = kTokensATool + kTokensAfterTools + kTokensBeforeProperties +
                               2 * kTokensAProperty + kTokensAnEnum + 2 * kTokensAnEnumItem +
                               5 * kTokensAJoint;
  EXPECT_EQ(counted.tokens, TextTokens("hi") + texts + framing + kFrame);
  EXPECT_FALSE(counted.exact);
}

TEST(RequestCountTest, ASchemaThatIsNoneIsCountedAsItStands) {
  const Counted counted =
      CountText("hi", R"(,"tools":[{"name":"t","input_schema":{"properties":[1]}}])");
  EXPECT_EQ(counted.tokens, TextTokens("hi") + TextTokens("t") +
                                TextTokens(R"({"properties":[1]})") + kTokensATool + kTokensAJoint +
                                kTokensAfterTools + kFrame);
}

TEST(RequestCountTest, CallsResultsAndPicturesCount) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":)"
      R"("base64","media_type":"image/png","data":"AAAA"}}]},{"role":"assistant","content":[)"
      R"({"type":"thinking","thinking":"not counted at all","signature":"s"},)"
      R"({"type":"tool_use","id":"a","name":"f","input":{"x":1}}]},{"role":"user","content":[)"
      R"({"type":"tool_result","tool_use_id":"a","content":"sunny"}]}]})";
  const Counted counted = CountBody(body, "gpt-4o");
  const std::int64_t texts = TextTokens("f") + TextTokens(R"({"x":1})") + TextTokens("sunny");
  EXPECT_GT(counted.tokens, 765 + texts);
  EXPECT_LT(counted.tokens, 765 + texts + 50);
  EXPECT_FALSE(counted.exact);
}

TEST(RequestCountTest, ALargeTextIsCountedWholeInShortSteps) {
  std::string text;
  std::string escaped;
  while (text.size() < (1U << 20U)) {
    text += "Zwölf 数字 \n 😀 and more words, 12345";
    escaped += R"(Zwölf \u6570字 \n \ud83d\ude00 and more words, 12345)";
  }
  const Counted counted = CountText(escaped);
  EXPECT_EQ(counted.tokens, TextTokens(text) + kFrame);
  EXPECT_GT(counted.steps, 200);
}

// Runs as long as the text, halves of pairs, and nothing but escapes: no step is a long one.
TEST(RequestCountTest, NoTextMakesALongStep) {
  constexpr std::size_t kBytes = 256U << 10U;
  const std::string_view units[] = {
      "a", "-", " ", R"(\n)", R"(\ud83d)", R"(\ude00)", R"(\ud83d\ude00)", "字"};
  for (const std::string_view unit : units) {
    std::string text;
    while (text.size() < kBytes) text += unit;
    const Counted counted = CountText(text);
    // Far above what a step takes, and far below the whole, on any machine.
    EXPECT_LT(counted.slowest_ns, 10'000'000) << unit;
    EXPECT_GT(counted.steps, 5) << unit;
  }
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/dialects/prompt_edit.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::Changed;
using testing::kAnthropic;
using testing::kOpenAi;
using testing::Parsed;

constexpr std::string_view kPrompt = "Say \"please\".\n\xC3\xBC";

std::string Prompted(Dialect dialect, std::string_view body) {
  BodyChanges changes;
  changes.system_prompt = kPrompt;
  std::string edited = Changed(dialect, body, changes);
  Parsed(edited);
  return edited;
}

TEST(PromptEdit, AnthropicInEachFormOfSystem) {
  const std::string text = R"("Say \"please\".\n)"
                           "\xC3\xBC\"";
  const std::string block = R"({"type":"text","text":)" + text + "}";
  EXPECT_EQ(Prompted(kAnthropic, R"({"model":"m","messages":[]})"),
            R"({"system":)" + text + R"(,"model":"m","messages":[]})");
  for (const char* empty : {"null", R"("")"}) {
    EXPECT_EQ(
        Prompted(kAnthropic, std::string(R"({"model":"m","messages":[],"system":)") + empty + "}"),
        R"({"model":"m","messages":[],"system":)" + text + "}");
  }
  EXPECT_EQ(Prompted(kAnthropic, R"({"model":"m","messages":[],"system" : "own \" text"})"),
            R"({"model":"m","messages":[],"system" : "Say \"please\".\n)"
            "\xC3\xBC"
            R"(\n\nown \" text"})");
  EXPECT_EQ(Prompted(kAnthropic, R"({"model":"m","messages":[],"system":[ ]})"),
            R"({"model":"m","messages":[],"system":[)" + block + " ]}");
  EXPECT_EQ(
      Prompted(kAnthropic, R"({"model":"m","messages":[],"system":[{"type":"text","text":"own",)"
                           R"("cache_control":{"type":"ephemeral"}}]})"),
      R"({"model":"m","messages":[],"system":[)" + block +
          R"(,{"type":"text","text":"own","cache_control":{"type":"ephemeral"}}]})");
  // Its provider will say what is wrong with it.
  const char* odd = R"({"model":"m","messages":[],"system":5})";
  EXPECT_EQ(Prompted(kAnthropic, odd), odd);
}

TEST(PromptEdit, ClaudeCodesOpeningStaysInFront) {
  const std::string block = R"({"type":"text","text":"Say \"please\".\n)"
                            "\xC3\xBC\"}";
  const std::string header =
      R"({"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.329.136;"})";
  const std::string identity =
      R"({"text":"You are Claude Code, Anthropic's official CLI for Claude.","type":"text",)"
      R"("cache_control":{"type":"ephemeral"}})";
  const std::string rest = R"({"type":"text","text":"You are Claude Code, again"})";
  const auto body = [](const std::string& blocks) {
    return R"({"system":[)" + blocks + R"(],"model":"m","messages":[]})";
  };
  EXPECT_EQ(Prompted(kAnthropic, body(header + " ," + identity + "," + rest)),
            body(header + " ," + identity + "," + block + "," + rest));
  EXPECT_EQ(Prompted(kAnthropic, body(identity + "," + rest)),
            body(identity + "," + block + "," + rest));
  EXPECT_EQ(Prompted(kAnthropic, body(header)), body(header + "," + block));
  EXPECT_EQ(Prompted(kAnthropic, body(header + R"(,{"type":"text","text":"own"})")),
            body(header + "," + block + R"(,{"type":"text","text":"own"})"));
}

TEST(PromptEdit, OpenAiGetsAMessageBeforeAllOthers) {
  const std::string message = R"({"role":"system","content":"Say \"please\".\n)"
                              "\xC3\xBC\"}";
  EXPECT_EQ(Prompted(kOpenAi, R"({"model":"m","messages":[ {"role":"user","content":"hi"}]})"),
            R"({"model":"m","messages":[)" + message + R"(, {"role":"user","content":"hi"}]})");
  EXPECT_EQ(Prompted(kOpenAi, R"({"model":"m","messages":[]})"),
            R"({"model":"m","messages":[)" + message + "]}");
  for (const char* same : {R"({"model":"m","messages":"x"})", R"({"model":"m","input":"x"})"}) {
    EXPECT_EQ(Prompted(kOpenAi, same), same);
  }
}

}  // namespace
}  // namespace weir::relay

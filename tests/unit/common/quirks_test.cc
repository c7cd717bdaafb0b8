#include "libs/common/quirks.h"

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir {
namespace {

TEST(QuirksTest, IsReadAsItIsSaid) {
  EXPECT_EQ(*ParseQuirk("no_sampling"), (QuirkSetting{Quirk::kNoSampling, 1, ""}));
  EXPECT_EQ(*ParseQuirk("no_sampling=on"), (QuirkSetting{Quirk::kNoSampling, 1, ""}));
  EXPECT_EQ(*ParseQuirk("no_sampling=off"), (QuirkSetting{Quirk::kNoSampling, 0, ""}));
  EXPECT_EQ(*ParseQuirk("stops_max=0"), (QuirkSetting{Quirk::kStopsMax, 0, ""}));
  EXPECT_EQ(*ParseQuirk("without=metadata"), (QuirkSetting{Quirk::kWithout, 1, "metadata"}));
}

TEST(QuirksTest, EveryFlagCanBeSaid) {
  for (const QuirkWords& words : kQuirkWords) {
    if (words.kind != QuirkKind::kFlag) continue;
    EXPECT_EQ(ParseQuirk(words.name)->quirk, words.quirk) << words.name;
  }
}

TEST(QuirksTest, WhatIsWrongIsToldWithWhatMayBe) {
  for (const std::string_view bad : {"",
                                     "no_such",
                                     "no_sampling=maybe",
                                     "no_sampling=",
                                     "stops_max",
                                     "stops_max=-1",
                                     "stops_max=1x",
                                     "stops_max=999",
                                     "without",
                                     "without=",
                                     "without=a b",
                                     "without=model",
                                     "without=generationConfig",
                                     "without=generation_config",
                                     "without=systemInstruction",
                                     "without=system_instruction",
                                     "thinking_tokens_min=24577",
                                     "NO_SAMPLING",
                                     " no_sampling",
                                     "=off"}) {
    EXPECT_FALSE(ParseQuirk(bad).ok()) << bad;
  }
  const absl::Status unknown = ParseQuirk("no_such").status();
  EXPECT_NE(View(unknown.message()).find("no_parallel_tool_calls"), std::string_view::npos);
  EXPECT_NE(View(unknown.message()).find("stops_max=0...100"), std::string_view::npos);
  EXPECT_EQ(View(unknown.message()).find("no_such"), std::string_view::npos);
}

TEST(QuirksTest, EachIsForSomePlatforms) {
  for (const QuirkWords& words : kQuirkWords) EXPECT_NE(words.protocols, 0U) << words.name;
  EXPECT_TRUE(CheckQuirkPlatform(Quirk::kMaxCompletionTokens, "ollama").ok());
  EXPECT_TRUE(CheckQuirkPlatform(Quirk::kNoSampling, "claude").ok());
  EXPECT_TRUE(CheckQuirkPlatform(Quirk::kStopsMax, "gemini").ok());
  EXPECT_EQ(View(CheckQuirkPlatform(Quirk::kMaxCompletionTokens, "claude").message()),
            "must suit the platform: max_completion_tokens is for openai, azure_openai, ollama");
  EXPECT_EQ(View(CheckQuirkPlatform(Quirk::kNoBetas, "openai").message()),
            "must suit the platform: no_betas is for claude, claude_console");
  EXPECT_FALSE(CheckQuirkPlatform(Quirk::kNoSampling, "session").ok());
}

}  // namespace
}  // namespace weir

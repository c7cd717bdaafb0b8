#include "libs/common/model_pattern.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ModelPattern, MatchesNamesHeadsAndFamilies) {
  struct Case {
    const char* pattern;
    const char* model;
    bool matches;
  };
  for (const Case& c : std::vector<Case>{
           {"claude-haiku-4-5", "claude-haiku-4-5", true},
           {"claude-haiku-4-5", "claude-haiku-4-5-20251001", false},
           {"claude-*", "claude-haiku-4-5", true},
           {"claude-*", "gpt-5", false},
           {"*", "anything", true},
           {"family:haiku", "claude-haiku-4-5", true},
           {"family:haiku", "Anthropic/Claude.HAIKU@20251001", true},
           {"family:haiku", "haiku", true},
           {"family:haiku", "claude-haikus", false},
           {"family:haiku", "thaiku-1", false},
           {"family:haiku", "", false},
           {"family:4o", "gpt-4o-mini", true},
           {"family:mini", "gpt-4o-mini", true},
           {"family:gpt", "gpt-4o-mini", true},
       }) {
    EXPECT_EQ(ModelPattern(c.pattern).Matches(c.model), c.matches) << c.pattern << " " << c.model;
  }
}

TEST(ModelPattern, TheMoreTellingOneGoesFirst) {
  std::vector<std::string> texts = {"family:opus", "*",        "b",         "claude-*",
                                    "claude-o*",   "family:a", "claude-p*", "a"};
  std::sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
    return ModelPattern(a).Compare(ModelPattern(b)) < 0;
  });
  EXPECT_EQ(texts, (std::vector<std::string>{"a", "b", "claude-o*", "claude-p*", "claude-*", "*",
                                             "family:a", "family:opus"}));
}

}  // namespace
}  // namespace weir

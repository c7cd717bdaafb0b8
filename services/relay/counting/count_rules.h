// By what a model's tokens are counted: OpenAI's encoding, and how it compares with the model's
// own. Data: another family is a row in count_rules.cc. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

struct CountRules {
  std::string_view model_head;  // of names, behind "provider/"
  // What o200k_base counts, times this, is what the model's own tokenizer counts, or a little less.
  std::int64_t percent = 100;
  // The model reads o200k_base itself: texts are counted exactly.
  bool exact = false;
  std::int64_t picture_tokens = 0;
};

const CountRules& CountRulesFor(std::string_view model);

// What frames the texts, as OpenAI publishes it (its cookbook, "How to count tokens").
inline constexpr std::int64_t kTokensAMessage = 4;  // three, and its role
inline constexpr std::int64_t kTokensForAnswer = 3;
inline constexpr std::int64_t kTokensATool = 7;
inline constexpr std::int64_t kTokensAfterTools = 12;
inline constexpr std::int64_t kTokensBeforeProperties = 3;
inline constexpr std::int64_t kTokensAProperty = 3;
inline constexpr std::int64_t kTokensAnEnum = -3;
inline constexpr std::int64_t kTokensAnEnumItem = 3;
inline constexpr std::int64_t kTokensAJoint = 1;  // the ':' between a name and what it means

}  // namespace weir::relay

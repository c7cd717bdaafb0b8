// What of a request is to be counted: its texts, and the tokens that frame them. No I/O.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "services/relay/counting/count_rules.h"
#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

struct CountedText {
  std::string_view text;
  bool escaped = false;  // as inside a JSON string
};

struct CountPlan {
  std::vector<CountedText> texts;  // views of the request's own
  std::int64_t framing_tokens = 0;
  // Texts alone: nothing whose tokens are a rule of thumb.
  bool plain = true;

  void Add(std::string_view text, bool escaped = true) {
    if (!text.empty()) texts.push_back({text, escaped});
  }
};

// Names that stand in a tool's schema are kept by the request, which must outlive the plan as the
// body must. Thinking of earlier answers is not counted: providers leave it out.
CountPlan PlanCount(ChatRequest& request, const CountRules& rules);

}  // namespace weir::relay

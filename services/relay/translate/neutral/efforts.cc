#include "services/relay/translate/neutral/efforts.h"

#include <array>

namespace weir::relay {
namespace {

struct Row {
  Effort effort;
  std::string_view word;
  std::string_view common;
  std::string_view anthropic;
  std::int64_t budget_tokens;
};

constexpr std::array kRows = {
    Row{Effort::kUnset, "", "", "", 0},
    Row{Effort::kNone, "none", "none", "", 0},
    Row{Effort::kMinimal, "minimal", "minimal", "low", 1'024},
    Row{Effort::kLow, "low", "low", "low", 2'048},
    Row{Effort::kMedium, "medium", "medium", "medium", 8'192},
    Row{Effort::kHigh, "high", "high", "high", 16'384},
    Row{Effort::kXhigh, "xhigh", "high", "xhigh", 16'384},
    Row{Effort::kMax, "max", "high", "max", 16'384},
};

constexpr std::int64_t kLowBudgetBelow = 4'096;
constexpr std::int64_t kMediumBudgetBelow = 16'384;

const Row& RowOf(Effort effort) { return kRows[static_cast<std::size_t>(effort)]; }

}  // namespace

Effort EffortOf(std::string_view word) {
  for (const Row& row : kRows) {
    if (!word.empty() && row.word == word) return row.effort;
  }
  return Effort::kUnset;
}

std::string_view CommonEffortWord(const Thinking& thinking) {
  if (thinking.kind == Thinking::Kind::kOff && thinking.effort != Effort::kNone) return {};
  if (thinking.effort != Effort::kUnset) return RowOf(thinking.effort).common;
  if (thinking.kind != Thinking::Kind::kBudget) return {};
  if (thinking.budget_tokens < kLowBudgetBelow) return "low";
  return thinking.budget_tokens < kMediumBudgetBelow ? "medium" : "high";
}

std::string_view AnthropicEffortWord(Effort effort) { return RowOf(effort).anthropic; }

std::int64_t BudgetOf(Effort effort) { return RowOf(effort).budget_tokens; }

}  // namespace weir::relay

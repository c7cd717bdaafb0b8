#include "services/admin/model/test_model.h"

#include <algorithm>
#include <string_view>

#include "libs/common/model_pattern.h"
#include "services/admin/model/provider.h"

namespace weir::admin {
namespace {

bool IsName(std::string_view pattern) {
  return !pattern.ends_with('*') && !pattern.starts_with("family:");
}

std::string_view SmallModelOf(std::string_view provider) {
  struct Row {
    std::string_view provider;
    std::string_view model;
  };
  static constexpr Row kRows[] = {{"anthropic", "claude-haiku-4-5"},
                                  {"openai", "gpt-4o-mini"},
                                  {"gemini", "gemini-2.5-flash"},
                                  {"deepseek", "deepseek-chat"}};
  for (const Row& row : kRows) {
    if (row.provider == provider) return row.model;
  }
  return {};
}

bool Serves(const Account& account, std::string_view model) {
  return account.models.empty() ||
         std::any_of(account.models.begin(), account.models.end(), [&](const std::string& pattern) {
           return ModelPattern(pattern).Matches(model);
         });
}

}  // namespace

std::string TestModelOf(const Account& account) {
  for (const std::string& pattern : account.models) {
    if (IsName(pattern)) return pattern;
  }
  for (const auto& [requested, upstream] : account.model_mapping) {
    if (IsName(requested)) return requested;
  }
  const std::string_view small = SmallModelOf(ProviderOf(account));
  return !small.empty() && Serves(account, small) ? std::string(small) : std::string();
}

}  // namespace weir::admin

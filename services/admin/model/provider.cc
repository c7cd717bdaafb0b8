#include "services/admin/model/provider.h"

#include <array>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

struct HostRule {
  std::string_view host;  // `*` at the end matches any rest
  std::string_view provider;
};

constexpr std::array<HostRule, 12> kHostRules = {{
    {"api.anthropic.com", "anthropic"},
    {"api.openai.com", "openai"},
    {"api.deepseek.com", "deepseek"},
    {"generativelanguage.googleapis.com", "gemini"},
    {"dashscope*", "dashscope"},
    {"api.mistral.ai", "mistral"},
    {"api.x.ai", "xai"},
    {"api.moonshot*", "moonshot"},
    {"api.z.ai", "zai"},
    {"open.bigmodel.cn", "zai"},
    {"api.minimax*", "minimax"},
    {"openrouter.ai", "openrouter"},
}};

bool Matches(std::string_view pattern, std::string_view host) {
  if (pattern.ends_with('*')) return host.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == host;
}

}  // namespace

std::string HostOf(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return "";
  std::string_view authority = url.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) {
    return ToLower(authority.substr(0, authority.find(']') + 1));
  }
  return ToLower(authority.substr(0, authority.find(':')));
}

std::string DerivedProvider(Platform platform, std::string_view request_url) {
  const std::string host = HostOf(request_url);
  for (const HostRule& rule : kHostRules) {
    if (Matches(rule.host, host)) return std::string(rule.provider);
  }
  const bool claude = platform == Platform::kClaude || platform == Platform::kClaudeConsole;
  if (platform == Platform::kAzureOpenai) return "openai";  // the same models at the same prices
  if (platform == Platform::kOllama) return "ollama";
  return claude ? "anthropic" : "";
}

std::string ProviderOf(const Account& account) {
  return account.provider.empty() ? DerivedProvider(account.platform, account.request_url)
                                  : account.provider;
}

CredentialType UsualCredentialType(Platform platform) {
  switch (platform) {
    case Platform::kOpenai:
    case Platform::kOpenaiResponses:
    case Platform::kClaudeConsole:
      return CredentialType::kBearer;
    case Platform::kOllama:
      return CredentialType::kNone;
    case Platform::kSession:
      return CredentialType::kCookie;
    case Platform::kClaude:
    case Platform::kAzureOpenai:
    case Platform::kGemini:
      return CredentialType::kApiKey;
  }
  return CredentialType::kApiKey;
}

}  // namespace weir::admin

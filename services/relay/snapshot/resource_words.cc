#include "services/relay/snapshot/resource_words.h"

namespace weir::relay {

std::optional<Availability> AvailabilityOf(v1::Availability in) {
  switch (in) {
    case v1::AVAILABILITY_ACTIVE:
      return Availability::kActive;
    case v1::AVAILABILITY_DISABLED:
      return Availability::kDisabled;
    case v1::AVAILABILITY_EXHAUSTED:
      return Availability::kExhausted;
    default:
      return std::nullopt;
  }
}

std::optional<Platform> PlatformOf(v1::Platform in) {
  switch (in) {
    case v1::PLATFORM_CLAUDE:
      return Platform::kClaude;
    case v1::PLATFORM_CLAUDE_CONSOLE:
      return Platform::kClaudeConsole;
    case v1::PLATFORM_OPENAI:
      return Platform::kOpenAi;
    case v1::PLATFORM_OPENAI_RESPONSES:
      return Platform::kOpenAiResponses;
    case v1::PLATFORM_AZURE_OPENAI:
      return Platform::kAzureOpenAi;
    case v1::PLATFORM_OLLAMA:
      return Platform::kOllama;
    case v1::PLATFORM_GEMINI:
      return Platform::kGemini;
    case v1::PLATFORM_SESSION:
      return Platform::kSession;
    default:
      return std::nullopt;
  }
}

std::optional<SessionProtocol> SessionProtocolOf(std::string_view in) {
  if (in.empty() || in == "openai_chat") return SessionProtocol::kOpenAiChat;
  if (in == "anthropic_messages") return SessionProtocol::kAnthropicMessages;
  if (in == "openai_responses") return SessionProtocol::kOpenAiResponses;
  if (in == "gemini") return SessionProtocol::kGemini;
  return std::nullopt;
}

std::optional<CredentialType> CredentialTypeOf(v1::CredentialType in) {
  switch (in) {
    case v1::CREDENTIAL_TYPE_API_KEY:
      return CredentialType::kApiKey;
    case v1::CREDENTIAL_TYPE_BEARER:
      return CredentialType::kBearer;
    case v1::CREDENTIAL_TYPE_OAUTH:
      return CredentialType::kOauth;
    case v1::CREDENTIAL_TYPE_COOKIE:
      return CredentialType::kCookie;
    case v1::CREDENTIAL_TYPE_NONE:
      return CredentialType::kNone;
    default:
      return std::nullopt;
  }
}

std::optional<AccountStatus> AccountStatusOf(v1::AccountStatus in) {
  switch (in) {
    case v1::ACCOUNT_STATUS_NORMAL:
      return AccountStatus::kNormal;
    case v1::ACCOUNT_STATUS_RATE_LIMITED:
      return AccountStatus::kRateLimited;
    case v1::ACCOUNT_STATUS_API_EXCEPTION:
      return AccountStatus::kApiException;
    case v1::ACCOUNT_STATUS_ACCOUNT_EXCEPTION:
      return AccountStatus::kAccountException;
    case v1::ACCOUNT_STATUS_DISABLED:
      return AccountStatus::kDisabled;
    default:
      return std::nullopt;
  }
}

std::optional<RedisAwayPolicy> RedisAwayPolicyOf(v1::RedisAwayPolicy in) {
  switch (in) {
    case v1::REDIS_AWAY_POLICY_UNSPECIFIED:
      return RedisAwayPolicy::kUnset;
    case v1::REDIS_AWAY_POLICY_LOCAL:
      return RedisAwayPolicy::kLocal;
    case v1::REDIS_AWAY_POLICY_OPEN:
      return RedisAwayPolicy::kOpen;
    case v1::REDIS_AWAY_POLICY_CLOSED:
      return RedisAwayPolicy::kClosed;
    default:
      return std::nullopt;
  }
}

std::optional<BudgetsWhenUsageAway> AwayPolicyOf(v1::BudgetsWhenUsageAway in) {
  switch (in) {
    case v1::BUDGETS_WHEN_USAGE_AWAY_UNSPECIFIED:
    case v1::BUDGETS_WHEN_USAGE_AWAY_SPEND_LEASES_THEN_CLOSED:
      return BudgetsWhenUsageAway::kSpendLeasesThenClosed;
    case v1::BUDGETS_WHEN_USAGE_AWAY_SPEND_LEASES_THEN_OPEN:
      return BudgetsWhenUsageAway::kSpendLeasesThenOpen;
    default:
      return std::nullopt;
  }
}

}  // namespace weir::relay

#include "services/relay/accounts/account_dialect.h"

namespace weir::relay {

std::optional<Dialect> DialectOf(Platform platform) {
  switch (platform) {
    case Platform::kClaude:
    case Platform::kClaudeConsole:
      return Dialect::kAnthropicMessages;
    case Platform::kOpenAi:
    case Platform::kAzureOpenAi:
    case Platform::kOllama:
      return Dialect::kOpenAiChat;
    case Platform::kOpenAiResponses:
      return Dialect::kOpenAiResponses;
    case Platform::kGemini:
      return Dialect::kGemini;
    case Platform::kSession:
      break;
  }
  return std::nullopt;
}

bool SpeaksNatively(const Account& account, Dialect dialect) {
  if (DialectOf(account.platform) == dialect) return true;
  // OpenAI itself has both under one key; of those who are compatible few have the second.
  return dialect == Dialect::kOpenAiResponses && account.platform == Platform::kOpenAi &&
         account.IsOpenAi();
}

std::optional<Dialect> TranslatedTo(const Account& account, Dialect dialect,
                                    std::uint32_t translatable) {
  const std::optional<Dialect> own = DialectOf(account.platform);
  if (!own.has_value() || SpeaksNatively(account, dialect)) return std::nullopt;
  const bool can = (translatable >> static_cast<unsigned>(*own) & 1U) != 0;
  return can ? own : std::nullopt;
}

}  // namespace weir::relay

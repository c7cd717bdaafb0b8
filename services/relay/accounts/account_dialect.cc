#include "services/relay/accounts/account_dialect.h"

namespace weir::relay {

namespace {

Dialect DialectOf(SessionProtocol protocol) {
  switch (protocol) {
    case SessionProtocol::kAnthropicMessages:
      return Dialect::kAnthropicMessages;
    case SessionProtocol::kOpenAiResponses:
      return Dialect::kOpenAiResponses;
    case SessionProtocol::kGemini:
      return Dialect::kGemini;
    case SessionProtocol::kOpenAiChat:
      break;
  }
  return Dialect::kOpenAiChat;
}

}  // namespace

Dialect DialectOf(const Account& account) {
  switch (account.platform) {
    case Platform::kClaude:
    case Platform::kClaudeConsole:
      return Dialect::kAnthropicMessages;
    case Platform::kOpenAiResponses:
      return Dialect::kOpenAiResponses;
    case Platform::kGemini:
      return Dialect::kGemini;
    case Platform::kSession:
      return DialectOf(account.session_protocol);
    case Platform::kOpenAi:
    case Platform::kAzureOpenAi:
    case Platform::kOllama:
      break;
  }
  return Dialect::kOpenAiChat;
}

bool SpeaksNatively(const Account& account, Dialect dialect) {
  if (DialectOf(account) == dialect) return true;
  // OpenAI itself has both under one key; of those who are compatible few have the second.
  return dialect == Dialect::kOpenAiResponses && account.platform == Platform::kOpenAi &&
         account.IsOpenAi();
}

std::optional<Dialect> TranslatedTo(const Account& account, Dialect dialect,
                                    std::uint32_t translatable) {
  if (SpeaksNatively(account, dialect)) return std::nullopt;
  const Dialect own = DialectOf(account);
  const bool can = (translatable >> static_cast<unsigned>(own) & 1U) != 0;
  return can ? std::optional(own) : std::nullopt;
}

}  // namespace weir::relay

// The wire protocols that clients and providers speak.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

enum class Dialect : std::uint8_t { kAnthropicMessages, kOpenAiChat };

// As in logs, metrics and the REST contract.
constexpr std::string_view DialectName(Dialect dialect) {
  return dialect == Dialect::kAnthropicMessages ? "anthropic_messages" : "openai_chat";
}

}  // namespace weir::relay

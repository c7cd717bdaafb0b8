#include "services/relay/http/endpoints.h"

#include <array>

namespace weir::relay {
namespace {

// GET /v1/models answers in the shape of whoever asks; see local_models.
constexpr std::array kEndpoints = {
    Endpoint{"POST", "/v1/messages", Dialect::kAnthropicMessages, Operation::kGenerate, "messages",
             "/v1/messages"},
    Endpoint{"POST", "/v1/messages/count_tokens", Dialect::kAnthropicMessages,
             Operation::kCountTokens, "count_tokens", "/v1/messages/count_tokens"},
    Endpoint{"POST", "/v1/chat/completions", Dialect::kOpenAiChat, Operation::kGenerate,
             "chat_completions", "/chat/completions"},
    Endpoint{"POST", "/chat/completions", Dialect::kOpenAiChat, Operation::kGenerate,
             "chat_completions", "/chat/completions"},
    Endpoint{"GET", "/v1/models", Dialect::kOpenAiChat, Operation::kListModels, "models", ""},
    Endpoint{"GET", "/models", Dialect::kOpenAiChat, Operation::kListModels, "models", ""},
    Endpoint{"GET", "/api/v1/models", Dialect::kOpenAiChat, Operation::kListModels, "models", ""},
    Endpoint{"GET", "/", Dialect::kOpenAiChat, Operation::kAlive, "alive", ""},
    Endpoint{"HEAD", "/", Dialect::kOpenAiChat, Operation::kAlive, "alive", ""},
};

}  // namespace

EndpointMatch FindEndpoint(std::string_view method, std::string_view path) {
  EndpointMatch match;
  for (const Endpoint& endpoint : kEndpoints) {
    if (endpoint.path != path) continue;
    match.path_known = true;
    if (endpoint.method == method) match.endpoint = &endpoint;
  }
  return match;
}

Dialect DialectOfPath(std::string_view path) {
  return path.starts_with("/v1/messages") ? Dialect::kAnthropicMessages : Dialect::kOpenAiChat;
}

}  // namespace weir::relay

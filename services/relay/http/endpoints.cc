#include "services/relay/http/endpoints.h"

#include <algorithm>
#include <array>

namespace weir::relay {
namespace {

constexpr Endpoint Anthropic(std::string_view path, Operation operation, std::string_view name) {
  return {"POST", path, Dialect::kAnthropicMessages, operation, name, path};
}

constexpr Endpoint Responses(std::string_view path, Operation operation, std::string_view name) {
  return {"POST", path, Dialect::kOpenAiResponses, operation, name, path};
}

constexpr Endpoint OpenAi(std::string_view path, std::string_view name, UsageForm usage,
                          BodyForm body = BodyForm::kJson, std::string_view default_model = {}) {
  const bool text = usage == UsageForm::kText;
  return {"POST", path, Dialect::kOpenAiChat, Operation::kGenerate, name, path, usage,
          body,   text, default_model};
}

// The same path below the root, for clients whose base URL lacks the version; goes upstream alike.
constexpr Endpoint Versioned(Endpoint endpoint, std::string_view path) {
  endpoint.path = path;
  return endpoint;
}

constexpr Endpoint Translated(Endpoint endpoint) {
  endpoint.translates = true;
  return endpoint;
}

constexpr Endpoint Local(std::string_view method, std::string_view path, Operation operation,
                         std::string_view name) {
  return {method, path, Dialect::kOpenAiChat, operation, name, ""};
}

constexpr Endpoint kChat =
    Translated(OpenAi("/chat/completions", "chat_completions", UsageForm::kText));
constexpr Endpoint kCompletions = OpenAi("/completions", "completions", UsageForm::kText);
constexpr Endpoint kEmbeddings = OpenAi("/embeddings", "embeddings", UsageForm::kEmbeddings);
constexpr Endpoint kModerations = OpenAi("/moderations", "moderations", UsageForm::kEmbeddings,
                                         BodyForm::kJson, "omni-moderation-latest");
constexpr Endpoint kRerank = OpenAi("/rerank", "rerank", UsageForm::kEmbeddings);
constexpr Endpoint kImages = OpenAi("/images/generations", "images_generations", UsageForm::kImages,
                                    BodyForm::kJson, "dall-e-2");
constexpr Endpoint kImageEdits =
    OpenAi("/images/edits", "images_edits", UsageForm::kImages, BodyForm::kMultipart, "dall-e-2");
constexpr Endpoint kImageVariations = OpenAi("/images/variations", "images_variations",
                                             UsageForm::kImages, BodyForm::kMultipart, "dall-e-2");
constexpr Endpoint kTranscriptions = OpenAi("/audio/transcriptions", "audio_transcriptions",
                                            UsageForm::kTranscript, BodyForm::kMultipart);
constexpr Endpoint kTranslations = OpenAi("/audio/translations", "audio_translations",
                                          UsageForm::kTranscript, BodyForm::kMultipart);
constexpr Endpoint kSpeech = OpenAi("/audio/speech", "audio_speech", UsageForm::kSpeech);

constexpr Endpoint Gemini(std::string_view verb, Operation operation, std::string_view name,
                          UsageForm usage = UsageForm::kText) {
  return {"POST", verb, Dialect::kGemini, operation, name, verb, usage};
}

constexpr Endpoint GeminiModels(std::string_view path) {
  return {"GET", path, Dialect::kGemini, Operation::kListModels, "models", ""};
}

// The model in the path, all else as OpenAI has it.
constexpr Endpoint OfModel(Endpoint endpoint, std::string_view path, std::string_view behind_model,
                           std::string_view name) {
  endpoint.path = path;
  endpoint.behind_model = behind_model;
  endpoint.name = name;
  return endpoint;
}

constexpr std::string_view kPlainModels = "/api/v1/models";

constexpr Endpoint kResponses =
    Translated(Responses("/responses", Operation::kGenerate, "responses"));
constexpr Endpoint kInputTokens =
    Responses("/responses/input_tokens", Operation::kCountTokens, "input_tokens");

constexpr Endpoint Socket(std::string_view path) {
  return {"GET", path, Dialect::kOpenAiResponses, Operation::kWebSocket, "responses", ""};
}

// GET /v1/models answers in the shape of whoever asks; see ModelList in local_answer.h.
constexpr std::array kEndpoints = {
    Translated(Anthropic("/v1/messages", Operation::kGenerate, "messages")),
    Anthropic("/v1/messages/count_tokens", Operation::kCountTokens, "count_tokens"),
    Anthropic("/api/event_logging/batch", Operation::kDrop, "event_logging"),
    Versioned(kChat, "/v1/chat/completions"),
    kChat,
    Versioned(kResponses, "/v1/responses"),
    kResponses,
    Versioned(kInputTokens, "/v1/responses/input_tokens"),
    kInputTokens,
    Socket("/v1/responses"),
    Socket("/responses"),
    Versioned(kCompletions, "/v1/completions"),
    kCompletions,
    Versioned(kEmbeddings, "/v1/embeddings"),
    kEmbeddings,
    Versioned(kModerations, "/v1/moderations"),
    kModerations,
    Versioned(kRerank, "/v1/rerank"),
    kRerank,
    Versioned(kImages, "/v1/images/generations"),
    kImages,
    Versioned(kImageEdits, "/v1/images/edits"),
    kImageEdits,
    Versioned(kImageVariations, "/v1/images/variations"),
    kImageVariations,
    Versioned(kTranscriptions, "/v1/audio/transcriptions"),
    kTranscriptions,
    Versioned(kTranslations, "/v1/audio/translations"),
    kTranslations,
    Versioned(kSpeech, "/v1/audio/speech"),
    kSpeech,
    Translated(Gemini(":generateContent", Operation::kGenerate, "generate_content")),
    Translated(Gemini(":streamGenerateContent", Operation::kGenerate, "stream_generate_content")),
    Gemini(":countTokens", Operation::kCountTokens, "count_tokens"),
    Gemini(":embedContent", Operation::kGenerate, "embed_content", UsageForm::kEmbeddings),
    Gemini(":batchEmbedContents", Operation::kGenerate, "batch_embed_contents",
           UsageForm::kEmbeddings),
    Local("GET", "/v1/models", Operation::kListModels, "models"),
    GeminiModels("/v1beta/models"),
    GeminiModels("/v1alpha/models"),
    Local("GET", "/models", Operation::kListModels, "models"),
    Local("GET", kPlainModels, Operation::kListModels, "models"),
    OfModel(kChat, "/api/v1/models/", "/chat", "models_chat"),
    Local("GET", "/v1/streams/", Operation::kResume, "streams"),
    Local("GET", "/", Operation::kAlive, "alive"),
    Local("HEAD", "/", Operation::kAlive, "alive"),
};

// Where Gemini's models stand, by the versions of its API.
constexpr std::array<std::string_view, 3> kModelRoots = {"/v1beta/models/", "/v1/models/",
                                                         "/v1alpha/models/"};

bool IsOfModel(std::string_view path) {
  return std::any_of(kModelRoots.begin(), kModelRoots.end(), [path](std::string_view root) {
    return path.size() > root.size() && path.starts_with(root) && path[root.size()] != ':';
  });
}

bool Matches(const Endpoint& endpoint, std::string_view path) {
  const std::string_view pattern = endpoint.path;
  if (!endpoint.behind_model.empty()) return !ModelInPath(endpoint, path).empty();
  if (pattern == path) return true;
  if (pattern.starts_with(':')) return path.ends_with(pattern) && IsOfModel(path);
  if (!pattern.ends_with('/') || pattern == "/" || !path.starts_with(pattern)) return false;
  const std::string_view segment = path.substr(pattern.size());
  return !segment.empty() && segment.find('/') == std::string_view::npos;
}

}  // namespace

EndpointMatch FindEndpoint(std::string_view method, std::string_view path) {
  EndpointMatch match;
  for (const Endpoint& endpoint : kEndpoints) {
    if (!Matches(endpoint, path)) continue;
    match.path_known = true;
    if (endpoint.method != method) continue;
    match.endpoint = &endpoint;
    break;
  }
  return match;
}

std::string_view ModelInPath(const Endpoint& endpoint, std::string_view path) {
  const std::string_view behind = endpoint.behind_model;
  if (behind.empty() || !path.starts_with(endpoint.path) || !path.ends_with(behind)) return {};
  if (path.size() < endpoint.path.size() + behind.size()) return {};
  path.remove_suffix(behind.size());
  return path.substr(endpoint.path.size());
}

bool HasPlainErrors(std::string_view path) { return path.starts_with(kPlainModels); }

Dialect DialectOfPath(std::string_view path) {
  if (path.starts_with("/v1/messages")) return Dialect::kAnthropicMessages;
  const bool google = path.starts_with("/v1beta/") || path.starts_with("/v1alpha/") ||
                      (IsOfModel(path) && path.find(':') != std::string_view::npos);
  return google ? Dialect::kGemini : Dialect::kOpenAiChat;
}

}  // namespace weir::relay

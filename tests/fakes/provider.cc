#include "tests/fakes/provider.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/fakes/answer.h"
#include "tests/fakes/anthropic_wire.h"
#include "tests/fakes/form_request.h"
#include "tests/fakes/gemini_wire.h"
#include "tests/fakes/openai_wire.h"
#include "tests/fakes/responses_wire.h"
#include "tests/fakes/thinking_check.h"

namespace weir::fakes {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kCacheEntriesMax = 64;
// Rate-limit headers carry a time, so an answer is not served from the cache for long.
constexpr std::chrono::seconds kCacheAge{20};
constexpr std::size_t kHashedEdgeBytes = 1024;

const std::vector<std::string>& ModelNames() {
  static const std::vector<std::string> names = {"claude-fake-1", "gpt-fake-1", "fake-text"};
  return names;
}

std::string_view CredentialOf(const HttpRequest& request) {
  for (const std::string_view name : {"x-api-key", "api-key", "x-goog-api-key"}) {
    if (const std::string_view value = request.Header(name); !value.empty()) return value;
  }
  const std::string_view value = request.Header("authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (value.size() > kBearer.size() &&
      EqualsIgnoringCase(value.substr(0, kBearer.size()), kBearer)) {
    return value.substr(kBearer.size());
  }
  return {};
}

ConnectionTraits TraitsOf(const HttpRequest& request) {
  return {request.keep_alive, request.http11};
}

std::string RefusalMessage(const Scenario& scenario) {
  return "The fake was told to answer " + std::to_string(scenario.status) + ".";
}

std::uint64_t Fnv(std::string_view text, std::uint64_t hash = 1469598103934665603ULL) {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

// Only the edges are hashed, the whole is compared: a benchmark's large body costs one memcmp.
std::uint64_t CacheHash(std::string_view key, std::string_view body) {
  std::uint64_t hash = Fnv(key) + body.size();
  hash = Fnv(body.substr(0, kHashedEdgeBytes), hash);
  return body.size() > kHashedEdgeBytes ? Fnv(body.substr(body.size() - kHashedEdgeBytes), hash)
                                        : hash;
}

// The fields without which the real services refuse a request.
bool IsComplete(Endpoint endpoint, const ModelRequest& request, std::string& problem) {
  const bool talks = endpoint == Endpoint::kMessages || endpoint == Endpoint::kCountTokens ||
                     endpoint == Endpoint::kChat || endpoint == Endpoint::kResponses ||
                     endpoint == Endpoint::kInputTokens || endpoint == Endpoint::kGenerateContent;
  if (!talks) return true;
  if (!request.has_messages) problem = "messages: at least one message is required";
  if (endpoint == Endpoint::kMessages && !request.has_max_tokens) {
    problem = "max_tokens: Field required";
  }
  return problem.empty();
}

// What the real service takes when a request names no model; empty = it must.
const char* DefaultModel(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kModerations:
      return "omni-moderation-latest";
    case Endpoint::kImages:
    case Endpoint::kImageForm:
      return "dall-e-2";
    default:
      return "";
  }
}

Decision PageOf(const HttpRequest& request, int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  Decision decision;
  decision.script = std::make_shared<const Script>(BuildScript(reply, {}, TraitsOf(request)));
  decision.recorded = false;
  return decision;
}

}  // namespace

Provider::Provider(std::vector<std::string> required_keys, Recorder& recorder)
    : required_keys_(std::move(required_keys)), recorder_(recorder) {}

Decision Provider::Decide(const HttpRequest& request) {
  struct Route {
    std::string_view method;
    std::string_view suffix;
    Endpoint endpoint;
  };
  static constexpr Route kRoutes[] = {
      {"POST", "/messages", Endpoint::kMessages},
      {"POST", "/messages/count_tokens", Endpoint::kCountTokens},
      {"POST", "/chat/completions", Endpoint::kChat},
      {"POST", "/responses", Endpoint::kResponses},
      {"POST", "/responses/input_tokens", Endpoint::kInputTokens},
      {"POST", "/completions", Endpoint::kCompletions},  // behind /chat/completions
      {"POST", "/embeddings", Endpoint::kEmbeddings},
      {"POST", "/moderations", Endpoint::kModerations},
      {"POST", "/rerank", Endpoint::kRerank},
      {"POST", "/images/generations", Endpoint::kImages},
      {"POST", "/images/edits", Endpoint::kImageForm},
      {"POST", "/images/variations", Endpoint::kImageForm},
      {"POST", "/audio/transcriptions", Endpoint::kTranscription},
      {"POST", "/audio/translations", Endpoint::kTranscription},
      {"POST", "/audio/speech", Endpoint::kSpeech},
  };
  const std::string_view path = request.Path();
  if (path.starts_with("/__fake/") || path == "/health") return DecideControl(request);
  for (const Route& route : kRoutes) {
    if (request.method == route.method && path.ends_with(route.suffix)) {
      return DecideModelCall(request, route.endpoint);
    }
  }
  struct Verb {
    std::string_view name;
    Endpoint endpoint;
  };
  static constexpr Verb kVerbs[] = {
      {"generateContent", Endpoint::kGenerateContent},
      {"streamGenerateContent", Endpoint::kGenerateContent},
      {"countTokens", Endpoint::kGeminiCount},
      {"embedContent", Endpoint::kEmbedContent},
      {"batchEmbedContents", Endpoint::kBatchEmbedContents},
  };
  for (const Verb& verb : kVerbs) {
    if (request.method == "POST" && gemini::TargetOf(path).verb == verb.name) {
      return DecideModelCall(request, verb.endpoint);
    }
  }
  if (request.method == "GET" && path.ends_with("/models")) return DecideModels(request);
  Scenario scenario;
  scenario.status = 404;
  return Refuse(
      request,
      request.Header("anthropic-version").empty() ? Protocol::kOpenAi : Protocol::kAnthropic,
      scenario, "The fake has no " + request.method + " " + std::string(path) + ".");
}

Decision Provider::DecideControl(const HttpRequest& request) {
  const std::string_view path = request.Path();
  if (path == "/health") return PageOf(request, 200, "{\"status\":\"ok\"}");
  if (path == "/__fake/requests") return PageOf(request, 200, recorder_.RequestsJson());
  if (path == "/__fake/stats") return PageOf(request, 200, recorder_.StatsJson());
  if (path == "/__fake/reset" && request.method == "POST") {
    recorder_.Reset();
    const std::lock_guard lock(mutex_);
    failures_.clear();
    return PageOf(request, 200, "{\"ok\":true}");
  }
  return PageOf(request, 404, "{\"error\":\"see tests/fakes/README.md for the fake's pages\"}");
}

bool Provider::KeyIsGood(const HttpRequest& request) const {
  if (required_keys_.empty()) return true;
  const std::string_view credential = CredentialOf(request);
  return std::find(required_keys_.begin(), required_keys_.end(), credential) !=
         required_keys_.end();
}

bool Provider::StillFails(const std::string& counter, std::int64_t first) {
  const std::lock_guard lock(mutex_);
  return ++failures_[counter] <= first;
}

Decision Provider::Refuse(const HttpRequest& request, Protocol protocol, const Scenario& scenario,
                          std::string message, std::string_view code) {
  Script script =
      BuildScript(RefusalReply(protocol, scenario, message, code), scenario, TraitsOf(request));
  script.request_id_header = RequestIdHeader(protocol);
  Decision decision;
  decision.script = std::make_shared<const Script>(std::move(script));
  return decision;
}

Decision Provider::DecideModels(const HttpRequest& request) {
  const bool is_anthropic = !request.Header("anthropic-version").empty();
  const bool is_gemini = !request.Header("x-goog-api-key").empty();
  const Protocol protocol = is_anthropic ? Protocol::kAnthropic
                            : is_gemini  ? Protocol::kGemini
                                         : Protocol::kOpenAi;
  Scenario scenario;
  std::string unknown;
  ApplyTokens(TokensOfCredential(CredentialOf(request)), scenario, unknown);
  if (!KeyIsGood(request)) scenario.status = 401;
  if (scenario.status != 200) return Refuse(request, protocol, scenario, RefusalMessage(scenario));
  const std::string body = is_anthropic ? anthropic::ModelsBody(ModelNames())
                           : is_gemini  ? gemini::ModelsBody(ModelNames())
                                        : openai::ModelsBody(ModelNames());
  Script script = BuildScript(PlainReply(protocol, scenario, body), scenario, TraitsOf(request));
  script.request_id_header = RequestIdHeader(protocol);
  Decision decision;
  decision.script = std::make_shared<const Script>(std::move(script));
  return decision;
}

Decision Provider::DecideModelCall(const HttpRequest& request, Endpoint endpoint) {
  Scenario scenario;
  if (!KeyIsGood(request)) {
    scenario.status = 401;
    return Refuse(request, ProtocolOf(endpoint), scenario, "invalid x-api-key or bearer token");
  }

  const std::string key_tokens(TokensOfCredential(CredentialOf(request)));
  std::string key = std::to_string(static_cast<int>(endpoint)) + (request.keep_alive ? "k" : "c") +
                    (request.http11 ? "1" : "0") + key_tokens;
  if (ProtocolOf(endpoint) == Protocol::kGemini) key += request.target;  // it names the model
  const std::uint64_t hash = CacheHash(key, request.body);
  {
    const std::lock_guard lock(mutex_);
    const auto found = cache_.find(hash);
    if (found != cache_.end() && SteadyClock::now() - found->second.made_at < kCacheAge &&
        found->second.key == key && found->second.body == request.body) {
      return found->second.decision;
    }
  }
  bool may_cache = false;
  Decision decision = DecideFresh(request, endpoint, key_tokens, may_cache);
  if (may_cache) {
    const std::lock_guard lock(mutex_);
    if (cache_.size() >= kCacheEntriesMax) cache_.clear();
    cache_[hash] = {std::move(key), request.body, decision, SteadyClock::now()};
  }
  return decision;
}

Decision Provider::DecideFresh(const HttpRequest& request, Endpoint endpoint,
                               const std::string& key_tokens, bool& may_cache) {
  const Protocol protocol = ProtocolOf(endpoint);
  ModelRequest model_request;
  std::string problem;
  Scenario bad_request;
  bad_request.status = 400;
  model_request.model = DefaultModel(endpoint);
  if (protocol == Protocol::kGemini) {
    const gemini::Target target = gemini::TargetOf(request.Path());
    model_request.model = target.model;
    model_request.stream = target.verb == "streamGenerateContent";
    model_request.json_array =
        model_request.stream && request.target.find("alt=sse") == std::string::npos;
  }
  const bool parsed =
      TakesForm(endpoint)
          ? ParseFormRequest(request.Header("content-type"), request.body, model_request, problem)
          : ParseModelRequest(protocol, request.body, model_request, problem);
  if (!parsed || !IsComplete(endpoint, model_request, problem)) {
    return Refuse(request, protocol, bad_request, problem);
  }

  Scenario scenario;
  const std::string model_tokens(TokensOfModel(model_request.model));
  std::string unknown;
  // The credential's tokens come last, so that they win: such an account fails whatever is asked.
  if (!ApplyTokens(model_tokens, scenario, unknown) ||
      !ApplyTokens(key_tokens, scenario, unknown)) {
    return Refuse(request, protocol, bad_request, "the fake knows no scenario token " + unknown);
  }
  if (scenario.family >= 0 && protocol == Protocol::kAnthropic) {
    problem = ThinkingProblem(scenario.family, request.body);
    if (!problem.empty()) return Refuse(request, protocol, bad_request, problem);
  }
  if (scenario.family >= 0 && protocol == Protocol::kResponses) {
    std::string code;
    problem = responses::ForeignProblem(scenario.family, request.body, code);
    if (!problem.empty()) return Refuse(request, protocol, bad_request, problem, code);
  }
  const std::string tokens = model_tokens + (key_tokens.empty() ? "" : " key:" + key_tokens);
  const std::string counter = std::string(CredentialOf(request)) + " " + model_request.model + " " +
                              std::to_string(static_cast<int>(protocol));
  if (scenario.first >= 0 && !StillFails(counter, scenario.first)) scenario = Healed(scenario);
  MoveStreamErrors(protocol, model_request.stream, scenario);
  may_cache = scenario.first < 0 && scenario.status == 200;

  Decision decision;
  if (scenario.nothing || scenario.garbage) {
    decision.script =
        std::make_shared<const Script>(scenario.nothing ? SilentScript() : GarbageScript());
  } else if (scenario.status != 200) {
    decision = Refuse(request, protocol, scenario, RefusalMessage(scenario));
  } else {
    const Answer answer = MakeAnswer(model_request, scenario, Fnv(request.body));
    Script script = BuildScript(ReplyOf(endpoint, model_request, scenario, answer), scenario,
                                TraitsOf(request));
    script.request_id_header = RequestIdHeader(protocol);
    decision.script = std::make_shared<const Script>(std::move(script));
  }
  decision.scenario = tokens;
  return decision;
}

}  // namespace weir::fakes

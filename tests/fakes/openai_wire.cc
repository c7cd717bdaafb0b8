#include "tests/fakes/openai_wire.h"

#include <boost/json.hpp>

namespace weir::fakes::openai {
namespace {

namespace json = boost::json;

constexpr std::int64_t kCreated = 1'767'225'600;  // 2026-01-01: equal requests get equal answers

const char* FinishName(StopReason reason) {
  switch (reason) {
    case StopReason::kToolUse:
      return "tool_calls";
    case StopReason::kMaxTokens:
      return "length";
    case StopReason::kRefusal:
      return "content_filter";
    case StopReason::kEnd:
      break;
  }
  return "stop";
}

json::object UsageJson(const TokenUsage& usage) {
  const std::int64_t written = usage.cache_write_5m + usage.cache_write_1h;
  const std::int64_t prompt = usage.input + usage.cache_read + written;
  json::object prompt_details = {{"cached_tokens", usage.cache_read}, {"audio_tokens", 0}};
  if (written > 0) prompt_details["cache_write_tokens"] = written;
  return {
      {"prompt_tokens", prompt},
      {"completion_tokens", usage.output},
      {"total_tokens", prompt + usage.output},
      {"prompt_tokens_details", prompt_details},
      {"completion_tokens_details", {{"reasoning_tokens", usage.reasoning}, {"audio_tokens", 0}}}};
}

json::object Head(const Answer& answer, const char* object) {
  return {{"id", "chatcmpl-fake-" + answer.id},
          {"object", object},
          {"created", kCreated},
          {"model", answer.model},
          {"service_tier", "default"},
          {"system_fingerprint", "fp_fake"}};
}

std::string Chunk(const json::value& data) { return "data: " + json::serialize(data) + "\n\n"; }

// Writes the chunks of one completion.
class ChunkWriter {
 public:
  ChunkWriter(const Answer& answer, bool include_usage, std::vector<std::string>& events)
      : answer_(answer), include_usage_(include_usage), events_(events) {}

  void Delta(json::object delta) { Write(std::move(delta), nullptr, nullptr); }

  void Finish(json::value usage) {
    Write(json::object(), FinishName(answer_.stop), std::move(usage));
  }

  void Usage() {
    json::object chunk = Head(answer_, "chat.completion.chunk");
    chunk["choices"] = json::array();
    chunk["usage"] = UsageJson(answer_.usage);
    events_.push_back(Chunk(chunk));
  }

 private:
  void Write(json::object delta, json::value finish_reason, json::value usage) {
    json::object chunk = Head(answer_, "chat.completion.chunk");
    chunk["choices"] = json::array({json::object{{"index", 0},
                                                 {"delta", std::move(delta)},
                                                 {"logprobs", nullptr},
                                                 {"finish_reason", std::move(finish_reason)}}});
    // Only those who asked for usage see the field at all, null until the last chunk.
    if (include_usage_ || !usage.is_null()) chunk["usage"] = std::move(usage);
    events_.push_back(Chunk(chunk));
  }

  const Answer& answer_;
  bool include_usage_;
  std::vector<std::string>& events_;
};

json::object CallHead(const ToolCall& call, const std::string& arguments) {
  return {{"id", "call_fake_" + call.id},
          {"type", "function"},
          {"function", {{"name", call.name}, {"arguments", arguments}}}};
}

void WriteCall(const ToolCall& call, std::size_t index, ChunkWriter& writer) {
  json::object head = CallHead(call, "");
  head["index"] = index;
  writer.Delta({{"tool_calls", json::array({head})}});
  const std::size_t half = call.arguments.size() / 2;
  for (const std::string& piece : {call.arguments.substr(0, half), call.arguments.substr(half)}) {
    json::object part = {{"index", index}, {"function", {{"arguments", piece}}}};
    writer.Delta({{"tool_calls", json::array({part})}});
  }
}

void WriteThinking(const Answer& answer, ChunkWriter& writer) {
  if (answer.thinking.empty()) return;
  const std::size_t half = answer.thinking.size() / 2;
  writer.Delta({{"reasoning_content", answer.thinking.substr(0, half)}});
  writer.Delta({{"reasoning_content", answer.thinking.substr(half)}});
}

json::object Message(const Answer& answer) {
  json::object message = {{"role", "assistant"}, {"content", nullptr}, {"refusal", nullptr}};
  if (answer.stop == StopReason::kRefusal) {
    message["refusal"] = JoinText(answer);
  } else if (!answer.text.empty() || answer.calls.empty()) {
    message["content"] = JoinText(answer);
  }
  if (!answer.thinking.empty()) message["reasoning_content"] = answer.thinking;
  message["annotations"] = json::array();
  if (!answer.calls.empty()) {
    json::array calls;
    for (const ToolCall& call : answer.calls) calls.push_back(CallHead(call, call.arguments));
    message["tool_calls"] = calls;
  }
  return message;
}

struct ErrorKind {
  int status;
  const char* type;
  const char* code;  // nullptr: null
};

constexpr ErrorKind kErrorKinds[] = {
    {400, "invalid_request_error", nullptr},
    {401, "invalid_request_error", "invalid_api_key"},
    {402, "insufficient_quota", "insufficient_quota"},
    {403, "invalid_request_error", "unsupported_country_region_territory"},
    {404, "invalid_request_error", "model_not_found"},
    {409, "invalid_request_error", nullptr},
    {413, "invalid_request_error", "request_too_large"},
    {422, "invalid_request_error", nullptr},
    {429, "requests", "rate_limit_exceeded"},
    {503, "server_error", "service_unavailable"},
};

ErrorKind KindOf(int status, bool quota) {
  if (quota) return {status, "insufficient_quota", "insufficient_quota"};
  for (const ErrorKind& kind : kErrorKinds) {
    if (kind.status == status) return kind;
  }
  return {status, "server_error", nullptr};
}

// Eight floats of 0.125 · (i + 1), little endian, in base64: what the SDKs ask for by default.
constexpr const char* kEmbeddingBase64 = "AAAAPgAAgD4AAMA+AAAAPwAAID8AAEA/AABgPwAAgD8=";

json::value EmbeddingVector(bool base64) {
  if (base64) return kEmbeddingBase64;
  json::array vector;
  for (int i = 1; i <= 8; ++i) vector.push_back(0.125 * i);
  return vector;
}

}  // namespace

std::string CompletionBody(const Answer& answer) {
  json::object completion = Head(answer, "chat.completion");
  completion["choices"] = json::array({json::object{{"index", 0},
                                                    {"message", Message(answer)},
                                                    {"logprobs", nullptr},
                                                    {"finish_reason", FinishName(answer.stop)}}});
  completion["usage"] = UsageJson(answer.usage);
  return json::serialize(completion);
}

std::vector<std::string> CompletionEvents(const Answer& answer, bool include_usage,
                                          bool usage_twice) {
  std::vector<std::string> events;
  ChunkWriter writer(answer, include_usage, events);
  writer.Delta({{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}});
  WriteThinking(answer, writer);
  const char* field = answer.stop == StopReason::kRefusal ? "refusal" : "content";
  for (const std::string& piece : answer.text) writer.Delta({{field, piece}});
  for (std::size_t i = 0; i < answer.calls.size(); ++i) WriteCall(answer.calls[i], i, writer);
  json::value early_usage;
  if (usage_twice) {
    TokenUsage half = answer.usage;
    half.output /= 2;
    half.reasoning /= 2;
    early_usage = UsageJson(half);
  }
  writer.Finish(std::move(early_usage));
  if (include_usage) writer.Usage();
  events.emplace_back("data: [DONE]\n\n");
  return events;
}

std::string ErrorBody(int status, std::string_view message, bool quota, std::string_view code) {
  const ErrorKind kind = KindOf(status, quota);
  json::value shown;
  if (kind.code != nullptr) shown = kind.code;
  if (!code.empty()) shown = json::string_view(code.data(), code.size());
  return json::serialize(
      json::object{{"error",
                    {{"message", json::string_view(message.data(), message.size())},
                     {"type", kind.type},
                     {"param", nullptr},
                     {"code", shown}}}});
}

std::string ErrorEvent(int status, std::string_view message) {
  return "data: " + ErrorBody(status, message, false) + "\n\n";
}

std::string EmbeddingsBody(const ModelRequest& request, const TokenUsage& usage) {
  json::array data;
  for (std::size_t i = 0; i < request.embedding_inputs; ++i) {
    data.push_back({{"object", "embedding"},
                    {"index", i},
                    {"embedding", EmbeddingVector(request.base64_embedding)}});
  }
  return json::serialize(
      json::object{{"object", "list"},
                   {"data", data},
                   {"model", request.model},
                   {"usage", {{"prompt_tokens", usage.input}, {"total_tokens", usage.input}}}});
}

std::string ModelsBody(const std::vector<std::string>& models) {
  json::array data;
  for (const std::string& model : models) {
    data.push_back(
        {{"id", model}, {"object", "model"}, {"created", kCreated}, {"owned_by", "fake"}});
  }
  return json::serialize(json::object{{"object", "list"}, {"data", data}});
}

Headers RateHeaders(const RateFigures& figures) {
  const auto reset = [&figures](std::int64_t asked, const char* exhausted, const char* usual) {
    if (figures.exhausted) return std::string(exhausted);
    return asked >= 0 ? std::to_string(figures.reset_in_seconds) + "s" : std::string(usual);
  };
  const std::int64_t requests = figures.requests_left;
  const std::int64_t tokens = figures.tokens_left;
  return {{"x-ratelimit-limit-requests", "5000"},
          {"x-ratelimit-remaining-requests", figures.Left(requests, "4999")},
          {"x-ratelimit-reset-requests", reset(requests, "1s", "12ms")},
          {"x-ratelimit-limit-tokens", "800000"},
          {"x-ratelimit-remaining-tokens", figures.Left(tokens, "799000")},
          {"x-ratelimit-reset-tokens", reset(tokens, "6m0s", "75ms")}};
}

}  // namespace weir::fakes::openai

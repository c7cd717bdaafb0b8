#include "tests/fakes/gemini_wire.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <boost/json.hpp>

namespace weir::fakes::gemini {
namespace {

namespace json = boost::json;

json::string_view Text(std::string_view text) { return {text.data(), text.size()}; }

const char* FinishName(StopReason reason) {
  switch (reason) {
    case StopReason::kMaxTokens:
      return "MAX_TOKENS";
    case StopReason::kRefusal:
      return "SAFETY";
    case StopReason::kToolUse:  // calls end as all else does
    case StopReason::kEnd:
      break;
  }
  return "STOP";
}

// Zeros are left out, as the real service does.
json::object UsageJson(const TokenUsage& usage, bool with_output) {
  const std::int64_t prompt =
      usage.input + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h;
  const std::int64_t said = with_output ? usage.output - usage.reasoning : 0;
  const std::int64_t thought = with_output ? usage.reasoning : 0;
  json::object object = {{"promptTokenCount", prompt},
                         {"totalTokenCount", prompt + said + thought}};
  if (said > 0) object["candidatesTokenCount"] = said;
  if (thought > 0) object["thoughtsTokenCount"] = thought;
  if (usage.cache_read > 0) object["cachedContentTokenCount"] = usage.cache_read;
  return object;
}

// Bytes here, which SDKs read from base64.
std::string Signature(std::string text) {
  std::replace(text.begin(), text.end(), '.', '+');
  text.append((4 - text.size() % 4) % 4, 'A');
  return text;
}

json::object CallPart(const ToolCall& call, const Answer& answer) {
  json::object part = {
      {"functionCall", {{"name", call.name}, {"args", json::parse(call.arguments)}}}};
  if (!answer.thinking.empty()) part["thoughtSignature"] = Signature(answer.signature);
  return part;
}

json::object TextPart(std::string_view text, bool thought) {
  json::object part = {{"text", Text(text)}};
  if (thought) part["thought"] = true;
  return part;
}

json::object Chunk(const Answer& answer, json::array parts, bool last) {
  json::object candidate = {{"content", {{"parts", std::move(parts)}, {"role", "model"}}},
                            {"index", 0}};
  if (last) candidate["finishReason"] = FinishName(answer.stop);
  return {{"candidates", json::array({std::move(candidate)})},
          {"modelVersion", answer.model},
          {"responseId", "fake-" + answer.id}};
}

json::array PartsOf(const Answer& answer) {
  json::array parts;
  if (!answer.thinking.empty()) parts.push_back(TextPart(answer.thinking, true));
  if (!answer.text.empty()) parts.push_back(TextPart(JoinText(answer), false));
  for (const ToolCall& call : answer.calls) parts.push_back(CallPart(call, answer));
  return parts;
}

// The parts one by one; the last one comes with the reason why it is the last.
std::vector<json::object> Chunks(const Answer& answer, bool usage) {
  json::array parts;
  if (!answer.thinking.empty()) parts.push_back(TextPart(answer.thinking, true));
  for (const std::string& piece : answer.text) parts.push_back(TextPart(piece, false));
  for (const ToolCall& call : answer.calls) parts.push_back(CallPart(call, answer));
  if (parts.empty()) parts.push_back(TextPart("", false));
  std::vector<json::object> chunks;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    json::object chunk = Chunk(answer, json::array({parts[i]}), last);
    if (usage) chunk["usageMetadata"] = UsageJson(answer.usage, last);
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

struct ErrorKind {
  int status;
  const char* word;
};

constexpr ErrorKind kErrorKinds[] = {
    {400, "INVALID_ARGUMENT"},   {401, "UNAUTHENTICATED"}, {403, "PERMISSION_DENIED"},
    {404, "NOT_FOUND"},          {409, "ABORTED"},         {413, "INVALID_ARGUMENT"},
    {429, "RESOURCE_EXHAUSTED"}, {500, "INTERNAL"},        {503, "UNAVAILABLE"},
    {504, "DEADLINE_EXCEEDED"},
};

json::object ErrorJson(int status, std::string_view message) {
  const char* word = "INTERNAL";
  for (const ErrorKind& kind : kErrorKinds) {
    if (kind.status == status) word = kind.word;
  }
  return {{"error", {{"code", status}, {"message", Text(message)}, {"status", word}}}};
}

std::string Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out +=
          static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Target TargetOf(std::string_view path) {
  constexpr std::string_view kModels = "/models/";
  const std::size_t begin = path.find(kModels);
  const std::size_t colon = path.rfind(':');
  if (begin == std::string_view::npos || colon == std::string_view::npos) return {};
  const std::size_t model = begin + kModels.size();
  if (colon < model) return {};
  return {Decoded(path.substr(model, colon - model)), path.substr(colon + 1)};
}

std::string AnswerBody(const Answer& answer, bool usage) {
  json::object body = Chunk(answer, PartsOf(answer), true);
  if (usage) body["usageMetadata"] = UsageJson(answer.usage, true);
  return json::serialize(body);
}

std::vector<std::string> AnswerEvents(const Answer& answer, bool usage) {
  std::vector<std::string> events;
  for (const json::object& chunk : Chunks(answer, usage)) {
    events.push_back("data: " + json::serialize(chunk) + "\r\n\r\n");
  }
  return events;
}

std::vector<std::string> AnswerArray(const Answer& answer, bool usage) {
  std::vector<std::string> parts;
  for (const json::object& chunk : Chunks(answer, usage)) {
    parts.push_back((parts.empty() ? "[" : ",\r\n") + json::serialize(chunk));
  }
  parts.back() += "\n]";
  return parts;
}

std::string ErrorBody(int status, std::string_view message) {
  return json::serialize(ErrorJson(status, message));
}

std::string ErrorEvent(int status, std::string_view message) {
  return "data: " + ErrorBody(status, message) + "\r\n\r\n";
}

std::string CountBody(const TokenUsage& usage) {
  return json::serialize(json::object{{"totalTokens", usage.input}});
}

std::string EmbeddingBody(const ModelRequest& request, bool batch) {
  json::array values;
  for (int i = 1; i <= 8; ++i) values.push_back(0.125 * i);
  const json::object embedding = {{"values", values}};
  if (!batch) return json::serialize(json::object{{"embedding", embedding}});
  json::array all(request.embedding_inputs, embedding);
  return json::serialize(json::object{{"embeddings", std::move(all)}});
}

std::string ModelsBody(const std::vector<std::string>& models) {
  json::array list;
  for (const std::string& model : models) {
    list.push_back({{"name", "models/" + model},
                    {"displayName", model},
                    {"supportedGenerationMethods", {"generateContent", "countTokens"}}});
  }
  return json::serialize(json::object{{"models", list}});
}

}  // namespace weir::fakes::gemini

#include "tests/fakes/media_wire.h"

#include <boost/json.hpp>

namespace weir::fakes::media {
namespace {

namespace json = boost::json;

constexpr std::int64_t kCreated = 1'767'225'600;  // 2026-01-01: equal requests get equal answers
constexpr const char* kPicture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk";

json::object TextUsage(const TokenUsage& usage) {
  return {{"prompt_tokens", usage.input},
          {"completion_tokens", usage.output},
          {"total_tokens", usage.input + usage.output}};
}

json::object TokenCountUsage(const TokenUsage& usage) {
  return {{"input_tokens", usage.input},
          {"output_tokens", usage.output},
          {"total_tokens", usage.input + usage.output}};
}

json::object PictureUsage(const TokenUsage& usage) {
  json::object object = TokenCountUsage(usage);
  object["input_tokens_details"] = {{"text_tokens", usage.input / 2},
                                    {"image_tokens", usage.input - usage.input / 2}};
  return object;
}

std::string Data(const json::value& data) { return "data: " + json::serialize(data) + "\n\n"; }

std::string Named(const std::string& name, json::object data) {
  data["type"] = name;
  return "event: " + name + "\n" + Data(data);
}

json::object CompletionHead(const Answer& answer, const std::string& text, json::value finish) {
  return {{"id", "cmpl-fake-" + answer.id},
          {"object", "text_completion"},
          {"created", kCreated},
          {"model", answer.model},
          {"choices", json::array({json::object{{"index", 0},
                                                {"text", text},
                                                {"logprobs", nullptr},
                                                {"finish_reason", std::move(finish)}}})}};
}

}  // namespace

std::string CompletionBody(const Answer& answer) {
  json::object body = CompletionHead(answer, JoinText(answer), "stop");
  body["usage"] = TextUsage(answer.usage);
  return json::serialize(body);
}

std::vector<std::string> CompletionEvents(const Answer& answer, bool include_usage) {
  std::vector<std::string> events;
  for (const std::string& piece : answer.text) {
    events.push_back(Data(CompletionHead(answer, piece, nullptr)));
  }
  events.push_back(Data(CompletionHead(answer, "", "stop")));
  if (include_usage) {
    json::object chunk = CompletionHead(answer, "", nullptr);
    chunk["choices"] = json::array();
    chunk["usage"] = TextUsage(answer.usage);
    events.push_back(Data(chunk));
  }
  events.emplace_back("data: [DONE]\n\n");
  return events;
}

std::string ModerationBody(const Answer& answer) {
  const json::object result = {{"flagged", false},
                               {"categories", {{"violence", false}}},
                               {"category_scores", {{"violence", 0.001}}}};
  return json::serialize(json::object{
      {"id", "modr-" + answer.id}, {"model", answer.model}, {"results", json::array({result})}});
}

std::string RerankBody(const Answer& answer, bool tells_usage) {
  json::object body = {
      {"model", answer.model},
      {"results", json::array({json::object{{"index", 0}, {"relevance_score", 0.9}}})}};
  if (tells_usage) body["usage"] = {{"total_tokens", answer.usage.input}};
  return json::serialize(body);
}

std::string ImageBody(const ModelRequest& request, const Answer& answer, bool tells_usage) {
  json::array data;
  for (std::size_t i = 0; i < request.pictures; ++i) {
    data.push_back(json::object{{"b64_json", kPicture}});
  }
  json::object body = {{"created", kCreated}, {"data", data}};
  if (tells_usage) body["usage"] = PictureUsage(answer.usage);
  return json::serialize(body);
}

std::vector<std::string> ImageEvents(const Answer& answer, const std::string& kind) {
  std::vector<std::string> events;
  for (int i = 0; i < 2; ++i) {
    events.push_back(
        Named(kind + ".partial_image", {{"b64_json", kPicture}, {"partial_image_index", i}}));
  }
  events.push_back(
      Named(kind + ".completed", {{"b64_json", kPicture}, {"usage", PictureUsage(answer.usage)}}));
  return events;
}

bool IsPlainText(const ModelRequest& request) {
  return request.response_format == "text" || request.response_format == "srt" ||
         request.response_format == "vtt";
}

std::string TranscriptBody(const ModelRequest& request, const Answer& answer, bool tells_usage) {
  const std::string text = JoinText(answer);
  const std::string times = "00:00:00,000 --> 00:00:02,500\n" + text + "\n";
  if (request.response_format == "text") return text + "\n";
  if (request.response_format == "srt") return "1\n" + times + "\n";
  if (request.response_format == "vtt") return "WEBVTT\n\n" + times + "\n";
  json::object body = {{"text", text}};
  if (!tells_usage) return json::serialize(body);
  if (request.model.starts_with("whisper")) {
    body["usage"] = {{"type", "duration"}, {"seconds", answer.usage.input}};
  } else {
    json::object usage = TokenCountUsage(answer.usage);
    usage["type"] = "tokens";
    body["usage"] = usage;
  }
  return json::serialize(body);
}

std::vector<std::string> TranscriptEvents(const Answer& answer) {
  std::vector<std::string> events;
  for (const std::string& piece : answer.text) {
    events.push_back(Data({{"type", "transcript.text.delta"}, {"delta", piece}}));
  }
  json::object usage = TokenCountUsage(answer.usage);
  usage["type"] = "tokens";
  events.push_back(
      Data({{"type", "transcript.text.done"}, {"text", JoinText(answer)}, {"usage", usage}}));
  return events;
}

std::string SpeechBody(const Answer& answer) {
  std::string sound = "ID3\x04";
  for (int i = 0; i < 2048; ++i) sound += static_cast<char>((i * 7 + answer.id[0]) & 0xFF);
  return sound;
}

}  // namespace weir::fakes::media

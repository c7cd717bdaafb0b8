#include "tests/fakes/anthropic_wire.h"

#include <chrono>
#include <ctime>

#include <boost/json.hpp>

namespace weir::fakes::anthropic {
namespace {

namespace json = boost::json;

const char* StopName(StopReason reason) {
  switch (reason) {
    case StopReason::kToolUse:
      return "tool_use";
    case StopReason::kMaxTokens:
      return "max_tokens";
    case StopReason::kRefusal:
      return "refusal";
    case StopReason::kEnd:
      break;
  }
  return "end_turn";
}

json::value StopDetails(StopReason reason) {
  if (reason != StopReason::kRefusal) return nullptr;
  return {
      {"type", "refusal"}, {"category", "cyber"}, {"explanation", "The fake was told to refuse."}};
}

json::object UsageJson(const TokenUsage& usage, std::int64_t output) {
  json::object object = {
      {"input_tokens", usage.input},
      {"cache_creation_input_tokens", usage.cache_write_5m + usage.cache_write_1h},
      {"cache_read_input_tokens", usage.cache_read},
      {"cache_creation",
       {{"ephemeral_5m_input_tokens", usage.cache_write_5m},
        {"ephemeral_1h_input_tokens", usage.cache_write_1h}}},
      {"output_tokens", output},
      {"service_tier", "standard"},
  };
  if (usage.reasoning > 0) {
    object["output_tokens_details"] = {{"thinking_tokens", std::min(usage.reasoning, output)}};
  }
  return object;
}

std::string Event(const char* name, const json::value& data) {
  return std::string("event: ") + name + "\ndata: " + json::serialize(data) + "\n\n";
}

json::object Head(const Answer& answer) {
  return {{"id", "msg_fake_" + answer.id},
          {"type", "message"},
          {"role", "assistant"},
          {"model", answer.model}};
}

json::array Content(const Answer& answer) {
  json::array content;
  if (!answer.thinking.empty()) {
    content.push_back(
        {{"type", "thinking"}, {"thinking", answer.thinking}, {"signature", answer.signature}});
  }
  if (answer.redacted) {
    content.push_back({{"type", "redacted_thinking"}, {"data", answer.redacted_data}});
  }
  if (!answer.text.empty()) {
    content.push_back({{"type", "text"}, {"text", JoinText(answer)}, {"citations", nullptr}});
  }
  for (const ToolCall& call : answer.calls) {
    content.push_back({{"type", "tool_use"},
                       {"id", "toolu_fake_" + call.id},
                       {"name", call.name},
                       {"input", json::parse(call.arguments)},
                       {"caller", {{"type", "direct"}}}});
  }
  return content;
}

// Writes the events of one message; the index of the open block is its only state.
class EventWriter {
 public:
  explicit EventWriter(std::vector<std::string>& events) : events_(events) {}

  void Start(const Answer& answer) {
    json::object message = Head(answer);
    message["content"] = json::array();
    message["stop_reason"] = nullptr;
    message["stop_sequence"] = nullptr;
    message["usage"] = UsageJson(answer.usage, std::min<std::int64_t>(1, answer.usage.output));
    events_.push_back(Event("message_start", {{"type", "message_start"}, {"message", message}}));
    events_.push_back(Event("ping", {{"type", "ping"}}));
  }

  void OpenBlock(json::object block) {
    events_.push_back(Event(
        "content_block_start",
        {{"type", "content_block_start"}, {"index", index_}, {"content_block", std::move(block)}}));
  }

  void Delta(const char* type, const char* field, const std::string& piece) {
    json::object delta = {{"type", type}, {field, piece}};
    events_.push_back(
        Event("content_block_delta",
              {{"type", "content_block_delta"}, {"index", index_}, {"delta", std::move(delta)}}));
  }

  void CloseBlock() {
    events_.push_back(
        Event("content_block_stop", {{"type", "content_block_stop"}, {"index", index_}}));
    ++index_;
  }

  void MessageDelta(const Answer& answer, bool last, std::int64_t output) {
    json::object delta = {{"stop_reason", nullptr}, {"stop_sequence", nullptr}};
    if (last) {
      delta["stop_reason"] = StopName(answer.stop);
      delta["stop_details"] = StopDetails(answer.stop);
    }
    events_.push_back(Event("message_delta", {{"type", "message_delta"},
                                              {"delta", std::move(delta)},
                                              {"usage", UsageJson(answer.usage, output)}}));
  }

  void Stop() { events_.push_back(Event("message_stop", {{"type", "message_stop"}})); }

 private:
  std::vector<std::string>& events_;
  int index_ = 0;
};

void WriteThinking(const Answer& answer, EventWriter& writer) {
  if (!answer.thinking.empty()) {
    writer.OpenBlock({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
    const std::size_t half = answer.thinking.size() / 2;
    writer.Delta("thinking_delta", "thinking", answer.thinking.substr(0, half));
    writer.Delta("thinking_delta", "thinking", answer.thinking.substr(half));
    writer.Delta("signature_delta", "signature", answer.signature);
    writer.CloseBlock();
  }
  if (answer.redacted) {
    writer.OpenBlock({{"type", "redacted_thinking"}, {"data", answer.redacted_data}});
    writer.CloseBlock();
  }
}

void WriteCall(const ToolCall& call, EventWriter& writer) {
  writer.OpenBlock({{"type", "tool_use"},
                    {"id", "toolu_fake_" + call.id},
                    {"name", call.name},
                    {"input", json::object()},
                    {"caller", {{"type", "direct"}}}});
  writer.Delta("input_json_delta", "partial_json", "");
  const std::size_t half = call.arguments.size() / 2;
  writer.Delta("input_json_delta", "partial_json", call.arguments.substr(0, half));
  writer.Delta("input_json_delta", "partial_json", call.arguments.substr(half));
  writer.CloseBlock();
}

struct ErrorKind {
  int status;
  const char* type;
};

constexpr ErrorKind kErrorKinds[] = {
    {400, "invalid_request_error"}, {401, "authentication_error"},  {402, "billing_error"},
    {403, "permission_error"},      {404, "not_found_error"},       {409, "conflict_error"},
    {413, "request_too_large"},     {422, "invalid_request_error"}, {429, "rate_limit_error"},
    {504, "timeout_error"},         {529, "overloaded_error"},
};

const char* ErrorType(int status) {
  for (const ErrorKind& kind : kErrorKinds) {
    if (kind.status == status) return kind.type;
  }
  return "api_error";
}

std::string Rfc3339In(std::int64_t seconds) {
  const std::time_t when =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) + seconds;
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Headers UnifiedHeaders(bool exhausted) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string status = exhausted ? "rejected" : "allowed";
  return {{"anthropic-ratelimit-unified-status", status},
          {"anthropic-ratelimit-unified-reset", std::to_string(now + 3600)},
          {"anthropic-ratelimit-unified-representative-claim", "five_hour"},
          {"anthropic-ratelimit-unified-fallback-percentage", "0.5"},
          {"anthropic-ratelimit-unified-5h-status", status},
          {"anthropic-ratelimit-unified-5h-reset", std::to_string(now + 3600)},
          {"anthropic-ratelimit-unified-5h-utilization", exhausted ? "1.0" : "0.25"},
          {"anthropic-ratelimit-unified-7d-status", "allowed"},
          {"anthropic-ratelimit-unified-7d-reset", std::to_string(now + 86400)},
          {"anthropic-ratelimit-unified-7d-utilization", "0.1"}};
}

}  // namespace

std::string MessageBody(const Answer& answer) {
  json::object message = Head(answer);
  message["content"] = Content(answer);
  message["stop_reason"] = StopName(answer.stop);
  message["stop_sequence"] = nullptr;
  message["stop_details"] = StopDetails(answer.stop);
  message["container"] = nullptr;
  message["usage"] = UsageJson(answer.usage, answer.usage.output);
  return json::serialize(message);
}

std::vector<std::string> MessageEvents(const Answer& answer, bool usage_twice) {
  std::vector<std::string> events;
  EventWriter writer(events);
  writer.Start(answer);
  WriteThinking(answer, writer);
  if (!answer.text.empty()) {
    writer.OpenBlock({{"type", "text"}, {"text", ""}});
    for (const std::string& piece : answer.text) writer.Delta("text_delta", "text", piece);
    writer.CloseBlock();
  }
  for (const ToolCall& call : answer.calls) WriteCall(call, writer);
  if (usage_twice) writer.MessageDelta(answer, false, answer.usage.output / 2);
  writer.MessageDelta(answer, true, answer.usage.output);
  writer.Stop();
  return events;
}

std::string ErrorBody(int status, std::string_view message, bool quota) {
  json::object error = {{"type", ErrorType(status)},
                        {"message", json::string_view(message.data(), message.size())}};
  if (quota) error["details"] = {{"error_code", "enforced_spend_limit_reached"}};
  return json::serialize(
      json::object{{"type", "error"}, {"error", error}, {"request_id", "req_fake"}});
}

std::string ErrorEvent(int status, std::string_view message) {
  return "event: error\ndata: " + ErrorBody(status, message, false) + "\n\n";
}

std::string CountBody(const TokenUsage& usage) {
  return json::serialize(json::object{{"input_tokens", usage.input}});
}

std::string ModelsBody(const std::vector<std::string>& models) {
  json::array data;
  for (const std::string& model : models) {
    data.push_back({{"type", "model"},
                    {"id", model},
                    {"display_name", model},
                    {"created_at", "2026-01-01T00:00:00Z"}});
  }
  return json::serialize(json::object{{"data", data},
                                      {"has_more", false},
                                      {"first_id", models.front()},
                                      {"last_id", models.back()}});
}

Headers RateHeaders(const RateFigures& figures) {
  if (figures.unified) return UnifiedHeaders(figures.exhausted);
  const std::string reset = Rfc3339In(figures.reset_in_seconds);
  const std::int64_t requests = figures.requests_left;
  const std::int64_t tokens = figures.tokens_left;
  return {{"anthropic-ratelimit-requests-limit", "4000"},
          {"anthropic-ratelimit-requests-remaining", figures.Left(requests, "3999")},
          {"anthropic-ratelimit-requests-reset", reset},
          {"anthropic-ratelimit-tokens-limit", "500000"},
          {"anthropic-ratelimit-tokens-remaining", figures.Left(tokens, "499000")},
          {"anthropic-ratelimit-tokens-reset", reset},
          {"anthropic-ratelimit-input-tokens-limit", "400000"},
          {"anthropic-ratelimit-input-tokens-remaining", figures.Left(tokens, "399000")},
          {"anthropic-ratelimit-input-tokens-reset", reset},
          {"anthropic-ratelimit-output-tokens-limit", "100000"},
          {"anthropic-ratelimit-output-tokens-remaining", figures.Left(tokens, "99000")},
          {"anthropic-ratelimit-output-tokens-reset", reset}};
}

}  // namespace weir::fakes::anthropic

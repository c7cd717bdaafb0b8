#include "services/relay/translate/openai_chat/request_writer.h"

#include <algorithm>
#include <string_view>

#include "services/relay/translate/neutral/efforts.h"
#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/openai_sampling.h"
#include "services/relay/translate/neutral/openai_tools.h"
#include "services/relay/translate/openai_chat/messages_writer.h"

namespace weir::relay::openai_chat {
namespace {

void WriteStop(ChatRequest& request, const Target& target, JsonOut& json) {
  if (request.stop.empty()) return;
  if (request.stop.size() > target.stops_max) request.dropped.emplace_back(request.stop_word);
  if (target.stops_max == 0) return;
  json.Begin("stop", '[');
  for (std::size_t i = 0; i < std::min(request.stop.size(), target.stops_max); ++i) {
    json.Comma();
    StrAppend(json.out(), '"', request.stop[i], '"');
  }
  json.End(']');
}

void WriteOutputFormat(const OutputFormat& format, JsonOut& json) {
  if (format.kind == OutputFormat::Kind::kText) return;
  json.Begin("response_format", '{');
  if (format.kind == OutputFormat::Kind::kJsonObject) {
    json.Raw("type", R"("json_object")");
  } else {
    json.Raw("type", R"("json_schema")");
    json.Begin("json_schema", '{');
    json.Text("name", format.name.empty() ? "response" : format.name);
    json.Raw("schema", format.schema.empty() ? "{}" : format.schema);
    if (format.strict) json.Bool("strict", true);
    json.End('}');
  }
  json.End('}');
}

bool IsSaid(const Thinking& thinking) {
  return thinking.kind != Thinking::Kind::kUnset || thinking.effort != Effort::kUnset;
}

// Whether it thinks is said in a way of the provider's own, if it was said at all.
void WriteThinkingSwitch(const ChatRequest& request, const Target& target, bool on, JsonOut& json) {
  if (target.thinking_as_type) {
    json.Begin("thinking", '{');
    json.Text("type", on ? "enabled" : "disabled");
    json.End('}');
  }
  if (!target.thinking_as_flag) return;
  // Refused where the answer comes whole.
  json.Bool("enable_thinking", on && request.stream);
  const Thinking& thinking = request.thinking;
  if (on && request.stream && thinking.kind == Thinking::Kind::kBudget) {
    json.Number("thinking_budget", thinking.budget_tokens);
  }
}

void WriteThinking(ChatRequest& request, const Target& target, JsonOut& json) {
  if (!IsSaid(request.thinking)) return;
  const bool on = request.thinking.kind != Thinking::Kind::kOff;
  WriteThinkingSwitch(request, target, on, json);
  const bool switched = target.thinking_as_type || (target.thinking_as_flag && request.stream);
  const std::string_view effort = CommonEffortWord(request.thinking);
  if (!effort.empty() && target.takes_effort) {
    json.Text("reasoning_effort", effort);
  } else if (on && !switched && (!effort.empty() || target.thinking_as_flag)) {
    request.dropped.emplace_back("thinking");
  }
}

}  // namespace

absl::Status WriteRequest(ChatRequest& request, const Target& target, ToolNames& names,
                          std::string& out) {
  JsonOut json(out);
  json.Begin('{');
  json.Plain("model", request.model);
  if (absl::Status status = WriteMessages(request, target, names, json); !status.ok()) {
    return status;
  }
  WriteOpenAiTools(request, target, FunctionForm::kWrapped, names, json);
  if (request.max_tokens >= 0) {
    json.Number(target.completion_tokens ? "max_completion_tokens" : "max_tokens",
                request.max_tokens);
  }
  WriteOpenAiSampling(request, target, json);
  WriteStop(request, target, json);
  WriteOutputFormat(request.output, json);
  WriteThinking(request, target, json);
  if (!request.user.empty()) json.Text("user", UserForOpenAi(request.user));
  if (request.stream) {
    json.Bool("stream", true);
    if (target.takes_stream_options) json.Raw("stream_options", R"({"include_usage":true})");
  }
  json.End('}');
  return absl::OkStatus();
}

}  // namespace weir::relay::openai_chat

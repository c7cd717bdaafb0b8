#include "services/relay/translate/gemini/request_writer.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "services/relay/dialects/gemini_path.h"
#include "services/relay/translate/gemini/contents_writer.h"
#include "services/relay/translate/gemini/schema.h"
#include "services/relay/translate/neutral/efforts.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::gemini {
namespace {

constexpr std::int64_t kBudgetMax = 24'576;  // of the smallest model

// The system's first words.
void WriteSystem(const ChatRequest& request, JsonOut& json) {
  std::string text;
  for (const Turn& turn : std::span(request.turns).first(LeadingSystemTurns(request))) {
    for (const Part& part : std::span(request.parts).subspan(turn.first, turn.count)) {
      if (!part.text.empty()) StrAppend(text, text.empty() ? "" : R"(\n\n)", part.text);
    }
  }
  if (text.empty()) return;
  json.Key("systemInstruction");
  StrAppend(json.out(), R"({"parts":[{"text":")", text, "\"}]}");
}

absl::Status BadSchema(std::string_view field) {
  return absl::InvalidArgumentError(StrCat("'", field, "' holds a schema that cannot be read"));
}

bool WriteTool(const Tool& tool, const Target& target, ToolNames& names, JsonOut& json) {
  json.Begin('{');
  json.Text("name", names.Shorten(tool.name, target.tool_name_bytes_max));
  if (tool.has_description) json.Text("description", tool.description);
  if (!tool.schema.empty()) {
    json.Key("parametersJsonSchema");
    if (!AppendForGemini(tool.schema, json.out())) return false;
  }
  json.End('}');
  return true;
}

std::string_view ModeOf(ToolChoice::Kind kind) {
  switch (kind) {
    case ToolChoice::Kind::kUnset:
      return {};
    case ToolChoice::Kind::kAuto:
      return "AUTO";
    case ToolChoice::Kind::kNone:
      return "NONE";
    case ToolChoice::Kind::kRequired:
    case ToolChoice::Kind::kTool:
      break;
  }
  return "ANY";
}

void WriteToolChoice(const ToolChoice& choice, const Target& target, ToolNames& names,
                     JsonOut& json) {
  const std::string_view mode = ModeOf(choice.kind);
  if (mode.empty()) return;
  json.Begin("toolConfig", '{');
  json.Begin("functionCallingConfig", '{');
  json.Text("mode", mode);
  if (choice.kind == ToolChoice::Kind::kTool) {
    json.Key("allowedFunctionNames");
    StrAppend(json.out(), "[\"", names.Shorten(choice.tool, target.tool_name_bytes_max), "\"]");
  }
  json.End('}');
  json.End('}');
}

absl::Status WriteTools(ChatRequest& request, const Target& target, ToolNames& names,
                        JsonOut& json) {
  if (request.tools.empty()) return absl::OkStatus();
  json.Begin("tools", '[');
  json.Begin('{');
  json.Begin("functionDeclarations", '[');
  for (const Tool& tool : request.tools) {
    if (!WriteTool(tool, target, names, json)) return BadSchema("tools");
  }
  json.End(']');
  json.End('}');
  json.End(']');
  WriteToolChoice(request.tool_choice, target, names, json);
  if (request.parallel_tools == false) request.dropped.emplace_back("parallel_tool_calls");
  return absl::OkStatus();
}

void WriteStop(ChatRequest& request, const Target& target, JsonOut& json) {
  if (request.stop.empty()) return;
  if (request.stop.size() > target.stops_max) request.dropped.emplace_back(request.stop_word);
  if (target.stops_max == 0) return;
  json.Begin("stopSequences", '[');
  for (std::size_t i = 0; i < std::min(request.stop.size(), target.stops_max); ++i) {
    json.Comma();
    StrAppend(json.out(), '"', request.stop[i], '"');
  }
  json.End(']');
}

// The words for as many levels as the model has.
std::string_view LevelOf(const Thinking& thinking, bool off, const Target& target) {
  const std::string_view word = off ? "low" : CommonEffortWord(thinking);
  if (word == "none" || word == "minimal") return "low";
  return word == "medium" && !target.thinks_medium ? "high" : word;
}

// Less than nothing: as much as the model sees fit.
std::int64_t TokensToThink(const ChatRequest& request, bool off, const Target& target) {
  const Thinking& thinking = request.thinking;
  std::int64_t tokens =
      thinking.kind == Thinking::Kind::kBudget ? thinking.budget_tokens : BudgetOf(thinking.effort);
  if (off) tokens = 0;
  if (!off && tokens <= 0) return -1;
  if (request.max_tokens > 0) tokens = std::min(tokens, request.max_tokens - 1);
  // None would switch off what was asked for.
  const std::int64_t least = std::max<std::int64_t>(target.thinking_tokens_min, off ? 0 : 1);
  return std::min(std::max(tokens, least), kBudgetMax);
}

void WriteThinking(ChatRequest& request, const Target& target, JsonOut& json) {
  const Thinking& thinking = request.thinking;
  if (thinking.kind == Thinking::Kind::kUnset && thinking.effort == Effort::kUnset) return;
  const bool off = thinking.kind == Thinking::Kind::kOff || thinking.effort == Effort::kNone;
  if (!target.takes_effort) {
    if (!off) request.dropped.emplace_back("thinking");
    return;
  }
  json.Begin("thinkingConfig", '{');
  if (!off) json.Bool("includeThoughts", true);
  if (target.thinks_by_level) {
    const std::string_view level = LevelOf(thinking, off, target);
    if (!level.empty()) json.Text("thinkingLevel", level);
  } else {
    const std::int64_t tokens = TokensToThink(request, off, target);
    if (tokens >= 0) json.Number("thinkingBudget", tokens);
  }
  json.End('}');
}

absl::Status WriteOutput(const OutputFormat& format, JsonOut& json) {
  if (format.kind == OutputFormat::Kind::kText) return absl::OkStatus();
  json.Raw("responseMimeType", R"("application/json")");
  if (format.kind == OutputFormat::Kind::kJsonObject || format.schema.empty()) {
    return absl::OkStatus();
  }
  json.Key("responseJsonSchema");
  if (!AppendForGemini(format.schema, json.out())) return BadSchema("response_format");
  return absl::OkStatus();
}

absl::Status WriteConfig(ChatRequest& request, const Target& target, JsonOut& json) {
  json.Begin("generationConfig", '{');
  if (request.max_tokens > 0) json.Number("maxOutputTokens", request.max_tokens);
  const auto sample = [&](std::string_view name, std::string_view number) {
    if (number.empty()) return;
    if (target.takes_sampling) {
      json.Raw(name, number);
    } else {
      request.dropped.emplace_back(name);
    }
  };
  sample("temperature", request.temperature);
  sample("topP", request.top_p);
  sample("topK", request.top_k);
  WriteStop(request, target, json);
  WriteThinking(request, target, json);
  absl::Status status = WriteOutput(request.output, json);
  json.End('}');
  return status;
}

}  // namespace

std::string RequestPath(std::string_view model, bool stream) {
  const GeminiPath path{"/v1beta/models/", {}, {}};
  return GeminiPathFor(path, {}, model, stream ? kStreamVerb : kGenerateVerb) +
         (stream ? "?alt=sse" : "");
}

absl::Status WriteRequest(ChatRequest& request, const Target& target, ToolNames& names,
                          std::string& out) {
  JsonOut json(out);
  json.Begin('{');
  if (absl::Status status = WriteContents(request, target, names, json); !status.ok()) {
    return status;
  }
  WriteSystem(request, json);
  if (absl::Status status = WriteTools(request, target, names, json); !status.ok()) return status;
  if (absl::Status status = WriteConfig(request, target, json); !status.ok()) return status;
  if (!request.user.empty()) request.dropped.emplace_back("user");
  json.End('}');
  return absl::OkStatus();
}

}  // namespace weir::relay::gemini

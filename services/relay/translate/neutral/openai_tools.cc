#include "services/relay/translate/neutral/openai_tools.h"

#include <string_view>

namespace weir::relay {
namespace {

constexpr std::string_view kNoParameters = R"({"type":"object","properties":{}})";

// The first members of a function; the object is to be closed by EndFunction.
void BeginFunction(std::string_view name, FunctionForm form, JsonOut& json) {
  json.Text("type", "function");
  if (form == FunctionForm::kWrapped) json.Begin("function", '{');
  json.Text("name", name);
}

void EndFunction(FunctionForm form, JsonOut& json) {
  if (form == FunctionForm::kWrapped) json.End('}');
  json.End('}');
}

void WriteTool(const Tool& tool, std::string_view name, FunctionForm form, JsonOut& json) {
  json.Begin('{');
  BeginFunction(name, form, json);
  if (tool.has_description) json.Text("description", tool.description);
  json.Raw("parameters", tool.schema.empty() ? kNoParameters : tool.schema);
  if (tool.strict || form == FunctionForm::kFlat) json.Bool("strict", tool.strict);
  EndFunction(form, json);
}

// Empty: it is not said, or names a tool.
std::string_view WordOf(ToolChoice::Kind kind) {
  switch (kind) {
    case ToolChoice::Kind::kAuto:
      return "auto";
    case ToolChoice::Kind::kNone:
      return "none";
    case ToolChoice::Kind::kRequired:
      return "required";
    case ToolChoice::Kind::kUnset:
    case ToolChoice::Kind::kTool:
      break;
  }
  return {};
}

}  // namespace

void WriteOpenAiTools(const ChatRequest& request, const Target& target, FunctionForm form,
                      ToolNames& names, JsonOut& json) {
  if (request.tools.empty()) return;
  const auto sent = [&](std::string_view name) {
    return names.Shorten(name, target.tool_name_bytes_max);
  };
  json.Begin("tools", '[');
  for (const Tool& tool : request.tools) WriteTool(tool, sent(tool.name), form, json);
  json.End(']');
  const ToolChoice& choice = request.tool_choice;
  if (const std::string_view word = WordOf(choice.kind); !word.empty()) {
    json.Text("tool_choice", word);
  } else if (choice.kind == ToolChoice::Kind::kTool) {
    json.Begin("tool_choice", '{');
    BeginFunction(sent(choice.tool), form, json);
    EndFunction(form, json);
  }
  if (request.parallel_tools.has_value()) {
    json.Bool("parallel_tool_calls", *request.parallel_tools);
  }
}

}  // namespace weir::relay

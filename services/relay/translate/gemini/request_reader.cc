#include "services/relay/translate/gemini/request_reader.h"

#include <algorithm>
#include <iterator>

#include "services/relay/translate/gemini/config_reader.h"
#include "services/relay/translate/gemini/contents_reader.h"
#include "services/relay/translate/gemini/schema.h"
#include "services/relay/translate/gemini/spelling.h"
#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/request_fields.h"

namespace weir::relay::gemini {
namespace {

using Value = ondemand::value;

void ReadDeclaration(Value value, JsonReader& in, ChatRequest& request) {
  Tool tool;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") tool.name = in.Text(member);
    if (name == "parameters") tool.schema = ReadSchema(member, in, request);
    if (IsNamed(name, "parametersJsonSchema")) tool.schema = in.RawObject(member);
    if (name == "description") {
      tool.description = in.Text(member);
      tool.has_description = true;
    }
  });
  if (tool.name.empty()) return in.Refuse("has no name");
  request.tools.push_back(tool);
}

// Whatever else a tool is, it runs at Google.
void ReadTools(Value value, JsonReader& in, ChatRequest& request) {
  const std::size_t dropped = request.dropped.size();
  in.Items(value, [&](Value tool) {
    in.Members(tool, [&](std::string_view name, Value member) {
      if (!IsNamed(name, "functionDeclarations")) return request.dropped.push_back(in.Place());
      in.Items(member, [&](Value item) { ReadDeclaration(item, in, request); });
    });
  });
  if (request.tools.empty() && request.dropped.size() > dropped) {
    in.Refuse("holds only tools that run at Google");
  }
}

constexpr struct {
  std::string_view mode;
  ToolChoice::Kind kind;
} kModes[] = {
    {"AUTO", ToolChoice::Kind::kAuto},
    {"VALIDATED", ToolChoice::Kind::kAuto},
    {"ANY", ToolChoice::Kind::kRequired},
    {"NONE", ToolChoice::Kind::kNone},
    {"MODE_UNSPECIFIED", ToolChoice::Kind::kUnset},
};

ToolChoice::Kind ReadMode(Value value, JsonReader& in) {
  const std::string_view mode = in.Word(value);
  const auto* known = std::find_if(std::begin(kModes), std::end(kModes),
                                   [mode](const auto& row) { return row.mode == mode; });
  if (known != std::end(kModes)) return known->kind;
  in.Wrong("AUTO, ANY, NONE or VALIDATED");
  return ToolChoice::Kind::kUnset;
}

void ReadCalling(Value value, JsonReader& in, ChatRequest& request) {
  ToolChoice& choice = request.tool_choice;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "mode") choice.kind = ReadMode(member, in);
    if (!IsNamed(name, "allowedFunctionNames")) return;
    in.Items(member, [&](Value item) { request.allowed_tools.push_back(in.Text(item)); });
  });
  if (choice.kind != ToolChoice::Kind::kRequired || request.allowed_tools.size() != 1) return;
  choice.kind = ToolChoice::Kind::kTool;
  choice.tool = request.allowed_tools.front();
  request.allowed_tools.clear();
}

void ReadToolConfig(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (IsNamed(name, "functionCallingConfig")) return ReadCalling(member, in, request);
    request.dropped.push_back(in.Place());
  });
}

void RefuseStored(Value, JsonReader& in, ChatRequest&) {
  in.Refuse("stands for something that is stored at Google");
}

// The model is the path's to say.
void Pass(Value, JsonReader&, ChatRequest&) {}

void ReadInner(Value value, JsonReader& in, ChatRequest& request);

constexpr RequestField kFields[] = {
    {"model", Pass},
    {"contents", ReadContents},
    {"systemInstruction", ReadInstruction},
    {"system_instruction", ReadInstruction},
    {"tools", ReadTools},
    {"toolConfig", ReadToolConfig},
    {"tool_config", ReadToolConfig},
    {"generationConfig", ReadConfig},
    {"generation_config", ReadConfig},
    {"cachedContent", RefuseStored},
    {"cached_content", RefuseStored},
    {"generateContentRequest", ReadInner},
    {"generate_content_request", ReadInner},
};

// countTokens may hold a whole request.
void ReadInner(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    const auto* field =
        std::find_if(std::begin(kFields), std::end(kFields),
                     [name](const RequestField& candidate) { return candidate.name == name; });
    if (field != std::end(kFields) && field->read != ReadInner) field->read(member, in, request);
  });
}

}  // namespace

absl::Status ReadRequest(std::string_view body, ChatRequest& request) {
  request.turns_word = "contents";
  request.choice_word = "toolConfig.functionCallingConfig";
  request.thinking.shown = false;  // but for who asks
  absl::Status status =
      ReadFields(body, kFields, "'contents' must hold a turn of the user's", request);
  if (!status.ok()) return status;
  KeepAllowedTools(request);
  PairToolResults(request);
  return absl::OkStatus();
}

}  // namespace weir::relay::gemini

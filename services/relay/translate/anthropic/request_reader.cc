#include "services/relay/translate/anthropic/request_reader.h"

#include <string>

#include "services/relay/translate/anthropic/content_reader.h"
#include "services/relay/translate/neutral/efforts.h"
#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/request_fields.h"
#include "services/relay/translate/neutral/speaker.h"

namespace weir::relay::anthropic {
namespace {

using Value = ondemand::value;

// Claude Code's first system block is another one with each prompt, and says nothing to a model.
constexpr std::string_view kBillingBlock = "x-anthropic-billing-header";

void ReadSystem(Value value, JsonReader& in, ChatRequest& request) {
  std::size_t first = request.parts.size();
  ReadContent(value, in, request);
  CheckSpeaker(Role::kSystem, first, request, in);
  const bool any = request.parts.size() > first;
  if (any && request.parts[first].text.starts_with(kBillingBlock)) ++first;
  if (request.parts.size() > first) request.AddSystemTurnFirst(first);
}

Role RoleOf(Value value, JsonReader& in) {
  const std::string_view word = in.Word(value);
  if (word == "assistant") return Role::kAssistant;
  if (word == "system") return Role::kSystem;
  if (word != "user") in.Wrong("user, assistant or system");
  return Role::kUser;
}

// `role` may stand behind `content`, which needs no role to be read but for its turn.
void ReadMessage(Value value, JsonReader& in, ChatRequest& request) {
  Role role = Role::kUser;
  bool has_role = false;
  bool has_content = false;
  const std::size_t first = request.parts.size();
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "role") {
      role = RoleOf(member, in);
      has_role = true;
    } else if (name == "content") {
      has_content = true;
      ReadContent(member, in, request);
    }
  });
  if (!has_role) in.Refuse("has no role");
  if (!has_content) in.Refuse("has no content");
  CheckSpeaker(role, first, request, in);
  request.AddTurn(role, first);
}

// Tools of Anthropic's own run at Anthropic; no other provider has them.
bool IsHosted(std::string_view type) { return !type.empty() && type != "custom"; }

void ReadTool(Value value, JsonReader& in, ChatRequest& request) {
  Tool tool;
  std::string_view type;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") tool.name = in.Text(member);
    if (name == "type") type = in.Word(member);
    if (name == "input_schema") tool.schema = in.RawObject(member);
    if (name == "strict") tool.strict = in.Bool(member);
    if (name == "description") {
      tool.description = in.Text(member);
      tool.has_description = true;
    }
  });
  if (IsHosted(type)) {
    request.dropped.push_back(in.Place());
  } else if (tool.name.empty()) {
    in.Refuse("has no name");
  } else {
    request.tools.push_back(tool);
  }
}

void ReadTools(Value value, JsonReader& in, ChatRequest& request) {
  bool any = false;
  in.Items(value, [&](Value item) {
    any = true;
    ReadTool(item, in, request);
  });
  if (any && request.tools.empty()) in.Refuse("holds only tools that run at Anthropic");
}

void ReadToolChoice(Value value, JsonReader& in, ChatRequest& request) {
  using Kind = ToolChoice::Kind;
  std::string_view type;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "type") type = in.Word(member);
    if (name == "name") request.tool_choice.tool = in.Text(member);
    if (name == "disable_parallel_tool_use") request.parallel_tools = !in.Bool(member);
  });
  ToolChoice& choice = request.tool_choice;
  if (type == "auto") choice.kind = Kind::kAuto;
  if (type == "any") choice.kind = Kind::kRequired;
  if (type == "none") choice.kind = Kind::kNone;
  if (type == "tool") choice.kind = Kind::kTool;
  if (choice.kind == Kind::kUnset) in.Refuse("must be auto, any, tool or none");
  if (choice.kind == Kind::kTool && choice.tool.empty()) in.Refuse("names no tool");
}

Thinking::Kind ThinkingOf(Value value, JsonReader& in) {
  const std::string_view type = in.Word(value);
  if (type == "disabled") return Thinking::Kind::kOff;
  if (type == "enabled") return Thinking::Kind::kBudget;
  if (type != "adaptive") in.Wrong("enabled, adaptive or disabled");
  return Thinking::Kind::kAdaptive;
}

void ReadThinking(Value value, JsonReader& in, ChatRequest& request) {
  Thinking& thinking = request.thinking;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "budget_tokens") thinking.budget_tokens = in.Whole(member);
    if (name == "type") thinking.kind = ThinkingOf(member, in);
  });
  if (thinking.kind == Thinking::Kind::kUnset) in.Refuse("has no type");
}

void ReadFormat(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "schema") request.output.schema = in.RawObject(member);
    if (name == "type" && in.Word(member) != "json_schema") in.Wrong("json_schema");
  });
  request.output.kind = OutputFormat::Kind::kJsonSchema;
}

void ReadOutputConfig(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "effort") ReadEffort(in.Word(member), in, request);
    if (name == "format") ReadFormat(member, in, request);
  });
}

void ReadMetadata(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "user_id") request.user = in.Text(member);
  });
}

void ReadStop(Value value, JsonReader& in, ChatRequest& request) {
  request.stop_word = "stop_sequences";
  in.Items(value, [&](Value item) { request.stop.push_back(in.Text(item)); });
}

// Servers that the provider would call: without them the answer would be another one.
void ReadServers(Value value, JsonReader& in, ChatRequest&) {
  in.Items(value, [&](Value) { in.Refuse("is only for Anthropic's own models"); });
}

void ReadMessages(Value value, JsonReader& in, ChatRequest& request) {
  in.Items(value, [&](Value item) { ReadMessage(item, in, request); });
}

// The model and whether it streams are the relay's to say.
void Pass(Value, JsonReader&, ChatRequest&) {}

constexpr RequestField kFields[] = {
    {"model", Pass},
    {"stream", Pass},
    {"messages", ReadMessages},
    {"system", ReadSystem},
    {"tools", ReadTools},
    {"max_tokens", [](Value v, JsonReader& in, ChatRequest& r) { r.max_tokens = in.Whole(v); }},
    {"tool_choice", ReadToolChoice},
    {"thinking", ReadThinking},
    {"output_config", ReadOutputConfig},
    {"output_format", ReadFormat},
    {"metadata", ReadMetadata},
    {"stop_sequences", ReadStop},
    {"temperature", [](Value v, JsonReader& in, ChatRequest& r) { r.temperature = in.Number(v); }},
    {"top_p", [](Value v, JsonReader& in, ChatRequest& r) { r.top_p = in.Number(v); }},
    {"top_k", [](Value v, JsonReader& in, ChatRequest& r) { r.top_k = in.Number(v); }},
    {"mcp_servers", ReadServers},
};

}  // namespace

absl::Status ReadRequest(std::string_view body, ChatRequest& request) {
  absl::Status status =
      ReadFields(body, kFields, "'messages' must hold a message of the user's", request);
  if (!status.ok()) return status;
  PairToolResults(request);
  return absl::OkStatus();
}

}  // namespace weir::relay::anthropic

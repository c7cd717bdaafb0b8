#include "services/relay/translate/openai_chat/request_reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/request_fields.h"
#include "services/relay/translate/openai_chat/messages_reader.h"

namespace weir::relay::openai_chat {
namespace {

using Value = ondemand::value;

void ReadFunction(Value value, JsonReader& in, Tool& tool) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") tool.name = in.Text(member);
    if (name == "parameters") tool.schema = in.RawObject(member);
    if (name == "strict") tool.strict = in.Bool(member);
    if (name == "description") {
      tool.description = in.Text(member);
      tool.has_description = true;
    }
  });
}

void ReadTool(Value value, JsonReader& in, ChatRequest& request) {
  Tool tool;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "type" && in.Word(member) != "function") in.Wrong("function");
    if (name == "function") ReadFunction(member, in, tool);
  });
  if (tool.name.empty()) return in.Refuse("has no function with a name");
  request.tools.push_back(tool);
}

void ReadTools(Value value, JsonReader& in, ChatRequest& request) {
  in.Items(value, [&](Value item) { ReadTool(item, in, request); });
}

ToolChoice::Kind KindOf(std::string_view word) {
  if (word == "auto") return ToolChoice::Kind::kAuto;
  if (word == "none") return ToolChoice::Kind::kNone;
  return word == "required" ? ToolChoice::Kind::kRequired : ToolChoice::Kind::kUnset;
}

std::string_view FunctionName(Value value, JsonReader& in) {
  std::string_view function;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") function = in.Text(member);
  });
  return function;
}

// {"mode":"auto","tools":[{"type":"function","function":{"name":…}}]}: only these may be called.
void ReadAllowedTools(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "mode") request.tool_choice.kind = KindOf(in.Word(member));
    if (name != "tools") return;
    in.Items(member, [&](Value item) {
      in.Members(item, [&](std::string_view inner, Value function) {
        if (inner == "function") request.allowed_tools.push_back(FunctionName(function, in));
      });
    });
    if (request.allowed_tools.empty()) in.Refuse("names no function");
  });
}

void ReadToolChoice(Value value, JsonReader& in, ChatRequest& request) {
  ToolChoice& choice = request.tool_choice;
  if (JsonReader::IsText(value)) {
    choice.kind = KindOf(in.Word(value));
  } else {
    in.Members(value, [&](std::string_view name, Value member) {
      if (name == "allowed_tools") ReadAllowedTools(member, in, request);
      if (name != "function") return;
      choice.tool = FunctionName(member, in);
      if (!choice.tool.empty()) choice.kind = ToolChoice::Kind::kTool;
    });
  }
  if (choice.kind == ToolChoice::Kind::kUnset) {
    in.Refuse("must be auto, none, required, or name a function");
  }
}

void ReadStop(Value value, JsonReader& in, ChatRequest& request) {
  if (JsonReader::IsText(value)) {
    request.stop.push_back(in.Text(value));
    return;
  }
  in.Items(value, [&](Value item) { request.stop.push_back(in.Text(item)); });
}

void ReadSchema(Value value, JsonReader& in, OutputFormat& format) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") format.name = in.Text(member);
    if (name == "schema") format.schema = in.RawObject(member);
    if (name == "strict") format.strict = in.Bool(member);
  });
}

void ReadFormat(Value value, JsonReader& in, ChatRequest& request) {
  OutputFormat& format = request.output;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "json_schema") ReadSchema(member, in, format);
    if (name != "type") return;
    format.kind = OutputKindOf(in.Word(member), in);
  });
}

void ReadReasoning(Value value, JsonReader& in, ChatRequest& request) {
  ReadEffort(in.Word(value), in, request);
  if (request.thinking.effort == Effort::kNone) request.thinking.kind = Thinking::Kind::kOff;
}

// Several answers at once would be several requests, and as many bills.
void ReadChoices(Value value, JsonReader& in, ChatRequest&) {
  if (in.Whole(value) != 1) in.Refuse("must be 1 for this model: its provider gives one answer");
}

void ReadModalities(Value value, JsonReader& in, ChatRequest&) {
  in.Items(value, [&](Value item) {
    if (in.Word(item) != "text") in.Refuse("is not given by this model's provider");
  });
}

void RefuseField(Value, JsonReader& in, ChatRequest&) {
  in.Refuse("is not understood by this model's provider");
}

// Deprecated, and still sent without any.
void ReadFunctions(Value value, JsonReader& in, ChatRequest& request) {
  bool any = false;
  in.Items(value, [&any](Value) { any = true; });
  if (any) RefuseField(value, in, request);
}

void ReadMessages(Value value, JsonReader& in, ChatRequest& request) {
  in.Items(value, [&](Value item) { ReadMessage(item, in, request); });
}

void ReadUser(Value value, JsonReader& in, ChatRequest& request) { request.user = in.Text(value); }

void ReadMaxTokens(Value value, JsonReader& in, ChatRequest& request) {
  request.max_tokens = std::max(request.max_tokens, in.Whole(value));
}

// The model, whether it streams and what the stream tells are the relay's to say.
void Pass(Value, JsonReader&, ChatRequest&) {}

constexpr RequestField kFields[] = {
    {"model", Pass},
    {"stream", Pass},
    {"stream_options", Pass},
    {"messages", ReadMessages},
    {"tools", ReadTools},
    {"tool_choice", ReadToolChoice},
    {"parallel_tool_calls",
     [](Value v, JsonReader& in, ChatRequest& r) { r.parallel_tools = in.Bool(v); }},
    {"max_tokens", ReadMaxTokens},
    {"max_completion_tokens", ReadMaxTokens},
    {"temperature", [](Value v, JsonReader& in, ChatRequest& r) { r.temperature = in.Number(v); }},
    {"top_p", [](Value v, JsonReader& in, ChatRequest& r) { r.top_p = in.Number(v); }},
    {"top_k", [](Value v, JsonReader& in, ChatRequest& r) { r.top_k = in.Number(v); }},
    {"stop", ReadStop},
    {"response_format", ReadFormat},
    {"reasoning_effort", ReadReasoning},
    {"user", ReadUser},
    {"safety_identifier", ReadUser},
    {"n", ReadChoices},
    {"modalities", ReadModalities},
    {"audio", RefuseField},
    {"functions", ReadFunctions},
    {"function_call", RefuseField},
};

}  // namespace

absl::Status ReadRequest(std::string_view body, ChatRequest& request) {
  absl::Status status =
      ReadFields(body, kFields, "'messages' must hold a message that is not the system's", request);
  if (!status.ok()) return status;
  KeepAllowedTools(request);
  PairToolResults(request);
  return absl::OkStatus();
}

}  // namespace weir::relay::openai_chat

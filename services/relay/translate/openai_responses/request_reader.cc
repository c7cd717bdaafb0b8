#include "services/relay/translate/openai_responses/request_reader.h"

#include <algorithm>
#include <string>

#include "libs/common/text.h"
#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/request_fields.h"
#include "services/relay/translate/openai_responses/input_reader.h"
#include "services/relay/translate/openai_responses/tools_reader.h"

namespace weir::relay::openai_responses {
namespace {

using Value = ondemand::value;

void ReadInstructions(Value value, JsonReader& in, ChatRequest& request) {
  const std::size_t first = request.parts.size();
  request.AddPart(PartKind::kText).text = in.Text(value);
  request.AddSystemTurnFirst(first);
}

void ReadReasoning(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "effort") ReadEffort(in.Word(member), in, request);
  });
  if (request.thinking.effort == Effort::kNone) request.thinking.kind = Thinking::Kind::kOff;
}

void ReadFormat(Value value, JsonReader& in, ChatRequest& request) {
  OutputFormat& format = request.output;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") format.name = in.Text(member);
    if (name == "schema") format.schema = in.RawObject(member);
    if (name == "strict") format.strict = in.Bool(member);
    if (name != "type") return;
    format.kind = OutputKindOf(in.Word(member), in);
  });
}

void ReadText(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "format") {
      ReadFormat(member, in, request);
    } else {
      request.dropped.push_back(in.Place());
    }
  });
}

// Encrypted reasoning always comes along; what else may be asked for is OpenAI's own.
void ReadInclude(Value value, JsonReader& in, ChatRequest& request) {
  in.Items(value, [&](Value item) {
    if (in.Word(item) != "reasoning.encrypted_content") request.dropped.push_back(in.Place());
  });
}

// Whoever leaves it to the provider whether it keeps the answer is not told otherwise.
void ReadStore(Value value, JsonReader& in, ChatRequest& request) {
  if (in.Bool(value)) request.dropped.push_back(in.Place());
}

void RefuseStored(Value, JsonReader& in, ChatRequest&) {
  in.Refuse(
      "stands for something that is stored at another provider than this model's; send the whole "
      "conversation as 'input'");
}

void ReadUser(Value value, JsonReader& in, ChatRequest& request) { request.user = in.Text(value); }

// The model, whether it streams and what the stream tells are the relay's to say.
void Pass(Value, JsonReader&, ChatRequest&) {}

constexpr RequestField kFields[] = {
    {"model", Pass},
    {"stream", Pass},
    {"stream_options", Pass},
    {"background", Pass},
    {"input", ReadInput},
    {"instructions", ReadInstructions},
    {"tools", ReadTools},
    {"tool_choice", ReadToolChoice},
    {"parallel_tool_calls",
     [](Value v, JsonReader& in, ChatRequest& r) { r.parallel_tools = in.Bool(v); }},
    {"max_output_tokens",
     [](Value v, JsonReader& in, ChatRequest& r) { r.max_tokens = in.Whole(v); }},
    {"temperature", [](Value v, JsonReader& in, ChatRequest& r) { r.temperature = in.Number(v); }},
    {"top_p", [](Value v, JsonReader& in, ChatRequest& r) { r.top_p = in.Number(v); }},
    {"reasoning", ReadReasoning},
    {"text", ReadText},
    {"include", ReadInclude},
    {"store", ReadStore},
    {"user", ReadUser},
    {"safety_identifier", ReadUser},
    {"previous_response_id", RefuseStored},
    {"conversation", RefuseStored},
    {"prompt", RefuseStored},
};

// Whoever has tools must not be answered as if there were none.
bool OnlyToolsOfOpenAi(const ChatRequest& request) {
  return request.tools.empty() &&
         std::any_of(request.dropped.begin(), request.dropped.end(),
                     [](const std::string& name) { return name.starts_with("tools["); });
}

}  // namespace

absl::Status ReadRequest(std::string_view body, ChatRequest& request) {
  request.turns_word = "input";
  absl::Status status =
      ReadFields(body, kFields, "'input' must hold an item that is not the system's", request);
  if (!status.ok()) return status;
  if (OnlyToolsOfOpenAi(request)) {
    return absl::InvalidArgumentError("'tools' holds only tools that run at OpenAI");
  }
  if (status = UniteTools(request); !status.ok()) return status;
  KeepAllowedTools(request);
  PairToolResults(request);
  return absl::OkStatus();
}

}  // namespace weir::relay::openai_responses

#include "services/relay/translate/anthropic/request_writer.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "services/relay/translate/anthropic/answer_schema.h"
#include "services/relay/translate/anthropic/messages_writer.h"
#include "services/relay/translate/neutral/blank_text.h"
#include "services/relay/translate/neutral/efforts.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::anthropic {
namespace {

// Anthropic wants a limit from everybody; who names none means "enough". Of what a model can say
// not all, since some models refuse what does not fit into their context together with the prompt.
constexpr std::int64_t kMaxTokensUnknown = 8'192;
constexpr std::int64_t kMaxTokensDefault = 32'000;
constexpr std::int64_t kBudgetMin = 1'024;  // less is refused
constexpr std::string_view kNoSchema = R"({"type":"object","properties":{}})";
constexpr std::string_view kJsonWanted =
    "Answer with one JSON object and nothing else, without any text or marks around it.";

// How the model is to think, as it goes upstream.
struct ThinkingPlan {
  bool on = false;
  std::int64_t budget_tokens = 0;  // 0 = as much as the model sees fit
  std::string_view effort;         // empty = not said
  std::int64_t max_tokens = 0;
};

// Where the caller names no limit.
std::int64_t MaxTokensFor(const Target& target, std::int64_t budget) {
  if (target.output_tokens_max <= 0) return kMaxTokensUnknown + budget;
  return std::min(kMaxTokensDefault + budget, target.output_tokens_max);
}

bool IsForced(const ToolChoice& choice) {
  return choice.kind == ToolChoice::Kind::kRequired || choice.kind == ToolChoice::Kind::kTool;
}

// Calls are being answered, and none of the answers since the user spoke has thinking of its own.
// It stands in the first of them alone, if the model did not think between its calls.
bool LacksThinking(const ChatRequest& request, const Target& target) {
  bool answers = false;
  for (auto turn = request.turns.rbegin(); turn != request.turns.rend(); ++turn) {
    const Parts parts = Parts(request.parts).subspan(turn->first, turn->count);
    if (turn->role == Role::kUser) {
      const bool results = std::any_of(parts.begin(), parts.end(), [](const Part& part) {
        return part.kind == PartKind::kToolResult && !part.orphan;
      });
      if (answers && !results) break;
      answers = answers || results;
    }
    if (turn->role != Role::kAssistant) continue;
    const bool thought = std::any_of(parts.begin(), parts.end(), [&target](const Part& part) {
      return part.kind == PartKind::kThinking && SignatureFor(part, target).has_value();
    });
    if (!answers || thought) return false;
  }
  return answers;
}

// Thinking is refused beside a forced tool; and, but for the adaptive kind, when calls are being
// answered whose own thinking has not come along.
ThinkingPlan PlanThinking(const ChatRequest& request, const Target& target) {
  ThinkingPlan plan;
  const Thinking& asked = request.thinking;
  plan.max_tokens = request.max_tokens >= 0 ? request.max_tokens : MaxTokensFor(target, 0);
  if (!target.takes_thinking) return plan;
  if (asked.kind == Thinking::Kind::kOff || IsForced(request.tool_choice)) return plan;
  if (target.adaptive_thinking) {
    plan.effort = AnthropicEffortWord(asked.effort);
    plan.on = asked.kind != Thinking::Kind::kUnset || !plan.effort.empty();
    return plan;
  }
  if (LacksThinking(request, target)) return plan;
  std::int64_t budget =
      asked.kind == Thinking::Kind::kBudget ? asked.budget_tokens : BudgetOf(asked.effort);
  if (budget <= 0) return plan;
  if (request.max_tokens < 0) plan.max_tokens = MaxTokensFor(target, budget);
  budget = std::min(std::max(budget, kBudgetMin), plan.max_tokens - 1);
  plan.on = budget >= kBudgetMin;
  plan.budget_tokens = plan.on ? budget : 0;
  return plan;
}

void WriteThinking(const ThinkingPlan& plan, JsonOut& json) {
  json.Number("max_tokens", plan.max_tokens);
  if (!plan.on) return;
  json.Begin("thinking", '{');
  json.Text("type", plan.budget_tokens > 0 ? "enabled" : "adaptive");
  if (plan.budget_tokens > 0) json.Number("budget_tokens", plan.budget_tokens);
  json.End('}');
}

// The system's first words; an object that was asked for is asked for here, since this protocol has
// no other place for that.
void WriteSystem(const ChatRequest& request, JsonOut& json) {
  std::string text;
  const auto add = [&text](std::string_view part) {
    if (!IsBlank(part)) StrAppend(text, text.empty() ? "" : R"(\n\n)", part);
  };
  const std::size_t leading = LeadingSystemTurns(request);
  for (const Turn& turn : std::span(request.turns).first(leading)) {
    for (const Part& part : std::span(request.parts).subspan(turn.first, turn.count)) {
      add(part.text);
    }
  }
  if (request.output.kind == OutputFormat::Kind::kJsonObject) add(kJsonWanted);
  if (!text.empty()) json.Text("system", text);
}

void WriteTool(const Tool& tool, const Target& target, ToolNames& names, JsonOut& json) {
  json.Begin('{');
  json.Text("name", names.Shorten(tool.name, target.tool_name_bytes_max));
  if (tool.has_description) json.Text("description", tool.description);
  json.Raw("input_schema", tool.schema.empty() ? kNoSchema : tool.schema);
  if (tool.strict) json.Bool("strict", true);
  json.End('}');
}

// Calls in a conversation are refused without tools; those of earlier turns stand for them then.
std::vector<Tool> ToolsOfCalls(const ChatRequest& request) {
  std::vector<Tool> tools;
  std::unordered_set<std::string_view> known;
  for (const Part& part : request.parts) {
    if (part.kind != PartKind::kToolCall) continue;
    if (known.insert(part.name).second) tools.emplace_back().name = part.name;
  }
  return tools;
}

void WriteToolChoice(const ChatRequest& request, const Target& target, ToolNames& names,
                     JsonOut& json) {
  using Kind = ToolChoice::Kind;
  const ToolChoice& choice = request.tool_choice;
  const bool one_at_a_time = request.parallel_tools == false;
  if (choice.kind == Kind::kUnset && !one_at_a_time) return;
  json.Begin("tool_choice", '{');
  switch (choice.kind) {
    case Kind::kUnset:
    case Kind::kAuto:
      json.Text("type", "auto");
      break;
    case Kind::kNone:
      json.Text("type", "none");
      break;
    case Kind::kRequired:
      json.Text("type", "any");
      break;
    case Kind::kTool:
      json.Text("type", "tool");
      json.Text("name", names.Shorten(choice.tool, target.tool_name_bytes_max));
      break;
  }
  if (one_at_a_time && choice.kind != Kind::kNone) {
    json.Bool("disable_parallel_tool_use", true);
  }
  json.End('}');
}

void WriteTools(const ChatRequest& request, const Target& target, ToolNames& names, JsonOut& json) {
  const std::vector<Tool> earlier =
      request.tools.empty() ? ToolsOfCalls(request) : std::vector<Tool>();
  const std::vector<Tool>& tools = request.tools.empty() ? earlier : request.tools;
  if (tools.empty()) return;
  json.Begin("tools", '[');
  for (const Tool& tool : tools) WriteTool(tool, target, names, json);
  json.End(']');
  if (request.tools.empty()) {
    json.Raw("tool_choice", R"({"type":"none"})");
  } else {
    WriteToolChoice(request, target, names, json);
  }
}

// Others go up to 2.
std::string_view UpToOne(std::string_view number) {
  double value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  return value > 1 ? "1" : number;
}

void WriteSampling(ChatRequest& request, const Target& target, bool thinks, JsonOut& json) {
  const bool taken = target.takes_sampling && !thinks;
  const auto put = [&](std::string_view name, std::string_view number) {
    if (number.empty()) return;
    if (taken) {
      json.Raw(name, number);
    } else {
      request.dropped.emplace_back(name);
    }
  };
  put("temperature", UpToOne(request.temperature));
  put("top_p", request.top_p);
  put("top_k", request.top_k);
}

// Blank ones are refused.
void WriteStop(ChatRequest& request, JsonOut& json) {
  if (std::erase_if(request.stop, IsBlank) > 0) request.dropped.emplace_back(request.stop_word);
  if (request.stop.empty()) return;
  json.Begin("stop_sequences", '[');
  for (const std::string_view stop : request.stop) {
    json.Comma();
    StrAppend(json.out(), '"', stop, '"');
  }
  json.End(']');
}

void WriteOutput(const ChatRequest& request, std::string_view effort, JsonOut& json) {
  const bool schema = request.output.kind == OutputFormat::Kind::kJsonSchema;
  if (!schema && effort.empty()) return;
  json.Begin("output_config", '{');
  if (!effort.empty()) json.Text("effort", effort);
  if (schema) {
    json.Begin("format", '{');
    json.Text("type", "json_schema");
    json.Key("schema");
    const std::string_view told = request.output.schema.empty() ? "{}" : request.output.schema;
    if (!AppendAnswerSchema(told, json.out())) json.out() += told;
    json.End('}');
  }
  json.End('}');
}

}  // namespace

absl::Status WriteRequest(ChatRequest& request, const Target& target, ToolNames& names,
                          std::string& out) {
  JsonOut json(out);
  const ThinkingPlan thinking = PlanThinking(request, target);
  json.Begin('{');
  json.Plain("model", request.model);
  WriteThinking(thinking, json);
  WriteSystem(request, json);
  if (absl::Status status = WriteMessages(request, target, names, json); !status.ok()) {
    return status;
  }
  WriteTools(request, target, names, json);
  WriteSampling(request, target, thinking.on, json);
  WriteStop(request, json);
  WriteOutput(request, thinking.effort, json);
  if (!request.user.empty()) {
    json.Begin("metadata", '{');
    json.Text("user_id", request.user);
    json.End('}');
  }
  if (target.caches_prompts) json.Raw("cache_control", R"({"type":"ephemeral"})");
  if (request.stream) json.Bool("stream", true);
  json.End('}');
  return absl::OkStatus();
}

}  // namespace weir::relay::anthropic
